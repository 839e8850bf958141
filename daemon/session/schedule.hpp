// When the initiations of one attempt go out, and how long to rest between attempts.
#pragma once

#include <algorithm>

#include "base/entropy.hpp"
#include "base/time.hpp"
#include "session/timing.hpp"

namespace pim::session {

class InitiationSchedule {
 public:
  InitiationSchedule(Time start, Duration budget, bool urgent)
      : is_urgent_(urgent), start_(start), end_(start + budget) {}

  [[nodiscard]] Time started() const { return start_; }
  [[nodiscard]] Time gives_up_at() const { return end_; }
  [[nodiscard]] bool is_urgent() const { return is_urgent_; }
  /// No initiation is to come.
  [[nodiscard]] bool is_spent() const { return due() == never; }
  /// True when an initiation is due; counts it. Late calls do not send the missed ones in a burst.
  [[nodiscard]] bool take_due(Time now) {
    if (now < due()) return false;
    while (now >= due()) ++sent_;
    last_ = now;
    return true;
  }
  /// The other side showed itself: what was sent is lost, unless its answer may still be under way. Begins anew, once.
  void restart(Time now) {
    if (was_restarted_ || now < last_ + restart_after) return;
    end_ += now - start_;
    start_ = now;
    sent_ = 0;
    was_restarted_ = true;
  }
  [[nodiscard]] Time next_deadline() const { return std::min(due(), end_); }

 private:
  /// Of the next initiation.
  [[nodiscard]] Time due() const {
    if (is_urgent_) return start_ + static_cast<Duration::rep>(sent_) * urgent_pace;
    return sent_ < initiation_offsets.size() ? start_ + initiation_offsets[sent_] : never;
  }

  bool is_urgent_;
  Time start_, end_;
  Time last_{};
  std::size_t sent_ = 0;
  bool was_restarted_ = false;
};

/// The rest after the n-th failure in a row (from 1): 5 s doubling to 60 s, up to a quarter shorter.
[[nodiscard]] inline Duration backoff(unsigned failures, Entropy& entropy) {
  auto rest = backoff_least;
  for (unsigned i = 1; i < failures && rest < backoff_most; ++i) rest *= 2;
  rest = std::min(rest, backoff_most);
  return rest - rest / 4 * entropy.value<std::uint8_t>() / 255;
}

}  // namespace pim::session
