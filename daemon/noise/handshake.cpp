#include "noise/handshake.hpp"

#include <utility>

namespace pim::noise {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t sealed_key_size = key_size + crypto::tag_size;

SymmetricState begin(PublicKey const& responder, Bytes prologue, bool with_psk) {
  SymmetricState symmetric(with_psk ? "Noise_IKpsk2_25519_ChaChaPoly_SHA256" : "Noise_IK_25519_ChaChaPoly_SHA256");
  symmetric.mix_hash(prologue);
  symmetric.mix_hash(responder.bytes);
  return symmetric;
}

// The "e" token. In psk handshakes the ephemeral key also goes into the chaining key (section 9.2),
// so that a psk alone never fixes the keys.
void mix_ephemeral(SymmetricState& symmetric, PublicKey const& key, bool with_psk) {
  symmetric.mix_hash(key.bytes);
  if (with_psk) symmetric.mix_key(key.bytes);
}

[[nodiscard]] bool mix_dh(SymmetricState& symmetric, crypto::KeyPair const& own, PublicKey const& peer) {
  auto const shared = own.dh(peer);
  if (shared) symmetric.mix_key(shared->view());
  return shared.has_value();
}

PublicKey to_key(Bytes bytes) {
  PublicKey key;
  PIM_ASSERT(bytes.size() == key.bytes.size());
  std::memcpy(key.bytes.data(), bytes.data(), key.bytes.size());
  return key;
}

std::optional<crypto::Key> copy_of(crypto::Key const* psk) {
  if (psk == nullptr) return std::nullopt;
  return psk->clone();
}

}  // namespace

Buffer make_prologue(std::string_view network) {
  Buffer prologue;
  Writer(prologue).bytes(as_bytes("pim noise v1")).u8(0).bytes(as_bytes(network));
  return prologue;
}

Initiator::Initiator(crypto::KeyPair const& self, PublicKey const& responder, Bytes prologue, crypto::Key const* psk)
    : self_(&self), responder_(responder), psk_(copy_of(psk)), symmetric_(begin(responder, prologue, psk != nullptr)) {}

bool Initiator::write_initiation(Entropy& entropy, Bytes payload, Buffer& out) {
  PIM_ASSERT(state_ == State::fresh && payload.size() <= max_message_size - initiation_overhead);
  state_ = State::spent;
  ephemeral_ = crypto::KeyPair::generate(entropy);
  Buffer message;
  Writer(message).bytes(ephemeral_->public_key().bytes);
  mix_ephemeral(symmetric_, ephemeral_->public_key(), psk_.has_value());
  if (!mix_dh(symmetric_, *ephemeral_, responder_)) return false;
  symmetric_.encrypt_and_hash(self_->public_key().bytes, message);
  if (!mix_dh(symmetric_, *self_, responder_)) return false;
  symmetric_.encrypt_and_hash(payload, message);
  Writer(out).bytes(message);
  state_ = State::initiation_sent;
  return true;
}

std::optional<Buffer> Initiator::read_response(Bytes message) {
  if (state_ != State::initiation_sent || message.size() < response_overhead || message.size() > max_message_size)
    return std::nullopt;
  auto attempt = symmetric_.clone();
  auto const theirs = to_key(message.first(key_size));
  mix_ephemeral(attempt, theirs, psk_.has_value());
  if (!mix_dh(attempt, *ephemeral_, theirs) || !mix_dh(attempt, *self_, theirs)) return std::nullopt;
  if (psk_) attempt.mix_key_and_hash(psk_->view());
  auto payload = attempt.decrypt_and_hash(message.subspan(key_size));
  if (!payload) return std::nullopt;
  symmetric_ = std::move(attempt);
  ephemeral_.reset();
  state_ = State::response_read;
  return payload;
}

TransportKeys Initiator::split() {
  PIM_ASSERT(state_ == State::response_read);
  state_ = State::spent;
  auto keys = symmetric_.split();
  return {std::move(keys.first), std::move(keys.second), symmetric_.handshake_hash()};
}

Responder::Responder(crypto::KeyPair const& self, Bytes prologue, crypto::Key const* psk)
    : self_(&self), psk_(copy_of(psk)), symmetric_(begin(self.public_key(), prologue, psk != nullptr)) {}

std::optional<Responder::Initiation> Responder::read_initiation(Bytes message) {
  if (state_ != State::fresh || message.size() < initiation_overhead || message.size() > max_message_size)
    return std::nullopt;
  auto attempt = symmetric_.clone();
  auto const ephemeral = to_key(message.first(key_size));
  mix_ephemeral(attempt, ephemeral, psk_.has_value());
  if (!mix_dh(attempt, *self_, ephemeral)) return std::nullopt;
  auto const identity = attempt.decrypt_and_hash(message.subspan(key_size, sealed_key_size));
  if (!identity) return std::nullopt;
  auto const initiator = to_key(*identity);
  if (!mix_dh(attempt, *self_, initiator)) return std::nullopt;
  auto payload = attempt.decrypt_and_hash(message.subspan(key_size + sealed_key_size));
  if (!payload) return std::nullopt;
  symmetric_ = std::move(attempt);
  initiator_ = initiator;
  initiator_ephemeral_ = ephemeral;
  state_ = State::initiation_read;
  return Initiation{initiator, std::move(*payload)};
}

bool Responder::write_response(Entropy& entropy, Bytes payload, Buffer& out) {
  PIM_ASSERT(state_ == State::initiation_read && payload.size() <= max_message_size - response_overhead);
  state_ = State::spent;
  auto const ephemeral = crypto::KeyPair::generate(entropy);
  Buffer message;
  Writer(message).bytes(ephemeral.public_key().bytes);
  mix_ephemeral(symmetric_, ephemeral.public_key(), psk_.has_value());
  if (!mix_dh(symmetric_, ephemeral, initiator_ephemeral_) || !mix_dh(symmetric_, ephemeral, initiator_)) return false;
  if (psk_) symmetric_.mix_key_and_hash(psk_->view());
  symmetric_.encrypt_and_hash(payload, message);
  Writer(out).bytes(message);
  state_ = State::response_sent;
  return true;
}

TransportKeys Responder::split() {
  PIM_ASSERT(state_ == State::response_sent);
  state_ = State::spent;
  auto keys = symmetric_.split();
  return {std::move(keys.second), std::move(keys.first), symmetric_.handshake_hash()};
}

}  // namespace pim::noise
