#include "net/clock.hpp"

#include <ctime>

namespace pim::net {
namespace {

Duration read(clockid_t clock) {
  timespec value{};
  ::clock_gettime(clock, &value);
  return std::chrono::seconds{value.tv_sec} + std::chrono::nanoseconds{value.tv_nsec};
}

}  // namespace

Time boot_now() { return Time{read(CLOCK_BOOTTIME)}; }
WallTime wall_now() { return WallTime{read(CLOCK_REALTIME)}; }
Now read_clocks() { return {boot_now(), wall_now()}; }

}  // namespace pim::net
