#include "mesh/link.hpp"

#include <algorithm>

namespace pim::mesh {
namespace {

using std::chrono::milliseconds;

/// Under traffic, measured from the sending of the last answered probe: a hole that opens right behind it is then
/// asked into after this, whatever the round trip.
constexpr Duration traffic_interval = milliseconds{750};
constexpr Duration repeat_interval = milliseconds{125};
/// 750 ms + 1,125 ms, and 125 ms more at a round trip of 200 ms: 2 s. Eight probes or more find the time to be
/// answered, so with 30 % lost each way all of them stay unanswered less than once in 200 silences.
constexpr Duration shortest_patience = milliseconds{1125};
constexpr Duration patient_beyond = milliseconds{150};
constexpr Duration first_rest = milliseconds{500};
constexpr Duration longest_rest_down = std::chrono::seconds{60};
constexpr std::size_t max_probes = 64;

}  // namespace

void Link::start(Time now) {
  state_ = State::down;
  interval_ = repeat_interval;
  probe_at_ = now;
  last_answered_ = now;
}

void Link::stop() { *this = Link(idle_interval_); }

void Link::reset(Time now) {
  switch (state_) {
    case State::stopped: break;
    case State::down:
      interval_ = repeat_interval;
      probe_at_ = std::max(now, last_probe_ + repeat_interval);
      break;
    case State::up:
      interval_ = first_rest;
      if (!is_asking()) rest(now);
      break;
  }
}

void Link::on_silence(Time now) {
  if (is_up() && !is_asking()) probe_at_ = std::min(probe_at_, now);
}

void Link::on_probe_sent(std::uint64_t id, Time now) {
  if (probes_.size() == max_probes) probes_.pop_front();
  probes_.push_back({id, now, false, is_up()});
  last_probe_ = now;
  if (!is_up()) return;
  if (is_asking()) {
    probe_at_ = now + repeat_interval;
    return;
  }
  asking_since_ = now;
  // An answer under way is waited for once; from then on one more is cheaper than a false alarm.
  auto const expected = round_trip().value_or(Duration::zero());
  probe_at_ = now + std::max(repeat_interval, expected + expected / 4);
}

bool Link::on_reply(std::uint64_t id, Time now) {
  auto const probe = std::find_if(probes_.begin(), probes_.end(), [&](auto const& one) { return one.id == id; });
  if (state_ == State::stopped || probe == probes_.end() || probe->is_answered) return false;
  auto const cost_before = cost();
  probe->is_answered = probe->counts = true;
  last_answered_ = std::max(last_answered_, probe->sent);
  cost_.on_round_trip(now - probe->sent);
  state_ = State::up;
  asking_since_ = never;
  settle(now);
  if (cost() != cost_before) interval_ = first_rest;
  rest(now);
  return true;
}

Link::Verdict Link::poll(Traffic const& traffic, Time now) {
  if (now < next_deadline()) return Verdict::quiet;
  switch (state_) {
    case State::stopped: return Verdict::quiet;
    case State::down: rest(now); return Verdict::probe;
    case State::up: return poll_up(traffic, now);
  }
  return Verdict::quiet;
}

Time Link::next_deadline() const {
  if (state_ != State::up) return probe_at_;
  if (is_asking()) return std::min(probe_at_, asking_since_ + patience());
  return std::min(probe_at_, is_busy_ ? last_answered_ + traffic_interval : never);
}

Duration Link::patience() const {
  auto const beyond = round_trip().value_or(Duration::zero()) - patient_beyond;
  return shortest_patience + std::max(Duration::zero(), beyond * 5 / 2);
}

Link::Verdict Link::poll_up(Traffic const& traffic, Time now) {
  if (is_asking() && now >= asking_since_ + patience()) {
    go_down(now);
    return Verdict::down;
  }
  if (is_asking() || now >= probe_at_) return Verdict::probe;
  is_busy_ = now < traffic.last_data_sent + traffic_interval;
  return is_busy_ ? Verdict::probe : Verdict::quiet;
}

void Link::go_down(Time now) {
  state_ = State::down;
  asking_since_ = never;
  for (auto& probe : probes_) probe.counts = false;
  interval_ = repeat_interval;
  rest(now);
}

/// Waits for one interval, and for twice as long the next time.
void Link::rest(Time now) {
  probe_at_ = now + interval_;
  interval_ = std::min(interval_ * 2, is_up() ? idle_interval_ : longest_rest_down);
}

void Link::settle(Time now) {
  for (; !probes_.empty() && (probes_.front().is_answered || now >= probes_.front().sent + patience());
       probes_.pop_front())
    if (probes_.front().counts) cost_.on_outcome(probes_.front().is_answered);
}

}  // namespace pim::mesh
