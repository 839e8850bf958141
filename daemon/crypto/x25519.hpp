// X25519 (RFC 7748). A KeyPair keeps OpenSSL's own objects ready: building the private one from raw bytes costs more
// than the agreement itself, and those of an agreement an eighth of it.
#pragma once

#include <memory>
#include <optional>

#include "base/entropy.hpp"
#include "base/ids.hpp"
#include "crypto/secret.hpp"

struct evp_pkey_st;
struct evp_pkey_ctx_st;

namespace pim::crypto {

/// One thread at a time.
class KeyPair {
 public:
  /// Any 32 bytes are a private key; clamping happens inside the agreement.
  [[nodiscard]] static KeyPair from_private(Key const& private_key);
  [[nodiscard]] static KeyPair generate(Entropy& entropy);

  [[nodiscard]] PublicKey const& public_key() const { return public_; }
  /// A copy, for the identity file alone.
  [[nodiscard]] Key private_key() const;

  /// The shared secret with `peer`, or nothing when it is all zero: `peer` is then of low order and
  /// contributes nothing, so the handshake has to end (RFC 7748 section 6.1).
  [[nodiscard]] std::optional<Key> dh(PublicKey const& peer) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
    void operator()(evp_pkey_ctx_st* agreement) const;
  };
  explicit KeyPair(evp_pkey_st* key);

  std::unique_ptr<evp_pkey_st, Free> key_;
  PublicKey public_;
  std::unique_ptr<evp_pkey_ctx_st, Free> agreement_;
  std::unique_ptr<evp_pkey_st, Free> peer_;  ///< of the last agreement
};

}  // namespace pim::crypto
