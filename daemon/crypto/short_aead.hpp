// ChaCha20 and Poly1305 as in RFC 8439, for texts of at most 64 bytes under counters that mostly follow each other: a
// pass of the cipher over two blocks is more than half as dear as one over sixteen, so the key stream is made for
// eight counters at once. One thread at a time; allocates nothing after construction.
#pragma once

#include "crypto/chacha20.hpp"
#include "crypto/poly1305.hpp"

namespace pim::crypto {

namespace detail {

//   key      HKDF-SHA256 of the key given, no salt, info "pim short aead v1": none of its key stream is a Sealer's
//   nonce    four zero bytes, counter / 2^31 in 64 bits, little-endian
//   blocks   2 * (counter mod 2^31): its first 32 bytes are the one-time key; the next one: the text's
//
/// What the tag covers is as in RFC 8439 2.8. No two counters share a block, so each has a key stream and a one-time
/// key of its own, as with a nonce of its own.
class ShortChaChaPoly {
 public:
  static constexpr std::size_t max_text = ChaCha20::block_size;

  /// `key` may key a Sealer or an Opener as well.
  explicit ShortChaChaPoly(Key const& key);
  ~ShortChaChaPoly() { wipe(stream_); }
  ShortChaChaPoly(ShortChaChaPoly const&) = delete;
  ShortChaChaPoly& operator=(ShortChaChaPoly const&) = delete;

  void seal(std::uint64_t counter, Bytes aad, MutBytes in_place, MutBytes tag);
  [[nodiscard]] bool open(std::uint64_t counter, Bytes aad, MutBytes in_place, Bytes tag);

 private:
  static constexpr std::size_t counters_a_pass = 8, bytes_a_counter = 2 * ChaCha20::block_size;

  [[nodiscard]] Bytes stream_of(std::uint64_t counter);

  ChaCha20 cipher_;
  Poly1305 mac_;
  std::uint64_t pass_;  ///< whose key stream is at hand
  std::array<std::uint8_t, counters_a_pass * bytes_a_counter> stream_{};
};

}  // namespace detail

class ShortSealer {
 public:
  static constexpr auto max_text = detail::ShortChaChaPoly::max_text;

  explicit ShortSealer(Key const& key) : aead_(key) {}
  /// Encrypts `in_place`, max_text bytes at most, and writes the 16-byte `tag`. A counter must never be used twice
  /// under one key.
  void seal(std::uint64_t counter, Bytes aad, MutBytes in_place, MutBytes tag) {
    aead_.seal(counter, aad, in_place, tag);
  }

 private:
  detail::ShortChaChaPoly aead_;
};

class ShortOpener {
 public:
  explicit ShortOpener(Key const& key) : aead_(key) {}
  /// Decrypts `in_place`, max_text bytes at most. On false the tag did not verify and `in_place` is as before; the
  /// ShortOpener itself goes on working.
  [[nodiscard]] bool open(std::uint64_t counter, Bytes aad, MutBytes in_place, Bytes tag) {
    return aead_.open(counter, aad, in_place, tag);
  }

 private:
  detail::ShortChaChaPoly aead_;
};

}  // namespace pim::crypto
