#include "crypto/short_aead.hpp"

#include "crypto/hash.hpp"

namespace pim::crypto::detail {
namespace {

// Two blocks a counter: so many counters fill the 32 bits in which the cipher counts blocks.
constexpr std::uint64_t counters_a_nonce = std::uint64_t{1} << 31;

Key derive(Key const& key) {
  Key own;
  PIM_ASSERT(hkdf_sha256(key.view(), {}, as_bytes("pim short aead v1"), own.mut()));
  return own;
}

void exclusive_or(MutBytes text, Bytes stream) {
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<std::uint8_t>(text[i] ^ stream[i]);
}

}  // namespace

ShortChaChaPoly::ShortChaChaPoly(Key const& key) : cipher_(derive(key)), pass_(~std::uint64_t{0}) {
  static_assert(counters_a_nonce % counters_a_pass == 0);
}

void ShortChaChaPoly::seal(std::uint64_t counter, Bytes aad, MutBytes in_place, MutBytes tag) {
  PIM_ASSERT(in_place.size() <= max_text && tag.size() == tag_size);
  auto const stream = stream_of(counter);
  exclusive_or(in_place, stream.last(max_text));
  auto const made = mac_.tag_of(stream.first(Poly1305::key_size), aad, in_place);
  std::memcpy(tag.data(), made.data(), tag_size);
}

bool ShortChaChaPoly::open(std::uint64_t counter, Bytes aad, MutBytes in_place, Bytes tag) {
  PIM_ASSERT(in_place.size() <= max_text && tag.size() == tag_size);
  auto const stream = stream_of(counter);
  if (!equal(mac_.tag_of(stream.first(Poly1305::key_size), aad, in_place), tag)) return false;
  exclusive_or(in_place, stream.last(max_text));
  return true;
}

Bytes ShortChaChaPoly::stream_of(std::uint64_t counter) {
  if (auto const pass = counter / counters_a_pass; pass != pass_) {
    auto const first = pass * counters_a_pass;
    Nonce nonce{};
    store_le<std::uint64_t>(nonce.data() + 4, first / counters_a_nonce);
    cipher_.seek(nonce, static_cast<std::uint32_t>(2 * (first % counters_a_nonce)));
    stream_.fill(0);
    cipher_.apply(stream_);
    pass_ = pass;
  }
  return Bytes{stream_}.subspan(counter % counters_a_pass * bytes_a_counter, bytes_a_counter);
}

}  // namespace pim::crypto::detail
