#include "crypto/aead.hpp"

#include <doctest/doctest.h>

#include "support/test_entropy.hpp"
#include "vectors/vectors.hpp"

using namespace pim;
using crypto::Key;
using crypto::Opener;
using crypto::Sealer;
using test::hex;

namespace {

Key const rfc_key(hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));

}  // namespace

TEST_CASE("sealing gives the ciphertext of RFC 8439 section 2.8.2") {
  Buffer text;
  Writer(text).bytes(
      as_bytes("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
               "future, sunscreen would be it."));
  auto const plain = text;
  auto const aad = hex("50515253c0c1c2c3c4c5c6c7");
  crypto::Nonce const nonce{7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47};
  crypto::Tag tag;
  Sealer(rfc_key).seal(nonce, aad, text, tag);
  CHECK(to_hex(text) ==
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e0"
        "60b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d2"
        "6586cec64b6116");
  CHECK(to_hex(tag) == "1ae10b594f09e26a7e902ecbd0600691");
  CHECK(Opener(rfc_key).open(nonce, aad, text, tag));
  CHECK(text == plain);
}

TEST_CASE("the nonce is four zeroes and the counter, little-endian") {
  CHECK(to_hex(crypto::nonce_of(0)) == "000000000000000000000000");
  CHECK(to_hex(crypto::nonce_of(0x0102030405060708)) == "000000000807060504030201");
}

TEST_CASE("one sealer and one opener serve many packets, in any order") {
  test::SeededEntropy entropy(3);
  Sealer sealer(rfc_key);
  Opener opener(rfc_key);
  std::vector<Buffer> packets, sealed;
  std::vector<crypto::Tag> tags;
  for (std::uint64_t i = 0; i < 200; ++i) {
    packets.push_back(entropy.bytes(entropy.below(1500)));
    sealed.push_back(packets.back());
    sealer.seal(i, entropy.bytes(0), sealed.back(), tags.emplace_back());
  }
  for (std::uint64_t i = 200; i-- > 0;) {
    REQUIRE(opener.open(i, {}, sealed[i], tags[i]));
    CHECK(sealed[i] == packets[i]);
  }
}

TEST_CASE("any changed bit of ciphertext, tag or associated data is refused, and the opener goes on") {
  test::SeededEntropy entropy(4);
  auto const aad = entropy.bytes(16);
  auto const plain = entropy.bytes(70);
  Buffer sealed;
  crypto::seal_once(rfc_key, 9, aad, plain, sealed);
  REQUIRE(sealed.size() == plain.size() + crypto::tag_size);
  Opener opener(rfc_key);
  auto const opens = [&](Buffer text, Bytes with, std::uint64_t counter) {
    MutBytes const all(text);
    return opener.open(counter, with, all.first(plain.size()), all.last(crypto::tag_size));
  };
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto forged = sealed;
    forged[bit / 8] = static_cast<std::uint8_t>(forged[bit / 8] ^ (1U << (bit % 8)));
    CHECK_FALSE(opens(forged, aad, 9));
  }
  for (std::size_t i = 0; i < aad.size(); ++i) {
    auto other = aad;
    other[i] ^= 1;
    CHECK_FALSE(opens(sealed, other, 9));
  }
  CHECK_FALSE(opens(sealed, Bytes{aad}.first(15), 9));
  CHECK_FALSE(opens(sealed, {}, 9));
  CHECK_FALSE(opens(sealed, aad, 8));
  CHECK(opens(sealed, aad, 9));
}

TEST_CASE("an empty packet still carries a tag over its header") {
  auto const header = hex("04000000000000010000000000000002");
  crypto::Tag tag;
  Sealer(rfc_key).seal(2, header, {}, tag);
  Opener opener(rfc_key);
  CHECK(opener.open(2, header, {}, tag));
  CHECK_FALSE(opener.open(3, header, {}, tag));
}

TEST_CASE("opening once appends on success and leaves the output alone on failure") {
  Buffer sealed;
  crypto::seal_once(rfc_key, 0, {}, as_bytes("payload"), sealed);
  Buffer out{1, 2};
  REQUIRE(crypto::open_once(rfc_key, 0, {}, sealed, out));
  CHECK(out.size() == 2 + 7);
  out = {1, 2};
  CHECK_FALSE(crypto::open_once(rfc_key, 1, {}, sealed, out));
  CHECK_FALSE(crypto::open_once(rfc_key, 0, {}, Bytes{sealed}.first(15), out));
  CHECK_FALSE(crypto::open_once(rfc_key, 0, {}, {}, out));
  CHECK(out == Buffer{1, 2});
}
