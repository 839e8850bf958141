// One deadline per thing that has one, and the earliest of them all. Arming again moves it.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "base/time.hpp"

namespace pim::control {

struct TimerKey {
  enum class Kind : std::uint8_t { peer, entry, handshake, mesh, listing, routing, serving, discovery, stop };
  Kind kind;
  std::uint32_t number = 0;
  auto operator<=>(TimerKey const&) const = default;
};

class Timers {
 public:
  /// `never` disarms.
  void arm(TimerKey key, Time at) {
    auto const known = by_key_.find(key);
    if (known != by_key_.end()) {
      if (known->second == at) return;
      by_time_.erase({known->second, key});
      by_key_.erase(known);
    }
    if (at == never) return;
    by_key_.emplace(key, at);
    by_time_.emplace(at, key);
  }

  [[nodiscard]] Time next() const { return by_time_.empty() ? never : by_time_.begin()->first; }

  /// Disarms and returns one that is due.
  [[nodiscard]] std::optional<TimerKey> take_due(Time now) {
    if (next() > now) return std::nullopt;
    auto const key = by_time_.begin()->second;
    arm(key, never);
    return key;
  }

 private:
  std::map<TimerKey, Time> by_key_;
  std::set<std::pair<Time, TimerKey>> by_time_;
};

}  // namespace pim::control
