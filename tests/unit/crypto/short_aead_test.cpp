#include "crypto/short_aead.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <algorithm>

#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "support/test_entropy.hpp"

using namespace pim;
using crypto::ShortOpener;
using crypto::ShortSealer;

namespace {

crypto::Key const short_key(Buffer(32, 0x2a));
Buffer const header(16, 4);

struct Sealed {
  Buffer text;
  crypto::Tag tag;
  bool operator==(Sealed const&) const = default;
};

Sealed seal(ShortSealer& sealer, std::uint64_t counter, Buffer text, Bytes aad = header) {
  Sealed sealed{std::move(text), {}};
  sealer.seal(counter, aad, sealed.text, sealed.tag);
  return sealed;
}

bool open(ShortOpener& opener, std::uint64_t counter, Sealed& sealed, Bytes aad = header) {
  return opener.open(counter, aad, sealed.text, sealed.tag);
}

/// By the header's words alone, one block at a time.
Buffer block(std::uint64_t counter, unsigned half) {
  Buffer own(32), out(64);
  REQUIRE(crypto::hkdf_sha256(short_key.view(), {}, as_bytes("pim short aead v1"), own));
  auto const number = 2 * (counter & 0x7fffffffU) + half;
  auto const high = counter >> 31;
  std::array<std::uint8_t, 16> iv{};
  for (unsigned i = 0; i < 4; ++i) iv[i] = static_cast<std::uint8_t>(number >> 8 * i);
  for (unsigned i = 0; i < 8; ++i) iv[8 + i] = static_cast<std::uint8_t>(high >> 8 * i);
  auto* const context = EVP_CIPHER_CTX_new();
  int size = 0;
  REQUIRE(EVP_EncryptInit_ex(context, EVP_chacha20(), nullptr, own.data(), iv.data()) == 1);
  REQUIRE(EVP_EncryptUpdate(context, out.data(), &size, out.data(), 64) == 1);
  EVP_CIPHER_CTX_free(context);
  return out;
}

Sealed sealed_by_the_book(std::uint64_t counter, Buffer text) {
  auto const one_time = block(counter, 0), stream = block(counter, 1);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] ^= stream[i];
  auto const tag = crypto::Poly1305{}.tag_of(Bytes{one_time}.first(32), header, text);
  return {std::move(text), tag};
}

}  // namespace

TEST_CASE("a sealed short text is what ChaCha20 and Poly1305 give by hand, at every length and round every edge") {
  test::SeededEntropy entropy(31);
  ShortSealer sealer(short_key);
  auto const is_as_by_hand = [&](std::uint64_t counter, std::size_t size) {
    auto const text = entropy.bytes(size);
    return seal(sealer, counter, text) == sealed_by_the_book(counter, text);
  };
  for (std::size_t size = 0; size <= ShortSealer::max_text; ++size) CHECK(is_as_by_hand(1000 + size, size));
  for (auto const edge : {std::uint64_t{0}, std::uint64_t{1} << 31, std::uint64_t{1} << 32, std::uint64_t{5} << 40,
                          ~std::uint64_t{0} - 20})
    for (std::uint64_t near = 0; near < 20; ++near) CHECK(is_as_by_hand(edge + near - (edge == 0 ? 0 : 10), 48));
}

// Made with the openssl program: kdf, enc -chacha20 and mac of the steps that the header of short_aead.hpp names.
TEST_CASE("the ciphertext and the tag of a known text are those that another program gives") {
  ShortSealer sealer(short_key);
  Buffer text(48);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(i);
  auto const sealed = seal(sealer, 0x180000005, text);
  CHECK(to_hex(sealed.text) ==
        "f6299ef2ad942a0cb0ea0961260036c9e57789b909d2dcb464719bd3a7fbac09ba987aa9d5781a1ad91d2b847c6cd132");
  CHECK(to_hex(sealed.tag) == "f94edf33e7896a4842971842ccaf82d8");
}

TEST_CASE("short texts open in any order, early ones after late ones too") {
  ShortSealer sealer(short_key);
  ShortOpener opener(short_key);
  std::vector<Sealed> sealed;
  for (std::uint64_t i = 0; i < 100; ++i) sealed.push_back(seal(sealer, i, Buffer(48, static_cast<std::uint8_t>(i))));
  for (std::uint64_t i = 0; i < 100; ++i) {
    auto const counter = i * 37 % 100;
    REQUIRE(open(opener, counter, sealed[counter]));
    CHECK(sealed[counter].text == Buffer(48, static_cast<std::uint8_t>(counter)));
  }
}

TEST_CASE("no two counters of short texts share a byte of key stream, nor any with a packet's") {
  ShortSealer sealer(short_key);
  std::vector<Buffer> blocks;
  for (std::uint64_t i = 0; i < 64; ++i) blocks.push_back(seal(sealer, i, Buffer(64)).text);
  for (std::uint64_t i = 0; i < 64; ++i) {
    Buffer sealed;
    crypto::seal_once(short_key, i, {}, Buffer(128), sealed);
    blocks.emplace_back(sealed.begin(), sealed.begin() + 64);
    blocks.emplace_back(sealed.begin() + 64, sealed.begin() + 128);
  }
  std::ranges::sort(blocks);
  CHECK(std::ranges::adjacent_find(blocks) == blocks.end());
}

TEST_CASE("any changed bit of a short text, its tag, its header or its counter is refused and nothing is changed") {
  ShortSealer sealer(short_key);
  ShortOpener opener(short_key);
  auto const sealed = seal(sealer, 9, Buffer(48, 7));
  auto const refuses = [&](Sealed forged, std::uint64_t counter, Bytes aad) {
    auto const before = forged;
    return !open(opener, counter, forged, aad) && forged == before;
  };
  for (std::size_t bit = 0; bit < (48 + crypto::tag_size) * 8; ++bit) {
    auto forged = sealed;
    auto& byte = bit < 48 * 8 ? forged.text[bit / 8] : forged.tag[bit / 8 - 48];
    byte = static_cast<std::uint8_t>(byte ^ (1U << (bit % 8)));
    CHECK(refuses(forged, 9, header));
  }
  for (std::size_t i = 0; i < header.size(); ++i) {
    auto other = header;
    other[i] ^= 1;
    CHECK(refuses(sealed, 9, other));
  }
  for (auto const counter : {8ULL, 10ULL, 17ULL, 9ULL + (1ULL << 31), 9ULL + (1ULL << 32)})
    CHECK(refuses(sealed, counter, header));
  auto shorter = sealed;
  shorter.text.pop_back();
  CHECK(refuses(shorter, 9, header));
  auto whole = sealed;
  CHECK(open(opener, 9, whole));
  CHECK(whole.text == Buffer(48, 7));
}
