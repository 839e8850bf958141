// Both readers of handshake messages. The first byte chooses: foreign bytes for the responder, foreign
// bytes for the waiting initiator, a genuine first or second message with the input laid over it, or a
// whole handshake with the input as its payloads. Only what is genuine to the last bit is read.
#include <algorithm>

#include "noise/handshake.hpp"
#include "target.hpp"

using namespace pim;

namespace {

class Counting : public Entropy {
 public:
  void fill(MutBytes out) override {
    for (auto& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 1;
};

struct Pair {
  Counting entropy;
  crypto::KeyPair initiator = crypto::KeyPair::generate(entropy);
  crypto::KeyPair responder = crypto::KeyPair::generate(entropy);
};

Pair const& pair() {
  static Pair const both;  // key pairs cost more than everything else here
  return both;
}

/// Input bytes come in threes: place (two bytes) and mask. True when anything was changed by it.
bool overlay(Buffer& message, Bytes patches) {
  auto const genuine = message;
  for (; patches.size() >= 3; patches = patches.subspan(3))
    message[load_be<std::uint16_t>(patches.data()) % message.size()] ^= patches[2];
  return message != genuine;
}

struct Handshake {
  // All keys are fixed, so a genuine message of one mode would be genuine in every other, and libFuzzer
  // learns messages from the comparisons it sees. Foreign bytes therefore meet a network of their own.
  explicit Handshake(std::string_view network) : prologue(noise::make_prologue(network)) {}

  Buffer prologue;
  Counting entropy;
  noise::Initiator initiator{pair().initiator, pair().responder.public_key(), prologue};
  noise::Responder responder{pair().responder, prologue};

  Buffer first(Bytes payload) {
    Buffer message;
    PIM_ASSERT(initiator.write_initiation(entropy, payload, message));
    return message;
  }
  Buffer second(Bytes payload) {
    Buffer message;
    PIM_ASSERT(responder.write_response(entropy, payload, message));
    return message;
  }
};

void foreign_to_initiator(Bytes input) {
  Handshake handshake("foreign");
  (void)handshake.first({});
  PIM_ASSERT(!handshake.initiator.read_response(input));
}

void changed_first(Bytes input) {
  Handshake handshake("genuine");
  auto message = handshake.first(as_bytes("0123456789ab"));
  bool const changed = overlay(message, input);
  PIM_ASSERT(handshake.responder.read_initiation(message).has_value() == !changed);
}

void changed_second(Bytes input) {
  Handshake handshake("genuine");
  PIM_ASSERT(handshake.responder.read_initiation(handshake.first({})).has_value());
  auto message = handshake.second(as_bytes("0123456789ab"));
  bool const changed = overlay(message, input);
  PIM_ASSERT(handshake.initiator.read_response(message).has_value() == !changed);
}

void whole(Bytes input) {
  Handshake handshake("genuine");
  auto const payload = input.first(std::min<std::size_t>(input.size(), 4096));
  auto const initiation = handshake.responder.read_initiation(handshake.first(payload));
  PIM_ASSERT(initiation && initiation->payload == Buffer(payload.begin(), payload.end()));
  auto const answer = handshake.initiator.read_response(handshake.second(payload));
  PIM_ASSERT(answer && *answer == initiation->payload);
  PIM_ASSERT(handshake.initiator.split().handshake_hash == handshake.responder.split().handshake_hash);
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  Bytes const input(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0: PIM_ASSERT(!Handshake("foreign").responder.read_initiation(input)); break;
    case 1: foreign_to_initiator(input); break;
    case 2: changed_first(input); break;
    case 3: changed_second(input); break;
    default: whole(input); break;
  }
  return 0;
}
