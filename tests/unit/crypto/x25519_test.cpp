#include "crypto/x25519.hpp"

#include <doctest/doctest.h>

#include <utility>

#include "support/test_entropy.hpp"
#include "vectors/low_order.hpp"
#include "vectors/vectors.hpp"

using namespace pim;
using crypto::Key;
using crypto::KeyPair;
using test::hex;

namespace {

KeyPair pair_of(std::string_view private_key) { return KeyPair::from_private(Key(hex(private_key))); }
PublicKey public_of(std::string_view text) { return parse_public_key(text).value(); }

}  // namespace

TEST_CASE("two key pairs agree as in RFC 7748 section 6.1") {
  auto const alice = pair_of("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  auto const bob = pair_of("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  CHECK(to_string(alice.public_key()) == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  CHECK(to_string(bob.public_key()) == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  std::string const shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  CHECK(to_hex(alice.dh(bob.public_key()).value().view()) == shared);
  CHECK(to_hex(bob.dh(alice.public_key()).value().view()) == shared);
}

TEST_CASE("the function of RFC 7748 section 5.2 holds, iterated a thousand times") {
  auto const first = pair_of("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
                         .dh(public_of("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
  CHECK(to_hex(first.value().view()) == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
  // The top bit of the last byte of this one has to be ignored.
  auto const second = pair_of("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d")
                          .dh(public_of("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"));
  CHECK(to_hex(second.value().view()) == "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957");

  Key k(hex("0900000000000000000000000000000000000000000000000000000000000000"));
  PublicKey u = public_of("0900000000000000000000000000000000000000000000000000000000000000");
  for (int i = 0; i < 1000; ++i) {
    auto next = KeyPair::from_private(k).dh(u).value();
    std::memcpy(u.bytes.data(), k.view().data(), u.bytes.size());
    k = std::move(next);
    if (i == 0) CHECK(to_hex(k.view()) == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
  }
  CHECK(to_hex(k.view()) == "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST_CASE("a point of low order gives no shared secret") {
  test::SeededEntropy entropy(1);
  for (auto const point : test::low_order_points) {
    auto const pair = KeyPair::generate(entropy);
    auto peer = public_of(point);
    CHECK_FALSE(pair.dh(peer));
    peer.bytes[31] |= 0x80;  // the ignored bit makes another encoding of the same point
    CHECK_FALSE(pair.dh(peer));
  }
}

TEST_CASE("a private key comes back as it was given, and moves with its pair") {
  auto const text = std::string("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
  auto pair = pair_of(text);
  CHECK(to_hex(pair.private_key().view()) == text);
  auto const moved = std::move(pair);
  CHECK(to_hex(moved.private_key().view()) == text);
}

TEST_CASE("generated pairs differ and agree with each other") {
  test::SeededEntropy entropy(2);
  auto const a = KeyPair::generate(entropy);
  auto const b = KeyPair::generate(entropy);
  CHECK(a.public_key() != b.public_key());
  CHECK(crypto::equal(a.dh(b.public_key()).value().view(), b.dh(a.public_key()).value().view()));
}
