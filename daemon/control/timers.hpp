// One deadline per thing that has one, and the earliest of them all. Arming again moves it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/flat_table.hpp"
#include "base/timer_wheel.hpp"

namespace pim::control {

struct TimerKey {
  enum class Kind : std::uint32_t {
    peer,
    entry,
    handshake,
    mesh,
    listing,
    routing,
    gateways,
    serving,
    store,
    discovery,
    stop
  };
  Kind kind = Kind::peer;
  std::uint32_t number = 0;
  auto operator<=>(TimerKey const&) const = default;
};

class Timers {
 public:
  /// `never` disarms.
  void arm(TimerKey key, Time at) {
    auto const* const known = numbers_.find(key);
    if (known && at == never) return release(*known);
    if (known) return wheel_.arm(*known, at);
    if (at != never) wheel_.arm(number_for(key), at);
  }

  [[nodiscard]] Time next() const { return wheel_.next(); }

  /// Disarms and returns one that is due.
  [[nodiscard]] std::optional<TimerKey> take_due(Time now) {
    auto const number = wheel_.take_due(now);
    if (!number) return std::nullopt;
    auto const key = keys_[*number];
    release(*number);
    return key;
  }

 private:
  [[nodiscard]] TimerWheel::Number number_for(TimerKey key) {
    if (free_.empty()) {
      free_.push_back(static_cast<TimerWheel::Number>(keys_.size()));
      keys_.emplace_back();
    }
    auto const number = free_.back();
    free_.pop_back();
    keys_[number] = key;
    numbers_.set(key, number);
    return number;
  }

  void release(TimerWheel::Number number) {
    wheel_.arm(number, never);
    numbers_.erase(keys_[number]);
    free_.push_back(number);
  }

  TimerWheel wheel_;
  FlatTable<TimerKey, TimerWheel::Number> numbers_;  ///< of what is armed
  std::vector<TimerKey> keys_;                       ///< by number
  std::vector<TimerWheel::Number> free_;
};

}  // namespace pim::control
