// The deadlines of numbered things, one each: a hierarchical timing wheel (Varghese and Lauck, 1987, scheme 7).
// Setting, moving and taking one back costs the same with ten and with a hundred thousand. Nothing is rounded.
//
// Time is cut into ticks, and a tick number into digits. A deadline stands at the level of the highest digit in
// which it differs from the wheel's own tick, in the slot of that digit: so all that stands at a level is due before
// what stands at higher ones. When the first of a slot is taken, the wheel turns to it and the slot's others move
// to lower levels.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace pim {

class TimerWheel {
 public:
  /// Dense: memory is kept for each up to the largest.
  using Number = std::uint32_t;

  TimerWheel();

  /// `never` disarms. Arming again moves it.
  void arm(Number number, Time at);
  /// `never` when it is not armed.
  [[nodiscard]] Time deadline(Number number) const { return number < timers_.size() ? timers_[number].at : never; }
  /// The earliest deadline; `never` when nothing is armed. Looks through one slot after the earliest was moved.
  [[nodiscard]] Time next() const;
  /// Disarms and returns one that is due at `now`: the earliest, the least number first.
  [[nodiscard]] std::optional<Number> take_due(Time now);

 private:
  static constexpr unsigned digit_bits = 6, digits = 8;
  static constexpr Number nobody = ~Number{0};

  struct Timer {
    Time at = never;
    Number before = nobody, after = nobody;  ///< in its slot
    std::uint16_t slot = 0;
  };

  [[nodiscard]] std::uint16_t slot_for(Time at) const;
  void link(Number number);
  void unlink(Number number);
  [[nodiscard]] bool is_earlier(Number a, Number b) const;
  /// The one that is due first.
  [[nodiscard]] Number first() const;
  void turn_to(Number number);

  std::vector<Timer> timers_;                                    ///< by number
  std::array<Number, std::size_t{digits} << digit_bits> heads_;  ///< by level and digit
  std::array<std::uint64_t, digits> used_{};                     ///< by level: a bit for each slot that holds something
  std::uint64_t tick_ = 0;
  mutable std::optional<Number> first_{};  ///< unless it has to be looked for
};

}  // namespace pim
