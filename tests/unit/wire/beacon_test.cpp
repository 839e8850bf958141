#include "wire/beacon.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "crypto/aead.hpp"
#include "support/test_entropy.hpp"
#include "wire/kind.hpp"

using namespace pim;
using wire::Beacons;

namespace {

struct Scene {
  test::SeededEntropy entropy{7};
  wire::Beacon beacon{entropy.value<PublicKey>(), 9100, 0x0102030405060708, 0};
  Beacons open{"home", {}};
  Beacons sealed{"home", as_bytes("a secret of sixteen")};
};

Buffer content_of(wire::Beacon const& beacon) {
  Buffer out(beacon.key.bytes.begin(), beacon.key.bytes.end());
  Writer(out).u16(beacon.listen_port).u64(beacon.boot_epoch).u16(beacon.flags);
  return out;
}

}  // namespace

TEST_CASE("a beacon reads back within its network and in no other") {
  Scene scene;
  // The last has the same letters, divided otherwise.
  for (auto const& [network, secret] :
       {std::pair{"home", ""}, {"home", "a secret of sixteen"}, {"homea", " secret of sixteen"}}) {
    Beacons ours(network, as_bytes(secret)), again(network, as_bytes(secret));
    auto const bytes = ours.make(scene.beacon, scene.entropy);
    CHECK(again.parse(bytes) == scene.beacon);
    for (auto const& [other_network, other_secret] : {std::pair{"home", ""},
                                                      {"home", "a secret of sixteen"},
                                                      {"home", "A secret of sixteen"},
                                                      {"homea", " secret of sixteen"},
                                                      {"hom", ""},
                                                      {"", "home"}}) {
      if (std::string_view{network} == other_network && std::string_view{secret} == other_secret) continue;
      CHECK_FALSE(Beacons(other_network, as_bytes(other_secret)).parse(bytes));
    }
  }
}

TEST_CASE("without a secret the tag is the labelled hmac over what stands before it") {
  Scene scene;
  std::uint8_t const length[] = {0, 4};
  auto const key = crypto::sha256({as_bytes("pim beacon v1"), length, as_bytes("home")});
  auto const bytes = scene.open.make(scene.beacon, scene.entropy);
  auto const tag = crypto::hmac_sha256(key, {Bytes{bytes}.first(48)});
  CHECK(to_hex(bytes) == "07000000" + to_hex(content_of(scene.beacon)) + to_hex(Bytes{tag}.first(16)));
  CHECK(bytes.size() == wire::beacon_size);
}

TEST_CASE("with a secret nothing of the content is in clear, and each beacon has a salt of its own") {
  Scene scene;
  auto const bytes = scene.sealed.make(scene.beacon, scene.entropy);
  REQUIRE(bytes.size() == wire::sealed_beacon_size);
  CHECK(to_hex(bytes).find(to_hex(scene.beacon.key.bytes).substr(0, 16)) == std::string::npos);
  CHECK(scene.sealed.make(scene.beacon, scene.entropy) != bytes);

  std::uint8_t const length[] = {0, 4};
  auto const network_key =
      crypto::sha256({as_bytes("pim beacon v1"), length, as_bytes("home"), as_bytes("a secret of sixteen")});
  crypto::Key key;
  REQUIRE(crypto::hkdf_sha256(network_key, Bytes{bytes}.subspan(4, 32), as_bytes("pim beacon"), key.mut()));
  Buffer opened;
  REQUIRE(crypto::open_once(key, 0, Bytes{bytes}.first(36), Bytes{bytes}.subspan(36), opened));
  CHECK(opened == content_of(scene.beacon));
}

TEST_CASE("any changed byte, missing byte or byte too many makes it no beacon") {
  Scene scene;
  for (auto* const beacons : {&scene.open, &scene.sealed}) {
    auto const bytes = beacons->make(scene.beacon, scene.entropy);
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (unsigned const mask : {0x01u, 0x80u, 0xffu}) {
        auto forged = bytes;
        forged[at] = static_cast<std::uint8_t>(forged[at] ^ mask);
        CHECK_FALSE(beacons->parse(forged));
      }
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(beacons->parse(Bytes{bytes}.first(size)));
    auto longer = bytes;
    longer.push_back(0);
    CHECK_FALSE(beacons->parse(longer));
  }
}

TEST_CASE("a beacon without a port is none, and flags of a later version are read past") {
  Scene scene;
  auto bytes = scene.open.make({scene.beacon.key, 9100, 1, 0xffff}, scene.entropy);
  CHECK(scene.open.parse(bytes)->flags == 0xffff);
  bytes[36] = bytes[37] = 0;
  std::uint8_t const length[] = {0, 4};
  auto const key = crypto::sha256({as_bytes("pim beacon v1"), length, as_bytes("home")});
  auto const tag = crypto::hmac_sha256(key, {Bytes{bytes}.first(48)});
  std::copy_n(tag.begin(), 16, bytes.begin() + 48);
  CHECK_FALSE(scene.open.parse(bytes));
}

TEST_CASE("the port for peers knows no beacons") {
  Scene scene;
  CHECK_FALSE(wire::peek(scene.open.make(scene.beacon, scene.entropy)));
  CHECK_FALSE(wire::peek(scene.sealed.make(scene.beacon, scene.entropy)));
}
