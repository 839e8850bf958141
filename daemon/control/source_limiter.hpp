// How often one source may make us work on handshakes: a token bucket per source, in a table of fixed
// size. Sources that share a place share its budget, so that no flood of addresses grows anything.
#pragma once

#include <array>
#include <cstdint>

#include "base/address.hpp"
#include "base/time.hpp"
#include "dataplane/io.hpp"

namespace pim::control {

class SourceLimiter {
 public:
  static constexpr double rate = 10;  ///< per second
  static constexpr double burst = 20;

  /// `seed` keeps the places unpredictable.
  explicit SourceLimiter(std::uint64_t seed) : seed_(seed) {}

  [[nodiscard]] bool allow(dataplane::Origin const& source, Time now) {
    return take_from(source.is_direct() ? place_of(source.endpoint.ip) : place_of(*source.relay, source.source), now);
  }
  [[nodiscard]] bool allow(IpAddress const& source, Time now) { return take_from(place_of(source), now); }

 private:
  struct Bucket {
    double tokens = burst;
    Time at{};
  };

  [[nodiscard]] bool take_from(std::size_t place, Time now) {
    auto& bucket = buckets_[place];
    auto const passed = std::chrono::duration<double>(now - bucket.at).count();
    bucket.tokens = std::min(burst, bucket.tokens + passed * rate);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  [[nodiscard]] std::size_t place_of(IpAddress source) const {
    if (!source.is_v4()) source = make_prefix(source, 64).ip;  // one host owns a whole /64
    return place_of(std::hash<IpAddress>{}(source));
  }
  /// What comes through a relay is a claim: each relay has places of its own for each of them.
  [[nodiscard]] std::size_t place_of(PeerSlot relay, NodeId const& claimed) const {
    return place_of(std::hash<NodeId>{}(claimed) + relay.value);
  }
  [[nodiscard]] std::size_t place_of(std::size_t hash) const { return ((hash ^ seed_) * 0x9e3779b97f4a7c15ULL) >> 52; }

  std::uint64_t seed_;
  std::array<Bucket, 4096> buckets_{};
};

}  // namespace pim::control
