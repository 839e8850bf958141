#include "base/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace pim {
namespace {

constexpr unsigned tick_bits = 20;  // of nanoseconds: about a millisecond

std::uint64_t tick_of(Time at) {
  return static_cast<std::uint64_t>(std::max<Duration::rep>(0, at.time_since_epoch().count())) >> tick_bits;
}

}  // namespace

TimerWheel::TimerWheel() { heads_.fill(nobody); }

void TimerWheel::arm(Number number, Time at) {
  if (number >= timers_.size()) {
    if (at == never) return;
    timers_.resize(number + std::size_t{1});
  }
  auto& timer = timers_[number];
  if (timer.at == at) return;
  if (timer.at != never) unlink(number);
  timer.at = at;
  if (at != never) link(number);
}

Time TimerWheel::next() const {
  auto const number = first();
  return number == nobody ? never : timers_[number].at;
}

std::optional<TimerWheel::Number> TimerWheel::take_due(Time now) {
  auto const number = first();
  if (number == nobody || timers_[number].at > now) return std::nullopt;
  turn_to(number);
  arm(number, never);
  return number;
}

/// What should have been before the wheel's own tick stands with what is due in it.
std::uint16_t TimerWheel::slot_for(Time at) const {
  auto const tick = std::max(tick_of(at), tick_);
  auto const differing = static_cast<unsigned>(std::bit_width(tick ^ tick_));
  auto const level = differing == 0 ? 0 : (differing - 1) / digit_bits;
  auto const digit = tick >> level * digit_bits & ((1U << digit_bits) - 1);
  return static_cast<std::uint16_t>(level << digit_bits | digit);
}

void TimerWheel::link(Number number) {
  auto& timer = timers_[number];
  timer.slot = slot_for(timer.at);
  auto& head = heads_[timer.slot];
  timer.before = nobody;
  timer.after = head;
  if (head != nobody) timers_[head].before = number;
  head = number;
  used_[timer.slot >> digit_bits] |= std::uint64_t{1} << timer.slot % (1U << digit_bits);
  if (first_ && (*first_ == nobody || is_earlier(number, *first_))) first_ = number;
}

void TimerWheel::unlink(Number number) {
  auto const& timer = timers_[number];
  (timer.before == nobody ? heads_[timer.slot] : timers_[timer.before].after) = timer.after;
  if (timer.after != nobody) timers_[timer.after].before = timer.before;
  if (heads_[timer.slot] == nobody)
    used_[timer.slot >> digit_bits] &= ~(std::uint64_t{1} << timer.slot % (1U << digit_bits));
  if (first_ == number) first_.reset();
}

bool TimerWheel::is_earlier(Number a, Number b) const {
  return std::pair(timers_[a].at, a) < std::pair(timers_[b].at, b);
}

TimerWheel::Number TimerWheel::first() const {
  if (first_) return *first_;
  auto const level = std::find_if(used_.begin(), used_.end(), [](auto used) { return used != 0; });
  if (level == used_.end()) return *(first_ = nobody);
  auto const slot = static_cast<std::size_t>(level - used_.begin()) << digit_bits |
                    static_cast<std::size_t>(std::countr_zero(*level));
  auto best = heads_[slot];
  for (auto number = timers_[best].after; number != nobody; number = timers_[number].after)
    if (is_earlier(number, best)) best = number;
  return *(first_ = best);
}

/// Nothing is due before `number`, so all lower levels are empty.
void TimerWheel::turn_to(Number number) {
  auto const slot = timers_[number].slot;
  tick_ = std::max(tick_of(timers_[number].at), tick_);
  if (slot >> digit_bits == 0) return;
  for (auto moved = heads_[slot]; moved != nobody;) {
    auto const after = timers_[moved].after;
    unlink(moved);
    link(moved);
    moved = after;
  }
}

}  // namespace pim
