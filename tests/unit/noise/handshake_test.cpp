#include "noise/handshake.hpp"

#include <doctest/doctest.h>

#include "pair.hpp"
#include "vectors/low_order.hpp"

using namespace pim;
using crypto::Key;
using crypto::KeyPair;
using noise::Initiator;
using noise::Responder;

namespace {

std::string text_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
Key secret_of(std::string_view text) { return Key(crypto::sha256({as_bytes(text)})); }

/// A first message as a cheat would write it: with any points at all for its two keys, and zero for
/// the agreements that those points make zero.
struct Cheat {
  PublicKey ephemeral, identity;
  Key es, ss;

  [[nodiscard]] Buffer write(test::Pair const& pair) const {
    noise::SymmetricState symmetric("Noise_IK_25519_ChaChaPoly_SHA256");
    symmetric.mix_hash(pair.prologue);
    symmetric.mix_hash(pair.responder.public_key().bytes);
    Buffer message(ephemeral.bytes.begin(), ephemeral.bytes.end());
    symmetric.mix_hash(ephemeral.bytes);
    symmetric.mix_key(es.view());
    symmetric.encrypt_and_hash(identity.bytes, message);
    symmetric.mix_key(ss.view());
    symmetric.encrypt_and_hash(as_bytes("hello"), message);
    return message;
  }
};

}  // namespace

TEST_CASE("a handshake carries both payloads and ends in crossed keys and one hash") {
  for (bool const with_secret : {false, true}) {
    test::Pair pair;
    if (with_secret) pair.secret = secret_of("network");
    auto initiator = pair.make_initiator();
    auto responder = pair.make_responder();
    auto const first = pair.write(initiator, "who I am");
    CHECK(first.size() == noise::initiation_overhead + 8);
    auto const initiation = responder.read_initiation(first);
    REQUIRE(initiation);
    CHECK(initiation->initiator == pair.initiator.public_key());
    CHECK(text_of(initiation->payload) == "who I am");
    auto const second = pair.answer(responder, "welcome");
    CHECK(second.size() == noise::response_overhead + 7);
    auto const payload = initiator.read_response(second);
    REQUIRE(payload);
    CHECK(text_of(*payload) == "welcome");
    auto const i = initiator.split();
    auto const r = responder.split();
    CHECK(crypto::equal(i.send.view(), r.receive.view()));
    CHECK(crypto::equal(i.receive.view(), r.send.view()));
    CHECK_FALSE(crypto::equal(i.send.view(), i.receive.view()));
    CHECK(i.handshake_hash == r.handshake_hash);
  }
}

TEST_CASE("messages are appended behind what the output holds") {
  test::Pair pair;
  auto initiator = pair.make_initiator();
  Buffer out{1, 2, 3};
  REQUIRE(initiator.write_initiation(pair.entropy, {}, out));
  CHECK(out.size() == 3 + noise::initiation_overhead);
  auto responder = pair.make_responder();
  CHECK(responder.read_initiation(Bytes{out}.subspan(3)));
}

TEST_CASE("another prologue, responder or secret is refused") {
  test::Pair pair;
  auto initiator = pair.make_initiator();
  auto const first = pair.write(initiator, "");
  Responder elsewhere(pair.responder, noise::make_prologue("office"));
  CHECK_FALSE(elsewhere.read_initiation(first));
  Responder other(pair.initiator, pair.prologue);
  CHECK_FALSE(other.read_initiation(first));
  auto const secret = secret_of("network");
  Responder secretive(pair.responder, pair.prologue, &secret);
  CHECK_FALSE(secretive.read_initiation(first));
}

TEST_CASE("a wrong network secret is refused by the one who reads the second message") {
  test::Pair pair;
  pair.secret = secret_of("network");
  auto initiator = pair.make_initiator();
  pair.secret = secret_of("guess");
  auto responder = pair.make_responder();
  REQUIRE(responder.read_initiation(pair.write(initiator, "")));
  CHECK_FALSE(initiator.read_response(pair.answer(responder, "")));
}

TEST_CASE("networks with similar names have different prologues") {
  CHECK(noise::make_prologue("") != noise::make_prologue("a"));
  CHECK(text_of(noise::make_prologue("home")) == std::string("pim noise v1\0home", 17));
}

