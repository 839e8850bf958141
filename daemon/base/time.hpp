// The two clocks of pim, as types. Pure rooms never read them: time arrives as an argument.
#pragma once

#include <chrono>

namespace pim {

using Duration = std::chrono::nanoseconds;

/// CLOCK_BOOTTIME: monotonic and counting through suspend, so that a night's sleep is seen.
/// It has no now(): only the driver reads the clock.
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using Time = BootClock::time_point;

/// Wall-clock time in UTC: for people, logs and handshake timestamps, never for deadlines.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// The instant of one turn of the loop, read once and handed to everything in that turn.
struct Now {
  Time boot{};
  WallTime wall{};
};

/// "Never" for deadlines: later than every real one.
inline constexpr Time never = Time::max();

}  // namespace pim
