#include "noise/cookie.hpp"

#include <doctest/doctest.h>

#include "support/test_entropy.hpp"

using namespace pim;
using namespace std::chrono_literals;
using noise::Cookie;
using noise::CookieJar;

namespace {

struct Scene {
  test::SeededEntropy entropy{5};
  PublicKey responder = entropy.value<PublicKey>();
  Bytes secret = as_bytes("network");
  CookieJar jar{responder, secret};
  noise::MacKey mac{responder, secret};
  Endpoint source = parse_endpoint("192.0.2.7:4000").value();
  Time start{1000s};

  /// An initiation, stamped with the cookie if there is one.
  [[nodiscard]] Buffer datagram(std::optional<Cookie> const& cookie = {}) {
    auto bytes = entropy.bytes(148);
    mac.stamp(bytes, cookie ? &*cookie : nullptr);
    return bytes;
  }

  /// The cookie that an initiator at `from` gets at `now`.
  [[nodiscard]] Cookie fetch(Time now, Endpoint const& from) {
    auto bytes = entropy.bytes(148);
    auto const mac1 = mac.stamp(bytes);
    auto const reply = jar.make_reply(entropy, now, from, bytes);
    return noise::open_cookie(noise::make_cookie_key(responder, secret), mac1, reply).value();
  }
};

}  // namespace

TEST_CASE("a cookie opens the gate for its address and for no other") {
  Scene scene;
  CHECK_FALSE(scene.jar.verify(scene.start, scene.source, scene.datagram()));
  auto const cookie = scene.fetch(scene.start, scene.source);
  CHECK(scene.jar.verify(scene.start, scene.source, scene.datagram(cookie)));
  CHECK_FALSE(scene.jar.verify(scene.start, scene.source, scene.datagram()));
  for (auto const* text : {"192.0.2.7:4001", "192.0.2.8:4000", "[2001:db8::7]:4000"})
    CHECK_FALSE(scene.jar.verify(scene.start, parse_endpoint(text).value(), scene.datagram(cookie)));
}

TEST_CASE("a changed byte of a datagram breaks its mac2") {
  Scene scene;
  auto const cookie = scene.fetch(scene.start, scene.source);
  auto const datagram = scene.datagram(cookie);
  for (std::size_t at = 0; at < datagram.size(); ++at) {
    auto forged = datagram;
    forged[at] ^= 0x40;
    CHECK_FALSE(scene.jar.verify(scene.start, scene.source, forged));
  }
  CHECK_FALSE(scene.jar.verify(scene.start, scene.source, Bytes{datagram}.first(32)));
}

TEST_CASE("a cookie lives as long as an initiator uses it, and not twice as long") {
  // The jar renews its own secret somewhere within the cookie's life, wherever in it the cookie was made.
  for (auto const made : {0s, 1s, 60s, 119s, 120s, 121s, 239s, 1000s}) {
    Scene scene;
    auto const elsewhere = parse_endpoint("[2001:db8::1]:1").value();
    (void)scene.fetch(scene.start, elsewhere);
    auto const at = scene.start + made;
    auto const cookie = scene.fetch(at, scene.source);
    auto const datagram = scene.datagram(cookie);
    for (auto const age : {0s, 60s, 119s}) {
      CAPTURE(made.count());
      CAPTURE(age.count());
      CHECK(scene.jar.verify(at + age, scene.source, datagram));
      (void)scene.fetch(at + age, elsewhere);
      CHECK(scene.jar.verify(at + age, scene.source, datagram));
    }
    CHECK_FALSE(scene.jar.verify(at + 240s, scene.source, datagram));
    (void)scene.fetch(at + 239s, elsewhere);
    CHECK_FALSE(scene.jar.verify(at + 240s, scene.source, datagram));
  }
}

TEST_CASE("a sealed cookie opens only for the handshake it answers and for who knows the responder") {
  Scene scene;
  auto bytes = scene.entropy.bytes(92);
  auto const mac1 = scene.mac.stamp(bytes);
  auto const reply = scene.jar.make_reply(scene.entropy, scene.start, scene.source, bytes);
  auto const key = noise::make_cookie_key(scene.responder, scene.secret);
  CHECK(noise::open_cookie(key, mac1, reply));
  auto other_mac = mac1;
  other_mac[3] ^= 1;
  CHECK_FALSE(noise::open_cookie(key, other_mac, reply));
  CHECK_FALSE(noise::open_cookie(noise::make_cookie_key(scene.responder, {}), mac1, reply));
  CHECK_FALSE(noise::open_cookie(noise::make_cookie_key(PublicKey{}, scene.secret), mac1, reply));
  for (std::size_t at = 0; at < reply.salt.size(); ++at) {
    auto forged = reply;
    forged.salt[at] ^= 1;
    CHECK_FALSE(noise::open_cookie(key, mac1, forged));
    forged = reply;
    forged.sealed[at] ^= 1;
    CHECK_FALSE(noise::open_cookie(key, mac1, forged));
  }
}

TEST_CASE("two replies to one datagram are sealed differently") {
  Scene scene;
  auto const bytes = scene.datagram();
  auto const first = scene.jar.make_reply(scene.entropy, scene.start, scene.source, bytes);
  auto const second = scene.jar.make_reply(scene.entropy, scene.start, scene.source, bytes);
  CHECK(first.salt != second.salt);
  CHECK(first.sealed != second.sealed);
}