TEST_CASE("a refused initiation leaves the responder ready for the genuine one") {
  test::Pair pair;
  auto initiator = pair.make_initiator();
  auto const first = pair.write(initiator, "payload");
  auto responder = pair.make_responder();
  for (std::size_t size = 0; size < first.size(); ++size)
    CHECK_FALSE(responder.read_initiation(Bytes{first}.first(size)));
  auto longer = first;
  longer.push_back(0);
  CHECK_FALSE(responder.read_initiation(longer));
  CHECK_FALSE(responder.read_initiation(Buffer(70000)));
  CHECK(responder.read_initiation(first));
}

TEST_CASE("a refused response leaves the initiator waiting for the genuine one") {
  test::Pair pair;
  auto initiator = pair.make_initiator();
  auto responder = pair.make_responder();
  REQUIRE(responder.read_initiation(pair.write(initiator, "")));
  auto const second = pair.answer(responder, "payload");
  for (std::size_t size = 0; size < second.size(); ++size)
    CHECK_FALSE(initiator.read_response(Bytes{second}.first(size)));
  auto longer = second;
  longer.push_back(0);
  CHECK_FALSE(initiator.read_response(longer));
  CHECK_FALSE(initiator.read_response(Buffer(70000)));
  REQUIRE(initiator.read_response(second));
  CHECK(crypto::equal(initiator.split().send.view(), responder.split().receive.view()));
}

TEST_CASE("a message out of turn is refused and changes nothing") {
  test::Pair pair;
  auto initiator = pair.make_initiator();
  CHECK_FALSE(initiator.read_response(Buffer(noise::response_overhead)));
  auto const first = pair.write(initiator, "");
  auto responder = pair.make_responder();
  REQUIRE(responder.read_initiation(first));
  CHECK_FALSE(responder.read_initiation(first));
  auto const second = pair.answer(responder, "");
  CHECK_FALSE(responder.read_initiation(first));
  REQUIRE(initiator.read_response(second));
  CHECK_FALSE(initiator.read_response(second));
  CHECK(initiator.split().handshake_hash == responder.split().handshake_hash);
  CHECK_FALSE(initiator.read_response(second));
  CHECK_FALSE(responder.read_initiation(first));
}

TEST_CASE("the answer to another handshake is refused") {
  test::Pair pair;
  auto first = pair.make_initiator();
  auto second = pair.make_initiator();
  auto responder = pair.make_responder();
  REQUIRE(responder.read_initiation(pair.write(first, "")));
  (void)pair.write(second, "");
  CHECK_FALSE(second.read_response(pair.answer(responder, "")));
}

TEST_CASE("an initiator sends nothing to a responder key of low order") {
  test::Pair pair;
  for (auto const point : test::low_order_points) {
    Initiator initiator(pair.initiator, parse_public_key(point).value(), pair.prologue);
    Buffer out{1};
    CHECK_FALSE(initiator.write_initiation(pair.entropy, {}, out));
    CHECK(out == Buffer{1});
  }
}

TEST_CASE("a responder refuses keys of low order even where the cheat computed the rest rightly") {
  test::Pair pair;
  auto const honest = KeyPair::generate(pair.entropy);
  auto const es = honest.dh(pair.responder.public_key());
  auto const ss = pair.initiator.dh(pair.responder.public_key());
  auto const read = [&](PublicKey const& ephemeral, PublicKey const& identity, bool with_es, bool with_ss) {
    Cheat const cheat{ephemeral, identity, with_es ? es->clone() : Key{}, with_ss ? ss->clone() : Key{}};
    return pair.make_responder().read_initiation(cheat.write(pair)).has_value();
  };
  // The cheat's own writing is sound: with honest keys it is accepted.
  REQUIRE(read(honest.public_key(), pair.initiator.public_key(), true, true));
  for (auto const text : test::low_order_points) {
    auto const point = parse_public_key(text).value();
    CHECK_FALSE(read(point, pair.initiator.public_key(), false, true));
    CHECK_FALSE(read(honest.public_key(), point, true, false));
    CHECK_FALSE(read(point, point, false, false));
  }
}

TEST_CASE("an initiator refuses a response with an ephemeral key of low order") {
  test::Pair pair;
  auto initiator = pair.make_initiator();
  (void)pair.write(initiator, "");
  for (auto const text : test::low_order_points) {
    auto message = Buffer(noise::response_overhead);
    auto const point = parse_public_key(text).value();
    std::memcpy(message.data(), point.bytes.data(), point.bytes.size());
    CHECK_FALSE(initiator.read_response(message));
  }
}
