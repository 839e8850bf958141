// How often discovery may begin handshakes: one in 5 s to one address, 5 a second to strangers, and apart
// from those 10 a second to nodes met before, whom no flood of strangers may keep waiting. A table of fixed
// size; addresses that share a place share its turn.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/address.hpp"
#include "base/time.hpp"

namespace pim::discovery {

class TokenBucket {
 public:
  TokenBucket(double rate, double burst) : rate_(rate), burst_(burst), tokens_(burst) {}

  [[nodiscard]] bool take(Time now) {
    auto const passed = std::chrono::duration<double>(now - at_).count();
    tokens_ = std::min(burst_, tokens_ + passed * rate_);
    at_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double rate_, burst_, tokens_;
  Time at_{};
};

class Budget {
 public:
  static constexpr Duration per_address = std::chrono::seconds{5};
  static constexpr double known_rate = 10, stranger_rate = 5;  ///< per second
  static constexpr double burst_seconds = 2;                   ///< what was left unused so long adds up

  /// `seed` keeps the places unpredictable.
  explicit Budget(std::uint64_t seed) : seed_(seed) {}

  /// When `ip` may be called, by what was called so far: now or earlier when at once.
  [[nodiscard]] Time free_at(IpAddress const& ip) const { return rests_[place_of(ip)]; }

  /// Counts a call to `ip`; false when all calls together are too many.
  [[nodiscard]] bool take(IpAddress const& ip, bool is_known, Time now) {
    if (!(is_known ? known_ : strangers_).take(now)) return false;
    rests_[place_of(ip)] = now + per_address;
    return true;
  }

 private:
  [[nodiscard]] std::size_t place_of(IpAddress const& ip) const {
    return (std::hash<IpAddress>{}(ip) ^ seed_) * 0x9e3779b97f4a7c15ULL >> 54;
  }

  std::uint64_t seed_;
  TokenBucket known_{known_rate, known_rate* burst_seconds};
  TokenBucket strangers_{stranger_rate, stranger_rate* burst_seconds};
  std::array<Time, 1024> rests_{};  ///< until when, each place
};

}  // namespace pim::discovery
