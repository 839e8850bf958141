// ChaCha20-Poly1305 (RFC 8439) with the nonce of Noise: four zero bytes and a 64-bit little-endian
// counter. A Sealer or Opener is keyed once and then given a counter per packet; it allocates
// nothing after construction. One thread at a time.
#pragma once

#include <memory>

#include "crypto/secret.hpp"

struct evp_cipher_ctx_st;

namespace pim::crypto {

inline constexpr std::size_t tag_size = 16;
using Tag = std::array<std::uint8_t, tag_size>;
using Nonce = std::array<std::uint8_t, 12>;

[[nodiscard]] Nonce nonce_of(std::uint64_t counter);

namespace detail {
struct FreeCipher {
  void operator()(evp_cipher_ctx_st* context) const;
};
using CipherContext = std::unique_ptr<evp_cipher_ctx_st, FreeCipher>;
}  // namespace detail

class Sealer {
 public:
  explicit Sealer(Key const& key);
  /// Encrypts `in_place` and writes the 16-byte `tag`. A counter must never be used twice under one
  /// key. `tag` may lie right behind `in_place`.
  void seal(std::uint64_t counter, Bytes aad, MutBytes in_place, MutBytes tag) {
    seal(nonce_of(counter), aad, in_place, tag);
  }
  void seal(Nonce const& nonce, Bytes aad, MutBytes in_place, MutBytes tag);

 private:
  detail::CipherContext context_;
};

class Opener {
 public:
  explicit Opener(Key const& key);
  /// Decrypts `in_place`. On false the tag did not verify and `in_place` holds garbage that has to be
  /// thrown away; the Opener itself goes on working.
  [[nodiscard]] bool open(std::uint64_t counter, Bytes aad, MutBytes in_place, Bytes tag) {
    return open(nonce_of(counter), aad, in_place, tag);
  }
  [[nodiscard]] bool open(Nonce const& nonce, Bytes aad, MutBytes in_place, Bytes tag);

 private:
  detail::CipherContext context_;
};

/// Appends ciphertext and tag of `plaintext` to `out`: for keys that seal one message.
void seal_once(Key const& key, std::uint64_t counter, Bytes aad, Bytes plaintext, Buffer& out);
/// Appends the plaintext of `sealed` (ciphertext and tag) to `out`. On false `out` is as before.
[[nodiscard]] bool open_once(Key const& key, std::uint64_t counter, Bytes aad, Bytes sealed, Buffer& out);

}  // namespace pim::crypto
