// Noise_IK_25519_ChaChaPoly_SHA256, and IKpsk2 where the network has a secret: two messages between
// an Initiator, who knows the Responder's static key beforehand, and a Responder, who learns the
// other's. One object is one handshake. Keys and prologue given by reference are the caller's; the
// KeyPair has to outlive the handshake.
//
//   Initiator                          Responder
//   write_initiation  -- e, es, s, ss -->  read_initiation
//   read_response     <-- e, ee, se [psk] --  write_response
//   split                                  split
#pragma once

#include <optional>
#include <string_view>

#include "crypto/x25519.hpp"
#include "noise/symmetric_state.hpp"

namespace pim::noise {

/// Bytes that each message adds to its payload.
inline constexpr std::size_t initiation_overhead = 32 + 48 + 16;
inline constexpr std::size_t response_overhead = 32 + 16;
/// No Noise message is longer (section 3).
inline constexpr std::size_t max_message_size = 65535;

/// What both sides hold after the second message. The handshake hash names the session: equal at
/// both ends, different for every session.
struct TransportKeys {
  crypto::Key send, receive;
  crypto::Digest handshake_hash;
};

/// The bytes that bind a handshake to the protocol, its version and the network: nodes of different
/// networks, or of incompatible versions, cannot even begin to talk.
[[nodiscard]] Buffer make_prologue(std::string_view network);

class Initiator {
 public:
  Initiator(crypto::KeyPair const& self, PublicKey const& responder, Bytes prologue, crypto::Key const* psk = nullptr);

  /// Appends the first message to `out`; to be called once. False, with `out` as before and this
  /// object spent, when `responder` is a key of low order.
  [[nodiscard]] bool write_initiation(Entropy& entropy, Bytes payload, Buffer& out);

  /// The payload of the second message; split() may then be called. Nothing when it is not the
  /// answer to our first, or comes out of turn: this object is unchanged and goes on waiting for the
  /// genuine one.
  [[nodiscard]] std::optional<Buffer> read_response(Bytes message);

  /// Once, after read_response succeeded. Spends the object.
  [[nodiscard]] TransportKeys split();

 private:
  enum class State { fresh, initiation_sent, response_read, spent };

  crypto::KeyPair const* self_;
  PublicKey responder_;
  std::optional<crypto::Key> psk_;
  SymmetricState symmetric_;
  std::optional<crypto::KeyPair> ephemeral_;
  State state_ = State::fresh;
};

class Responder {
 public:
  explicit Responder(crypto::KeyPair const& self, Bytes prologue, crypto::Key const* psk = nullptr);

  struct Initiation {
    PublicKey initiator;
    Buffer payload;
  };
  /// Who speaks, proved to hold that key or to replay one who did. Nothing when the message does not
  /// verify, or comes out of turn: this object is unchanged and may read another.
  [[nodiscard]] std::optional<Initiation> read_initiation(Bytes message);

  /// Appends the second message to `out`; once, after read_initiation succeeded. False, with `out` as
  /// before and this object spent, when a key of the initiator is of low order.
  [[nodiscard]] bool write_response(Entropy& entropy, Bytes payload, Buffer& out);

  /// Once, after write_response succeeded. Spends the object.
  [[nodiscard]] TransportKeys split();

 private:
  enum class State { fresh, initiation_read, response_sent, spent };

  crypto::KeyPair const* self_;
  std::optional<crypto::Key> psk_;
  SymmetricState symmetric_;
  PublicKey initiator_;
  PublicKey initiator_ephemeral_;
  State state_ = State::fresh;
};

}  // namespace pim::noise
