// Wycheproof's cases for the primitives that pim uses, where the files are present.
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "crypto/x25519.hpp"
#include "vectors/vectors.hpp"

using namespace pim;
using crypto::Key;
using test::hex;
namespace json = boost::json;

namespace {

struct Run {
  std::string file;
  std::size_t cases;
};

/// Calls `check(group, test, is_valid)` for each case and proves that all of them ran.
template <class Check>
void run(Run const& run, Check check) {
  auto const vectors = test::published_vectors("wycheproof/" + run.file);
  if (!vectors) return;
  std::size_t count = 0;
  for (auto const& group : vectors->at("testGroups").as_array())
    for (auto const& each : group.at("tests").as_array()) {
      CAPTURE(each.at("tcId").as_int64());
      check(group, each, each.at("result").as_string() != "invalid");
      ++count;
    }
  CHECK(count == run.cases);
  CHECK(count == vectors->at("numberOfTests").as_int64());
}

}  // namespace

TEST_CASE("x25519 passes Wycheproof, all-zero secrets refused") {
  std::size_t zero = 0;
  run({"x25519_test.json", 518}, [&](auto const&, auto const& each, bool) {
    auto const pair = crypto::KeyPair::from_private(Key(hex(each.at("private"))));
    PublicKey peer;
    auto const point = hex(each.at("public"));
    REQUIRE(point.size() == peer.bytes.size());
    std::memcpy(peer.bytes.data(), point.data(), point.size());
    auto const expected = hex(each.at("shared"));
    auto const shared = pair.dh(peer);
    if (expected == Buffer(32)) {
      ++zero;
      CHECK_FALSE(shared);
    } else {
      REQUIRE(shared);
      CHECK(to_hex(shared->view()) == to_hex(expected));
    }
  });
  CHECK((zero == 0 || zero == 31));
}

TEST_CASE("chacha20-poly1305 passes Wycheproof") {
  run({"chacha20_poly1305_test.json", 325}, [](auto const& group, auto const& each, bool is_valid) {
    auto const iv = hex(each.at("iv"));
    // Other nonce sizes cannot be expressed in this interface.
    if (group.at("ivSize").as_int64() != 96) {
      CHECK_FALSE(is_valid);
      return;
    }
    crypto::Nonce nonce;
    std::memcpy(nonce.data(), iv.data(), nonce.size());
    Key const key(hex(each.at("key")));
    auto const plain = hex(each.at("msg"));
    auto const aad = hex(each.at("aad"));
    auto const tag = hex(each.at("tag"));
    auto opened = hex(each.at("ct"));
    bool const opens = crypto::Opener(key).open(nonce, aad, opened, tag);
    CHECK(opens == is_valid);
    if (!is_valid) return;
    CHECK(opened == plain);
    auto sealed = plain;
    crypto::Tag made;
    crypto::Sealer(key).seal(nonce, aad, sealed, made);
    CHECK(sealed == hex(each.at("ct")));
    CHECK(to_hex(made) == to_hex(tag));
  });
}

TEST_CASE("hkdf-sha256 passes Wycheproof") {
  run({"hkdf_sha256_test.json", 86}, [](auto const&, auto const& each, bool is_valid) {
    Buffer out(static_cast<std::size_t>(each.at("size").as_int64()));
    bool const made = crypto::hkdf_sha256(hex(each.at("ikm")), hex(each.at("salt")), hex(each.at("info")), out);
    CHECK(made == is_valid);
    if (is_valid) CHECK(to_hex(out) == to_hex(hex(each.at("okm"))));
  });
}

TEST_CASE("hmac-sha256 passes Wycheproof") {
  run({"hmac_sha256_test.json", 174}, [](auto const&, auto const& each, bool is_valid) {
    auto const tag = hex(each.at("tag"));
    auto const made = crypto::hmac_sha256(hex(each.at("key")), {hex(each.at("msg"))});
    CHECK(crypto::equal(Bytes{made}.first(tag.size()), tag) == is_valid);
  });
}
