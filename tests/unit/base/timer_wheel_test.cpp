#include "base/timer_wheel.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>

using namespace pim;
using namespace std::chrono_literals;

namespace {

/// What the wheel has to do, done slowly.
class Model {
 public:
  void arm(TimerWheel::Number number, Time at) {
    by_number_.erase(number);
    if (at != never) by_number_[number] = at;
  }
  [[nodiscard]] Time next() const {
    auto earliest = never;
    for (auto const& [number, at] : by_number_) earliest = std::min(earliest, at);
    return earliest;
  }
  [[nodiscard]] std::optional<TimerWheel::Number> take_due(Time now) {
    auto const at = next();
    if (at > now || at == never) return std::nullopt;
    for (auto const& [number, deadline] : by_number_) {
      if (deadline != at) continue;
      auto const taken = number;
      by_number_.erase(taken);
      return taken;
    }
    return std::nullopt;
  }

 private:
  std::map<TimerWheel::Number, Time> by_number_;
};

/// From the same nanosecond to years, so that every level of the wheel is used.
Duration some_while(std::mt19937_64& random) {
  auto const bits = random() % 56;
  return Duration(static_cast<Duration::rep>(random() & ((std::uint64_t{1} << bits) - 1)));
}

}  // namespace

TEST_CASE("the wheel gives the same deadlines in the same order as a list that is searched") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 40; ++round) {
    TimerWheel wheel;
    Model model;
    Time now{std::chrono::hours{random() % 100}};
    for (int step = 0; step < 1500; ++step) {
      auto const number = static_cast<TimerWheel::Number>(random() % 60);
      switch (random() % 8) {
        case 0:
          wheel.arm(number, never);
          model.arm(number, never);
          break;
        case 1: {  // in the past
          auto const at = now - std::min(some_while(random), now.time_since_epoch());
          wheel.arm(number, at);
          model.arm(number, at);
          break;
        }
        case 2: now += some_while(random) % 10s; break;
        case 3:
          if (model.next() != never) now = std::max(now, model.next());
          break;
        default: {
          auto const at = now + some_while(random);
          wheel.arm(number, at);
          model.arm(number, at);
        }
      }
      REQUIRE(wheel.next() == model.next());
      for (;;) {
        auto const taken = wheel.take_due(now);
        REQUIRE(taken == model.take_due(now));
        if (!taken) break;
        REQUIRE(wheel.deadline(*taken) == never);
      }
    }
  }
}

TEST_CASE("nothing is armed at first, and disarming what never was is nothing") {
  TimerWheel wheel;
  CHECK(wheel.next() == never);
  CHECK(wheel.take_due(Time{1h}) == std::nullopt);
  wheel.arm(1000000, never);
  CHECK(wheel.deadline(1000000) == never);
}
