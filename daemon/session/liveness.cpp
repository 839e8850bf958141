#include "session/liveness.hpp"

#include <algorithm>
#include <utility>

#include "session/timing.hpp"

namespace pim::session {

void Liveness::start(Time now) {
  running_ = true;
  unheard_since_ = never;
  rest(now, now);
}

void Liveness::stop() {
  running_ = false;
  waiting_since_ = unheard_since_ = never;
  deadline_ = never;
}

void Liveness::ask_when_idle(bool asks, Time now) {
  if (std::exchange(ask_when_idle_, asks) != asks && running_ && waiting_since_ == never) rest(now, now);
}

void Liveness::on_awaited(Time since) {
  if (running_) deadline_ = std::min(deadline_, since + answer_patience);
}

void Liveness::on_unheard(Time now) {
  if (!running_ || unheard_since_ != never) return;
  unheard_since_ = now;
  deadline_ = now;
}

Liveness::Verdict Liveness::poll(Seen const& seen, Time now) {
  if (!running_ || now < deadline_) return Verdict::quiet;
  if (unheard_since_ != never) return poll_unheard(now);
  if (waiting_since_ != never && seen.last_received >= waiting_since_) waiting_since_ = never;
  waiting_since_ = std::min(waiting_since_, seen.awaiting_since);

  bool const idle_too_long = ask_when_idle_ && now >= seen.last_received + idle_probe_interval;
  if (waiting_since_ == never && idle_too_long) {
    waiting_since_ = now;
    deadline_ = now + answer_patience;
    return Verdict::probe;
  }
  if (waiting_since_ == never) {
    rest(seen.last_received, now);
    return Verdict::quiet;
  }
  if (now >= waiting_since_ + answer_limit) {
    stop();
    return Verdict::lost;
  }
  if (now < waiting_since_ + answer_patience) {
    deadline_ = waiting_since_ + answer_patience;
    return Verdict::quiet;
  }
  deadline_ = std::min(now + probe_interval, waiting_since_ + answer_limit);
  return Verdict::probe;
}

/// It has waited for our answer as long as we would for its, before it asked.
Liveness::Verdict Liveness::poll_unheard(Time now) {
  auto const lost_at = unheard_since_ + answer_limit - answer_patience;
  if (now >= lost_at) {
    stop();
    return Verdict::lost;
  }
  deadline_ = std::min(now + probe_interval, lost_at);
  return Verdict::probe;
}

void Liveness::rest(Time last_received, Time now) {
  waiting_since_ = never;
  deadline_ = ask_when_idle_ ? std::max(last_received + idle_probe_interval, now) : never;
}

}  // namespace pim::session
