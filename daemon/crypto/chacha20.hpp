// ChaCha20 (RFC 8439 2.4) of OpenSSL, keyed once. One thread at a time; allocates nothing after construction.
#pragma once

#include <cstdint>
#include <memory>

#include "crypto/secret.hpp"

struct evp_cipher_ctx_st;

namespace pim::crypto {

using Nonce = std::array<std::uint8_t, 12>;

class ChaCha20 {
 public:
  static constexpr std::size_t block_size = 64;

  explicit ChaCha20(Key const& key);
  /// The key stream goes on at this block of this nonce; to be called before the first apply().
  void seek(Nonce const& nonce, std::uint32_t block = 0);
  /// Exclusive-ors the next of the key stream into `in_place`, not beyond block 2^32 - 1.
  void apply(MutBytes in_place);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* cipher) const;
  };
  std::unique_ptr<evp_cipher_ctx_st, Free> cipher_;
};

}  // namespace pim::crypto
