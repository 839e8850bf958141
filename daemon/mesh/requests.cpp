// Sequence numbers: the own one, those that are asked for, and requests on their way to others (RFC 8966 section
// 3.8).
#include <algorithm>

#include "mesh/routing.hpp"

namespace pim::mesh {
namespace {

/// The own number grows no more often, for each time the whole mesh hears of it; so no other is asked for more often.
constexpr Duration growth_pace = std::chrono::milliseconds{200};
/// Somebody may go on announcing a number that he heard a while ago: for a minute, where a link that is gone was idle,
/// and for seconds on the way. Within 100 s the own number moves by less than half the circle: by one leap, and steps
/// of at most 2,000. Else whoever asks for the newest again and again would drive it round, what is old would count as
/// new, and feasibility would prove nothing.
constexpr Seqno longest_step = 4, longest_leap = 0x7800;
constexpr Duration leap_pace = std::chrono::seconds{100};
/// What is so near is reached in steps when the leap is spent: more than a crash makes a node fall behind.
constexpr Seqno nearby = 64;
constexpr Duration first_repeat = std::chrono::milliseconds{500};
/// A shorter route may become feasible by itself meanwhile.
constexpr Duration small_patience = std::chrono::milliseconds{250};
/// A node that is cut off asks more often than one that could only do better.
constexpr Duration longest_repeat_cut_off = std::chrono::seconds{2};
constexpr Duration longest_repeat = std::chrono::seconds{16};
/// After so many in vain, about a minute, there may be nobody to answer: whoever announces nodes that do not exist is
/// not asked for all of them every two seconds.
constexpr std::uint8_t asked_in_vain = 32;
constexpr Duration longest_repeat_in_vain = std::chrono::seconds{64};
/// When many nodes lose their routes at once, so many are asked for in one go, and more after a pause.
constexpr std::size_t askings_at_once = 64;
constexpr Duration asking_pause = std::chrono::milliseconds{10};
/// A request that passes through is said so often and in such steps, or a lossy way of many hops would end it.
constexpr std::uint8_t forwarding_tries = 3;
/// More than a packet may take: the way of a request is no shortest path.
constexpr std::uint8_t request_hop_limit = 64;
constexpr Duration forwarding_pace = std::chrono::milliseconds{200};

/// Requests for one node go on as one, at the pace of the first: the newest number, as far as any of them may go, and
/// as urgent as any of them.
/// False where the one under way says all that this one does.
bool join(Forwarding& forwarding, wire::SeqnoRequest const& request, PeerSlot from, Time now) {
  bool const was_idle = forwarding.at == never;
  bool const is_newest = was_idle || is_newer(request.seqno, forwarding.seqno);
  auto const hop_limit = static_cast<std::uint8_t>(request.hop_limit - 1);
  auto const is_more_urgent = request.is_cut_off && !forwarding.is_cut_off;
  if (!is_newest && hop_limit <= forwarding.hop_limit && !is_more_urgent) return false;
  forwarding = {is_newest ? request.seqno : forwarding.seqno,
                was_idle ? hop_limit : std::max(hop_limit, forwarding.hop_limit),
                forwarding_tries,
                request.is_cut_off || (!was_idle && forwarding.is_cut_off),
                is_newest ? from : forwarding.asked_by,
                was_idle ? now : forwarding.at};
  return true;
}

}  // namespace

void Routing::on_request(PeerSlot from, wire::SeqnoRequest const& request, Time now, RoutingOutbox& outbox) {
  auto* const neighbour = find(from);
  auto const index = table_.find(request.node);
  if (!neighbour) ++refusals_.from_nobody;
  if (!neighbour || !index) return;
  auto& destination = table_[*index];
  auto const seqno = *index == self_index ? own_seqno_ : destination.selected.distance.seqno;
  if (is_announced(*neighbour, *index) && satisfies(seqno, request.seqno)) {
    owe(*neighbour, *index, Pace::urgent);
    return finish(now, outbox);
  }
  if (may_be_announced(*index)) neighbour->told_of(*index).asked = true;
  bool const was_idle = destination.forwarding.at == never;
  if (*index == self_index) {
    raise_own_seqno(request.seqno, now);
  } else if (settings_.relays && request.hop_limit > 1 && join(destination.forwarding, request, from, now)) {
    select(*index, now, outbox);  // another route may have the number already
    if (was_idle) forward(*index, now, outbox);
    arm(*index);
  }
  finish(now, outbox);
}

void Routing::raise_own_seqno(Seqno wanted, Time now) {
  if (!wanted_seqno_ || is_newer(wanted, *wanted_seqno_)) wanted_seqno_ = wanted;
  grow_if_due(now);
}

// Section 3.8.1.2 has it grow by one for each request. Whoever asks for more has heard a number that we had in an
// earlier life and did not store in time: one step for each of its requests would leave it without a route for long.
void Routing::grow_if_due(Time now) {
  if (!wanted_seqno_ || now < grow_at_) return;
  auto const ahead = static_cast<Seqno>(*wanted_seqno_ - own_seqno_);
  bool const leaps = ahead > longest_step && now >= leap_at_;
  auto const gain = std::min(ahead, leaps ? longest_leap : longest_step);
  own_seqno_ = static_cast<Seqno>(own_seqno_ + gain);
  if (gain == ahead || ahead - gain > nearby) wanted_seqno_.reset();
  if (leaps) leap_at_ = now + leap_pace;
  grow_at_ = now + growth_pace;
  announce(self_index, Pace::calm);
  spread_seqno(self_index, now);
}

Asking::Need Routing::need_of(Destination const& destination) const {
  bool const has_route = destination.selected.next_hop.has_value();
  for (auto const& one : destination.candidates) {
    auto const metric = metric_through(one);
    if (metric == infinite || is_feasible(destination, one)) continue;
    if (!has_route) return Asking::Need::any;
    if (rank_of(destination, one) < rank_of_selected(destination)) return Asking::Need::better;
  }
  return Asking::Need::none;
}

void Routing::note_need(Index index, Time now) {
  auto& asking = table_[index].asking;
  auto const need = need_of(table_[index]);
  if (need == asking.need) return;
  asking.need = need;
  bool const was_asked = asking.asked_at != Time{} && now < asking.asked_at + 2 * longest_repeat;
  if (!was_asked || need == Asking::Need::any) {
    asking.interval = first_repeat;
    asking.times = 0;
  }
  switch (need) {
    case Asking::Need::none: asking.at = never; break;
    case Asking::Need::better: asking.at = std::max(now, asking.asked_at + asking.interval) + small_patience; break;
    case Asking::Need::any:
      asking.at = std::max(now, asking.asked_at + growth_pace);
      if (asking.at == now) queue_asking(index, now);
      break;
  }
}

void Routing::queue_asking(Index index, Time now) {
  auto& asking = table_[index].asking;
  if (!asking.is_queued) asking_.push(index);
  asking.is_queued = true;
  asking.asked_at = now;
  asking.at = now + asking.interval;
  asking.times = std::min(asking.times, asked_in_vain) + 1;
  auto const longest = asking.times > asked_in_vain       ? longest_repeat_in_vain
                       : asking.need == Asking::Need::any ? longest_repeat_cut_off
                                                          : longest_repeat;
  asking.interval = std::min(asking.interval * 2, longest);
}

void Routing::send_askings(Time now, RoutingOutbox& outbox) {
  if (asking_.empty() || now < asking_at_) return;
  for (auto left = askings_at_once; left > 0 && !asking_.empty(); --left) {
    auto const index = asking_.front();
    asking_.pop();
    table_[index].asking.is_queued = false;
    if (table_[index].asking.need != Asking::Need::none) ask(index, outbox);
  }
  asking_at_ = now + asking_pause;
}

void Routing::ask(Index index, RoutingOutbox& outbox) {
  auto const& destination = table_[index];
  auto const present = rank_of_selected(destination);
  bool const is_cut_off = destination.asking.need == Asking::Need::any;
  for (auto const& one : destination.candidates) {
    if (metric_through(one) == infinite || rank_of(destination, one) >= present || is_feasible(destination, one))
      continue;
    auto const seqno = static_cast<Seqno>(destination.feasibility->seqno + 1);
    outbox.messages.emplace_back(one.neighbour,
                                 wire::SeqnoRequest{destination.id, seqno, request_hop_limit, is_cut_off});
  }
}

void Routing::forward(Index index, Time now, RoutingOutbox& outbox) {
  auto const& destination = table_[index];
  auto& forwarding = table_[index].forwarding;
  auto const& selected = destination.selected;
  bool const is_answered = selected.next_hop && satisfies(selected.distance.seqno, forwarding.seqno);
  auto const way = way_of_request(destination);
  if (forwarding.tries_left == 0 || is_answered || !way) {
    forwarding.at = never;
    return;
  }
  --forwarding.tries_left;
  forwarding.at = now + forwarding_pace;
  outbox.messages.emplace_back(
      *way, wire::SeqnoRequest{destination.id, forwarding.seqno, forwarding.hop_limit, forwarding.is_cut_off});
}

std::optional<PeerSlot> Routing::way_of_request(Destination const& destination) const {
  auto const asked_by = destination.forwarding.asked_by;
  auto const next_hop = destination.selected.next_hop;
  if (next_hop && *next_hop != asked_by) return next_hop;
  Candidate const* best = nullptr;
  for (auto const& one : destination.candidates)
    if (one.neighbour != asked_by && metric_through(one) != infinite && (!best || is_better(destination, one, *best)))
      best = &one;
  return best ? std::optional(best->neighbour) : std::nullopt;
}

}  // namespace pim::mesh
