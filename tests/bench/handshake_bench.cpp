// What a handshake costs beside the X25519 operations that it cannot do without: each side makes one ephemeral key and
// agrees four times (es, ss, ee, se). `share` is the time of those alone, measured in the same loop, divided by that of
// the whole. The whole is what pim does: both messages with their greetings, mac1 made and verified, the keys split.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <time.h>

#include <chrono>
#include <memory>

#include "noise/handshake.hpp"
#include "noise/mac.hpp"
#include "support/test_entropy.hpp"
#include "wire/handshake.hpp"

using namespace pim;

namespace {

/// Of this thread alone: what else the machine does counts for neither.
std::chrono::nanoseconds cpu_now() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

/// Two nodes that know each other, and the work of one handshake between them.
struct Pair {
  test::SeededEntropy entropy{1};
  crypto::KeyPair initiator = crypto::KeyPair::generate(entropy);
  crypto::KeyPair responder = crypto::KeyPair::generate(entropy);
  Buffer prologue = noise::make_prologue("pim");
  noise::MacKey initiators_mac{initiator.public_key(), {}};
  noise::MacKey responders_mac{responder.public_key(), {}};

  Buffer make_initiation(noise::Initiator& handshake) {
    Buffer message;
    PIM_ASSERT(handshake.write_initiation(entropy, wire::to_bytes(wire::Greeting{}), message));
    auto datagram = wire::make_initiation({{1}, message});
    noise::MacKey(responder.public_key(), {}).stamp(datagram);
    return datagram;
  }
  /// Nothing of the initiator is known before.
  Buffer answer(Bytes datagram) {
    PIM_ASSERT(responders_mac.verify(datagram));
    auto const frame = wire::parse_initiation(datagram);
    noise::Responder handshake(responder, prologue);
    auto const opened = handshake.read_initiation(frame->noise);
    PIM_ASSERT(opened && wire::parse_greeting(opened->payload));
    Buffer message;
    PIM_ASSERT(handshake.write_response(entropy, wire::to_bytes(wire::BootEpoch{}), message));
    auto response = wire::make_response({{2}, frame->sender, message});
    noise::MacKey(opened->initiator, {}).stamp(response);
    benchmark::DoNotOptimize(handshake.split());
    return response;
  }
  void finish(noise::Initiator& handshake, Bytes datagram) {
    PIM_ASSERT(initiators_mac.verify(datagram));
    PIM_ASSERT(handshake.read_response(wire::parse_response(datagram)->noise));
    benchmark::DoNotOptimize(handshake.split());
  }
};

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

/// What one side computes on the curve in one handshake, by OpenSSL's own objects and with everything but the curve
/// prepared: the key pair is one multiplication of the base point, each agreement one of another point.
class CurveAlone {
 public:
  CurveAlone() {
    std::array<std::uint8_t, 32> public_key{};
    std::size_t size = public_key.size();
    own_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
    std::unique_ptr<EVP_PKEY, Free> const other(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
    context_.reset(EVP_PKEY_CTX_new(own_.get(), nullptr));
    PIM_ASSERT(EVP_PKEY_get_raw_public_key(other.get(), public_key.data(), &size) == 1);
    PIM_ASSERT(EVP_PKEY_derive_init(context_.get()) == 1 && EVP_PKEY_derive_set_peer(context_.get(), other.get()) == 1);
  }

  void run() {
    std::unique_ptr<EVP_PKEY, Free> const ephemeral(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, shared_.data(), shared_.size()));
    PIM_ASSERT(ephemeral != nullptr);
    for (int agreement = 0; agreement < 4; ++agreement) {
      auto size = shared_.size();
      PIM_ASSERT(EVP_PKEY_derive(context_.get(), shared_.data(), &size) == 1);
    }
  }

 private:
  std::unique_ptr<EVP_PKEY, Free> own_;
  std::unique_ptr<EVP_PKEY_CTX, Free> context_;
  std::array<std::uint8_t, 32> shared_{1};
};

/// Runs both in turns, so that a machine that grows slower does so for both.
template <class Whole>
void measure(benchmark::State& state, int sides, Whole const& whole) {
  CurveAlone curve;
  std::chrono::nanoseconds for_whole{}, for_curve{};
  for (auto _ : state) {
    auto const began = cpu_now();
    whole();
    auto const between = cpu_now();
    for (int side = 0; side < sides; ++side) curve.run();
    auto const ended = cpu_now();
    for_whole += between - began;
    for_curve += ended - between;
    state.SetIterationTime(std::chrono::duration<double>(between - began).count());
  }
  state.counters["share"] = std::chrono::duration<double>(for_curve) / std::chrono::duration<double>(for_whole);
  state.counters["per_core_s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) / std::chrono::duration<double>(for_whole).count());
}

void both_sides(benchmark::State& state) {
  Pair pair;
  measure(state, 2, [&] {
    noise::Initiator handshake(pair.initiator, pair.responder.public_key(), pair.prologue);
    auto const initiation = pair.make_initiation(handshake);
    pair.finish(handshake, pair.answer(initiation));
  });
}

void responder_alone(benchmark::State& state) {
  Pair pair;
  noise::Initiator handshake(pair.initiator, pair.responder.public_key(), pair.prologue);
  auto const initiation = pair.make_initiation(handshake);
  measure(state, 1, [&] { benchmark::DoNotOptimize(pair.answer(initiation)); });
}

BENCHMARK(both_sides)->UseManualTime();
BENCHMARK(responder_alone)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
