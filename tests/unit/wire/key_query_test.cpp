#include "wire/key_query.hpp"

#include <doctest/doctest.h>

#include "support/test_entropy.hpp"

using namespace pim;
using wire::KeyQueries;

namespace {

struct Scene {
  test::SeededEntropy entropy{9};
  wire::QueryNonce nonce = entropy.value<wire::QueryNonce>();
  PublicKey key = entropy.value<PublicKey>();
  KeyQueries queries{"home", as_bytes("secret")};
};

}  // namespace

TEST_CASE("a query and its reply read back within their network and in no other") {
  Scene scene;
  auto const query = scene.queries.make_query(scene.nonce);
  auto const reply = scene.queries.make_reply(scene.nonce, scene.key);
  CHECK(wire::peek(query) == wire::Kind::key_query);
  CHECK(wire::peek(reply) == wire::Kind::key_reply);
  KeyQueries same("home", as_bytes("secret"));
  CHECK(same.parse_query(query) == scene.nonce);
  auto const parsed = same.parse_reply(reply);
  REQUIRE(parsed);
  CHECK(parsed->nonce == scene.nonce);
  CHECK(parsed->key == scene.key);
  // The last has the same letters, divided otherwise.
  for (auto const& [network, secret] :
       {std::pair{"home", ""}, {"", "secret"}, {"home", "secreT"}, {"homes", "ecret"}, {"hom", "esecret"}}) {
    KeyQueries other(network, as_bytes(secret));
    CHECK_FALSE(other.parse_query(query));
    CHECK_FALSE(other.parse_reply(reply));
  }
}

TEST_CASE("tags are the labelled hmac over the rest of the datagram") {
  Scene scene;
  std::uint8_t const length[] = {0, 4};
  auto const key = crypto::sha256({as_bytes("pim key query v1"), length, as_bytes("home"), as_bytes("secret")});
  auto const query = scene.queries.make_query(scene.nonce);
  auto const expected = crypto::hmac_sha256(key, {Bytes{query}.first(20), Buffer(32)});
  CHECK(to_hex(query) == "05000000" + to_hex(scene.nonce) + to_hex(Bytes{expected}.first(16)) + std::string(64, '0'));
  auto const reply = scene.queries.make_reply(scene.nonce, scene.key);
  auto const answer = crypto::hmac_sha256(key, {Bytes{reply}.first(52)});
  CHECK(to_hex(reply) == "06000000" + to_hex(scene.nonce) + to_hex(scene.key.bytes) + to_hex(Bytes{answer}.first(16)));
}

TEST_CASE("any changed byte, missing byte or byte too many is refused") {
  Scene scene;
  auto const query = scene.queries.make_query(scene.nonce);
  auto const reply = scene.queries.make_reply(scene.nonce, scene.key);
  for (std::size_t at = 0; at < query.size(); ++at)
    for (unsigned const mask : {0x01u, 0x80u, 0xffu}) {
      auto forged = query;
      forged[at] = static_cast<std::uint8_t>(forged[at] ^ mask);
      CHECK_FALSE(scene.queries.parse_query(forged));
      CHECK_FALSE(scene.queries.parse_reply(forged));
      forged = reply;
      forged[at] = static_cast<std::uint8_t>(forged[at] ^ mask);
      CHECK_FALSE(scene.queries.parse_reply(forged));
      CHECK_FALSE(scene.queries.parse_query(forged));
    }
  for (std::size_t size = 0; size < query.size(); ++size) {
    CHECK_FALSE(scene.queries.parse_query(Bytes{query}.first(size)));
    CHECK_FALSE(scene.queries.parse_reply(Bytes{reply}.first(size)));
  }
  auto longer = query;
  longer.push_back(0);
  CHECK_FALSE(scene.queries.parse_query(longer));
}

TEST_CASE("random bytes of the right shape never match") {
  Scene scene;
  for (int i = 0; i < 2000; ++i) {
    auto bytes = scene.entropy.bytes(wire::key_query_size);
    bytes[0] = i % 2 == 0 ? 5 : 6;
    bytes[1] = bytes[2] = bytes[3] = 0;
    CHECK_FALSE(scene.queries.parse_query(bytes));
    CHECK_FALSE(scene.queries.parse_reply(bytes));
  }
}
