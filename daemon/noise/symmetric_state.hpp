// The SymmetricState of the Noise specification (section 5.2) with its CipherState folded in:
// chaining key, handshake hash, and the current cipher key with its counter.
#pragma once

#include <optional>
#include <string_view>

#include "crypto/aead.hpp"
#include "crypto/hash.hpp"

namespace pim::noise {

class SymmetricState {
 public:
  explicit SymmetricState(std::string_view protocol_name);
  SymmetricState(SymmetricState&&) = default;
  SymmetricState& operator=(SymmetricState&&) = default;
  /// For trying a message that may turn out to be forged: the original stays as it was.
  [[nodiscard]] SymmetricState clone() const;

  void mix_hash(Bytes data);
  void mix_key(Bytes input);
  void mix_key_and_hash(Bytes input);

  /// Appends to `out`: the ciphertext and tag, or the plaintext itself before the first key.
  void encrypt_and_hash(Bytes plaintext, Buffer& out);
  /// The plaintext, or nothing when the tag does not verify; this state is then of no further use.
  [[nodiscard]] std::optional<Buffer> decrypt_and_hash(Bytes ciphertext);

  /// Keys of the two directions: first what the initiator sends with.
  [[nodiscard]] crypto::TwoKeys split() const;
  [[nodiscard]] crypto::Digest const& handshake_hash() const { return hash_; }

 private:
  struct Empty {};
  explicit SymmetricState(Empty) {}

  crypto::Key chaining_key_;
  crypto::Digest hash_{};
  std::optional<crypto::Key> cipher_key_;
  std::uint64_t counter_ = 0;
};

}  // namespace pim::noise
