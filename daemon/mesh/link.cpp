#include "mesh/link.hpp"

#include <algorithm>

namespace pim::mesh {
namespace {

using std::chrono::milliseconds;

/// Under traffic, measured from the sending of the last answered probe: a hole that opens right behind it is then
/// asked into after this, whatever the round trip.
constexpr Duration traffic_interval = milliseconds{400};
/// Data that went out so long ago is traffic no more; the packet path tells of it again after as long a pause.
constexpr Duration busy_for = milliseconds{750};
constexpr Duration repeat_interval = milliseconds{60};
/// Below the interval under traffic, above that of repeats.
constexpr Duration asked_in_vain_within = milliseconds{300};
/// And 2.5 round trips: the first probe's answer is waited for, and ten more find the time to be answered. With 30 %
/// lost each way all of them stay unanswered once in 1,000 silences.
constexpr Duration shortest_patience = milliseconds{600};
/// While anything comes in from the peer: full buffers delay an answer by a second, and a hole on the way there alone
/// still has to be left within 2 s, with what it takes to go another way.
constexpr Duration patience_when_heard = milliseconds{1250};
/// After a sleep of our own all is late but the peer: so many have to have been sent for silence to mean anything.
constexpr unsigned fewest_asked = 8;
constexpr Duration first_rest_down = milliseconds{125};
/// Where something was heard just now, so many probes go out before the pauses grow: with 30 % lost each way a single
/// one stays unanswered half of the time, and what was cut would come back a minute later.
constexpr unsigned eager_probes = 8;
constexpr Duration first_rest = milliseconds{500};
constexpr std::size_t max_probes = 64;

}  // namespace

void Link::start(Time now) {
  state_ = State::down;
  interval_ = first_rest_down;
  eager_left_ = eager_probes;
  probe_at_ = now;
  last_answered_ = now;
}

void Link::stop() { *this = Link(idle_interval_); }

void Link::reset(Time now) {
  switch (state_) {
    case State::stopped: break;
    case State::down:
      interval_ = first_rest_down;
      eager_left_ = eager_probes;
      probe_at_ = std::max(now, last_probe_ + first_rest_down);
      break;
    case State::up:
      interval_ = first_rest;
      if (!is_asking()) rest(now);
      break;
  }
}

void Link::on_silence(Time now) {
  if (is_up() && !is_asking()) probe_at_ = std::min(probe_at_, std::max(now, last_probe_ + traffic_interval));
}

void Link::on_asked(bool by_one_that_is_down, Time now) {
  bool const in_vain = now < last_asked_ + asked_in_vain_within;
  last_asked_ = now;
  if (!is_up() || is_asking()) return;
  if (in_vain || by_one_that_is_down) return on_silence(now);
  // Shorter than any rest of whoever asked.
  if (interval_ == idle_interval_) probe_at_ = std::max(probe_at_, now + interval_ - interval_ / 8);
}

void Link::on_probe_sent(std::uint64_t id, Time now) {
  if (probes_.size() == max_probes) probes_.erase(probes_.begin());
  probes_.push_back({id, now, false, is_up()});
  last_probe_ = now;
  if (!is_up()) return;
  if (is_asking()) {
    ++asked_;
    probe_at_ = now + repeat_interval;
    return;
  }
  asking_since_ = now;
  asked_ = 1;
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
  bool const is_calm = interval_ == idle_interval_;
  rest(now);
  // Two ends that asked at one moment do not go on so.
  if (is_calm) probe_at_ -= interval_ / 64 * static_cast<Duration::rep>(id % 8);
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
  if (is_asking()) return std::min(probe_at_, gives_up_at());
  return std::min(probe_at_, is_busy_ ? last_answered_ + traffic_interval : never);
}

Duration Link::patience() const { return shortest_patience + round_trip().value_or(Duration::zero()) * 5 / 2; }

Duration Link::longest_patience() const { return std::max(patience(), patience_when_heard); }

Time Link::gives_up_at() const {
  if (!is_asking() || asked_ < fewest_asked) return never;
  auto const silent_since = std::max(asking_since_, last_received_);
  return std::min(silent_since + patience(), asking_since_ + longest_patience());
}

Link::Verdict Link::poll_up(Traffic const& traffic, Time now) {
  last_received_ = traffic.last_received;
  if (now >= gives_up_at()) {
    go_down(now);
    return Verdict::down;
  }
  is_busy_ = now < traffic.last_data_sent + busy_for;
  if (now >= probe_at_) return Verdict::probe;
  return is_busy_ && !is_asking() ? Verdict::probe : Verdict::quiet;
}

void Link::go_down(Time now) {
  state_ = State::down;
  asking_since_ = never;
  for (auto& probe : probes_) probe.counts = false;
  interval_ = first_rest_down;
  eager_left_ = 0;
  rest(now);
}

/// Waits for one interval, and for twice as long the next time.
void Link::rest(Time now) {
  probe_at_ = now + interval_;
  if (!is_up() && eager_left_ > 0) {
    --eager_left_;
    return;
  }
  interval_ = std::min(interval_ * 2, idle_interval_);
}

void Link::settle(Time now) {
  auto const is_under_way = [&](Probe const& one) { return !one.is_answered && now < one.sent + longest_patience(); };
  auto const first = std::ranges::find_if(probes_, is_under_way);
  for (auto probe = probes_.begin(); probe != first; ++probe)
    if (probe->counts) cost_.on_outcome(probe->is_answered);
  probes_.erase(probes_.begin(), first);
}

}  // namespace pim::mesh
