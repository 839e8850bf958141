// The X25519 operations of a handshake alone, and a loop that measures the whole beside them.
#pragma once

#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <time.h>

#include <array>
#include <chrono>
#include <memory>

#include "base/assert.hpp"

namespace pim::bench {

/// Of this thread alone: what else the machine does counts for neither.
inline std::chrono::nanoseconds cpu_now() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

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
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  };

  std::unique_ptr<EVP_PKEY, Free> own_;
  std::unique_ptr<EVP_PKEY_CTX, Free> context_;
  std::array<std::uint8_t, 32> shared_{1};
};

/// Runs both in turns, so that a machine that grows slower does so for both. `whole(prepare())` is the work of `sides`
/// sides in one handshake; what prepare does is not counted.
template <class Prepare, class Whole>
void measure(benchmark::State& state, int sides, Prepare const& prepare, Whole const& whole) {
  CurveAlone curve;
  std::chrono::nanoseconds for_whole{}, for_curve{};
  for (auto _ : state) {
    auto prepared = prepare();
    auto const began = cpu_now();
    whole(prepared);
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

}  // namespace pim::bench
