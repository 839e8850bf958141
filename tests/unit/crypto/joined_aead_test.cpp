// The cipher and the MAC are joined by crypto/aead.cpp: it has to be what OpenSSL's own joined cipher is.
#include <doctest/doctest.h>
#include <openssl/evp.h>

#include "crypto/aead.hpp"
#include "support/test_entropy.hpp"

using namespace pim;

namespace {

/// Ciphertext and tag as OpenSSL's ChaCha20-Poly1305 makes them.
Buffer sealed_by_openssl(Bytes key, Bytes nonce, Bytes aad, Bytes text) {
  Buffer out(text.size() + crypto::tag_size);
  auto* const context = EVP_CIPHER_CTX_new();
  int size = 0;
  REQUIRE(EVP_EncryptInit_ex(context, EVP_chacha20_poly1305(), nullptr, key.data(), nonce.data()) == 1);
  REQUIRE(EVP_EncryptUpdate(context, nullptr, &size, aad.data(), static_cast<int>(aad.size())) == 1);
  REQUIRE(EVP_EncryptUpdate(context, out.data(), &size, text.data(), static_cast<int>(text.size())) == 1);
  REQUIRE(EVP_EncryptFinal_ex(context, out.data() + text.size(), &size) == 1);
  auto* const tag = out.data() + text.size();
  REQUIRE(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, crypto::tag_size, tag) == 1);
  EVP_CIPHER_CTX_free(context);
  return out;
}

/// A datagram in one piece: header as AAD, text, tag.
struct Datagram {
  Datagram(Bytes header, Bytes text) : aad_size(header.size()) {
    Writer(bytes).bytes(header).bytes(text).zeroes(crypto::tag_size);
  }
  [[nodiscard]] Bytes aad() const { return Bytes{bytes}.first(aad_size); }
  [[nodiscard]] MutBytes text() {
    return MutBytes{bytes}.subspan(aad_size, bytes.size() - aad_size - crypto::tag_size);
  }
  [[nodiscard]] MutBytes tag() { return MutBytes{bytes}.last(crypto::tag_size); }

  Buffer bytes;
  std::size_t aad_size;
};

}  // namespace

TEST_CASE("what is sealed is what OpenSSL's joined cipher seals, at every length") {
  test::SeededEntropy entropy(21);
  auto const key_bytes = entropy.bytes(32);
  crypto::Sealer sealer{crypto::Key(key_bytes)};
  crypto::Opener opener{crypto::Key(key_bytes)};
  auto const matches = [&](std::size_t size, std::size_t aad_size) {
    auto const aad = entropy.bytes(aad_size), text = entropy.bytes(size);
    auto const counter = entropy.value<std::uint64_t>();
    auto const expected = sealed_by_openssl(key_bytes, crypto::nonce_of(counter), aad, text);
    Datagram datagram(aad, text);
    sealer.seal(counter, datagram.aad(), datagram.text(), datagram.tag());
    bool const whole =
        std::equal(expected.begin(), expected.end(), datagram.bytes.begin() + static_cast<long>(aad_size));
    // And where header and text do not lie next to each other.
    auto apart = text;
    crypto::Tag tag;
    sealer.seal(counter, aad, apart, tag);
    apart.insert(apart.end(), tag.begin(), tag.end());
    bool const opened = opener.open(counter, datagram.aad(), datagram.text(), datagram.tag());
    return whole && apart == expected && opened && std::equal(text.begin(), text.end(), datagram.text().begin());
  };
  for (std::size_t size = 0; size < 2300; ++size) REQUIRE(matches(size, 16));
  for (std::size_t aad_size = 0; aad_size < 40; ++aad_size)
    for (auto const size : {0U, 1U, 63U, 64U, 127U, 128U, 129U, 2047U, 2048U, 2049U}) REQUIRE(matches(size, aad_size));
  for (auto const size : {4095U, 4096U, 65507U, 200001U}) REQUIRE(matches(size, 16));
}

TEST_CASE("a text whose tag does not verify is left as it was, however long") {
  test::SeededEntropy entropy(22);
  crypto::Key const key(entropy.bytes(32));
  crypto::Sealer sealer(key);
  crypto::Opener opener(key);
  for (auto const size : {0U, 1U, 1344U, 2048U, 5000U}) {
    Datagram datagram(entropy.bytes(16), entropy.bytes(size));
    sealer.seal(7, datagram.aad(), datagram.text(), datagram.tag());
    auto const before = datagram.bytes;
    CHECK_FALSE(opener.open(8, datagram.aad(), datagram.text(), datagram.tag()));
    CHECK(datagram.bytes == before);
    CHECK(opener.open(7, datagram.aad(), datagram.text(), datagram.tag()));
  }
}
