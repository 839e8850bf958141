// ChaCha20-Poly1305 (RFC 8439) with the nonce of Noise: four zero bytes and a 64-bit little-endian
// counter. A Sealer or Opener is keyed once and then given a counter per packet; it allocates
// nothing after construction. One thread at a time.
#pragma once

#include "crypto/chacha20.hpp"
#include "crypto/poly1305.hpp"

namespace pim::crypto {

[[nodiscard]] Nonce nonce_of(std::uint64_t counter);

namespace detail {

/// ChaCha20 and Poly1305 joined as RFC 8439 2.8 says, so that one pass of the cipher yields
/// both the one-time key and the text: a fifth to two fifths cheaper than OpenSSL's own joined cipher,
/// which makes the key in a pass by itself.
class ChaChaPoly {
 public:
  explicit ChaChaPoly(Key const& key) : cipher_(key) {}
  void seal(Nonce const& nonce, Bytes aad, MutBytes in_place, MutBytes tag);
  [[nodiscard]] bool open(Nonce const& nonce, Bytes aad, MutBytes in_place, Bytes tag);

 private:
  ChaCha20 cipher_;
  Poly1305 mac_;
};

}  // namespace detail

class Sealer {
 public:
  explicit Sealer(Key const& key) : aead_(key) {}
  /// Encrypts `in_place` and writes the 16-byte `tag`. A counter must never be used twice under one
  /// key. `tag` may lie right behind `in_place`.
  void seal(std::uint64_t counter, Bytes aad, MutBytes in_place, MutBytes tag) {
    seal(nonce_of(counter), aad, in_place, tag);
  }
  void seal(Nonce const& nonce, Bytes aad, MutBytes in_place, MutBytes tag) { aead_.seal(nonce, aad, in_place, tag); }

 private:
  detail::ChaChaPoly aead_;
};

class Opener {
 public:
  explicit Opener(Key const& key) : aead_(key) {}
  /// Decrypts `in_place`. On false the tag did not verify and `in_place` is as before; the Opener itself
  /// goes on working.
  [[nodiscard]] bool open(std::uint64_t counter, Bytes aad, MutBytes in_place, Bytes tag) {
    return open(nonce_of(counter), aad, in_place, tag);
  }
  [[nodiscard]] bool open(Nonce const& nonce, Bytes aad, MutBytes in_place, Bytes tag) {
    return aead_.open(nonce, aad, in_place, tag);
  }

 private:
  detail::ChaChaPoly aead_;
};

/// Appends ciphertext and tag of `plaintext` to `out`: for keys that seal one message.
void seal_once(Key const& key, std::uint64_t counter, Bytes aad, Bytes plaintext, Buffer& out);
/// Appends the plaintext of `sealed` (ciphertext and tag) to `out`. On false `out` is as before.
[[nodiscard]] bool open_once(Key const& key, std::uint64_t counter, Bytes aad, Bytes sealed, Buffer& out);

}  // namespace pim::crypto
