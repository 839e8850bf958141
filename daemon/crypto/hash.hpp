// SHA-256, HMAC-SHA256 and HKDF over lists of byte spans. What is secret comes out as a Key.
#pragma once

#include <initializer_list>
#include <memory>

#include "base/ids.hpp"
#include "crypto/secret.hpp"

struct evp_mac_ctx_st;

namespace pim::crypto {

using Digest = std::array<std::uint8_t, 32>;
/// The parts are hashed one after another, as if they were one.
using Parts = std::initializer_list<Bytes>;

[[nodiscard]] Digest sha256(Parts parts);
[[nodiscard]] Digest hmac_sha256(Bytes key, Parts parts);

/// HMAC-SHA256 under one key for many messages: a third of the cost of hmac_sha256. One thread at a time.
class Hmac {
 public:
  explicit Hmac(Bytes key);
  [[nodiscard]] Digest of(Parts parts);

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

/// HKDF as Noise section 4.3 defines it, with two and with three outputs. The chaining key is at most 64 bytes long.
struct TwoKeys {
  Key first, second;
};
struct ThreeKeys {
  Key first, second, third;
};
[[nodiscard]] TwoKeys noise_hkdf2(Bytes chaining_key, Bytes input);
[[nodiscard]] ThreeKeys noise_hkdf3(Bytes chaining_key, Bytes input);

/// HKDF-SHA256 of RFC 5869 (extract, then expand) into `out`; false, and `out` untouched, when it is
/// longer than 255 * 32 bytes.
[[nodiscard]] bool hkdf_sha256(Bytes input, Bytes salt, Bytes info, MutBytes out);

/// First 16 bytes of SHA-256("pim node id v1" || key).
[[nodiscard]] NodeId node_id_of(PublicKey const& key);

}  // namespace pim::crypto
