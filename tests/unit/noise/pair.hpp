// Two identities and what they share, for handshake tests.
#pragma once

#include "noise/handshake.hpp"
#include "support/test_entropy.hpp"

namespace pim::test {

struct Pair {
  SeededEntropy entropy{11};
  crypto::KeyPair initiator = crypto::KeyPair::generate(entropy);
  crypto::KeyPair responder = crypto::KeyPair::generate(entropy);
  Buffer prologue = noise::make_prologue("home");
  std::optional<crypto::Key> secret{};

  [[nodiscard]] crypto::Key const* psk() const { return secret ? &*secret : nullptr; }
  [[nodiscard]] noise::Initiator make_initiator() const { return {initiator, responder.public_key(), prologue, psk()}; }
  [[nodiscard]] noise::Responder make_responder() const { return noise::Responder(responder, prologue, psk()); }

  [[nodiscard]] Buffer write(noise::Initiator& from, std::string_view payload) {
    Buffer message;
    PIM_ASSERT(from.write_initiation(entropy, as_bytes(payload), message));
    return message;
  }
  [[nodiscard]] Buffer answer(noise::Responder& from, std::string_view payload) {
    Buffer message;
    PIM_ASSERT(from.write_response(entropy, as_bytes(payload), message));
    return message;
  }
};

}  // namespace pim::test
