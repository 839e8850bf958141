// ChaCha20-Poly1305 as OpenSSL offers it ready-made: one context for a direction, keyed once with a fixed key, and a
// nonce for each record. Not pim's own crypto room, whose speed it is there to judge. One thread at a time.
#pragma once

#include <memory>

#include "base/bytes.hpp"

struct evp_cipher_ctx_st;

namespace pim::ceiling {

enum class Direction { seal, open };

class Cipher {
 public:
  /// Without `is_on` records pass as they are: what copying alone costs.
  Cipher(Direction direction, bool is_on);

  /// Seals or opens a whole record (record.hpp) in place. False when its tag is wrong.
  [[nodiscard]] bool apply(MutBytes record);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  Direction direction_;
  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

}  // namespace pim::ceiling
