// Poly1305 of OpenSSL over what RFC 8439 2.8 authenticates. One thread at a time; allocates nothing after
// construction.
#pragma once

#include <memory>

#include "crypto/secret.hpp"

struct evp_mac_ctx_st;

namespace pim::crypto {

inline constexpr std::size_t tag_size = 16;
using Tag = std::array<std::uint8_t, tag_size>;

class Poly1305 {
 public:
  static constexpr std::size_t key_size = 32;

  Poly1305();
  /// The tag of RFC 8439 2.8: of both texts, each padded to whole blocks, and their lengths. `one_time_key` is
  /// key_size bytes.
  [[nodiscard]] Tag tag_of(Bytes one_time_key, Bytes aad, Bytes ciphertext);

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* mac) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> mac_;
};

}  // namespace pim::crypto
