// When to send the next beacon on one interface: RFC 6206 with an interval from 0.5 to 60 s, or to 300 s where all
// who were heard are connected, and k infinite.
// Suppression would hide nodes: what one says stands for nobody else.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/entropy.hpp"
#include "base/time.hpp"

namespace pim::discovery {

class Trickle {
 public:
  static constexpr Duration shortest = std::chrono::milliseconds{500};  ///< Imin
  static constexpr Duration longest = std::chrono::seconds{60};
  static constexpr Duration longest_connected = std::chrono::seconds{300};

  /// Something changed, or this is the beginning. Where a beacon is about to go out already, it does.
  void reset(Time now, Entropy& entropy) {
    if (interval_ != shortest) begin(now, shortest, entropy);
  }
  /// The beacon of next() went out: the interval ends later, and one twice as long follows, up to `limit`.
  void on_sent(Time now, Duration limit, Entropy& entropy) {
    begin(std::max(now, end_), std::min(2 * interval_, limit), entropy);
  }

  [[nodiscard]] Time next() const { return next_; }

 private:
  /// A random instant in the second half, so that neighbours do not speak at once.
  void begin(Time at, Duration interval, Entropy& entropy) {
    interval_ = interval;
    end_ = at + interval;
    auto const half = interval / 2;
    auto const share = entropy.value<std::uint32_t>() % 1024;
    next_ = at + half + half * share / 1024;
  }

  Duration interval_{};
  Time end_{}, next_ = never;
};

}  // namespace pim::discovery
