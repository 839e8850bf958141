// The simulator's own dice: splitmix64, so that a seed means the same run everywhere.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.hpp"

namespace pim::sim {

class Random {
 public:
  /// The state is what the seed is mixed to: states that a step lies between would be one stream, begun later.
  explicit Random(std::uint64_t seed) : state_(seed) { state_ = next(); }

  std::uint64_t next() {
    auto mixed = state_ += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }
  /// A number below `bound`, which is not 0.
  std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(next() % bound); }
  bool chance(unsigned per_mille) { return below(1000) < per_mille; }
  Duration between(Duration least, Duration most) {
    return least +
           Duration(static_cast<Duration::rep>(next() % static_cast<std::uint64_t>((most - least).count() + 1)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace pim::sim
