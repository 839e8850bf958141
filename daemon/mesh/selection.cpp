// Which route to a node is used, and for how long a node without one is kept.
#include <algorithm>

#include "mesh/routing.hpp"

namespace pim::mesh {
namespace {

/// How long a node is kept after its last route and the last word about it (RFC 8966 section 3.2.5), and after the
/// link to a neighbour broke that may still use what we announced (neighbour_down). What it guards is the feasibility
/// distance: it may go when nobody can. A neighbour has acknowledged the retraction by then (is_owed), or has lost our
/// link: it asks within a minute and gives up after two seconds, and keys open nothing after 180 s.
constexpr Duration retention = std::chrono::seconds{180};
/// And when a neighbour still has not acknowledged, it is looked at again after this.
constexpr Duration retention_again = std::chrono::seconds{10};

bool has_finite(Destination const& destination) {
  return std::any_of(destination.candidates.begin(), destination.candidates.end(),
                     [](auto const& one) { return one.announced.metric != infinite; });
}

}  // namespace

Metric Routing::metric_through(Candidate const& candidate) const {
  if (candidate.hops > settings_.max_hops) return infinite;
  return plus(candidate.announced.metric, find(candidate.neighbour)->cost);
}

bool Routing::is_feasible(Destination const& destination, Candidate const& candidate) const {
  if (!settings_.checks_feasibility || !destination.feasibility) return true;
  return is_less(candidate.announced, *destination.feasibility);
}

Routing::Rank Routing::rank_of(Destination const& destination, Candidate const& candidate) const {
  return {doubts_.holds(destination.id, candidate.neighbour), metric_through(candidate)};
}

Routing::Rank Routing::rank_of_selected(Destination const& destination) const {
  auto const& selected = destination.selected;
  if (!selected.next_hop) return {true, infinite};
  return {doubts_.holds(destination.id, *selected.next_hop), selected.distance.metric};
}

bool Routing::is_better(Destination const& destination, Candidate const& a, Candidate const& b) const {
  auto const left = rank_of(destination, a), right = rank_of(destination, b);
  return left != right ? left < right : find(a.neighbour)->id < find(b.neighbour)->id;
}

bool Routing::is_much_better(Metric metric, Metric present) const {
  return present * 100u > metric * (100u + settings_.hysteresis_percent);
}

/// Somebody behind a neighbour has no route, waits for a sequence number that this one has, and could use it. A doubted
/// one helps nobody; a neighbour that swallows could draw everything to itself by asking for it.
bool Routing::is_sought(Destination const& destination, Candidate const& candidate) const {
  auto const& forwarding = destination.forwarding;
  return forwarding.at != never && forwarding.is_cut_off && candidate.hops < settings_.max_hops &&
         satisfies(candidate.announced.seqno, forwarding.seqno) && !doubts_.holds(destination.id, candidate.neighbour);
}

Candidate const* Routing::choose(Destination& destination, Time now) const {
  Candidate const* best = nullptr;
  Candidate const* current = nullptr;
  Candidate const* sought = nullptr;
  for (auto const& one : destination.candidates) {
    bool const is_current = destination.selected.next_hop == one.neighbour;
    if (metric_through(one) == infinite || (!is_current && !is_feasible(destination, one))) continue;
    if (is_current) current = &one;
    if (!best || is_better(destination, one, *best)) best = &one;
    if (is_sought(destination, one) && (!sought || is_better(destination, one, *sought))) sought = &one;
  }
  auto const since = std::exchange(destination.better_since, never);
  // A dearer way for a while, or a neighbour would have none until the cheaper one has the number too.
  if (sought && !(current && is_sought(destination, *current))) return sought;
  if (!current || rank_of(destination, *best) >= rank_of(destination, *current)) return current ? current : best;
  auto const better_since = std::min(since, now);
  if (rank_of(destination, *best).is_doubted != rank_of(destination, *current).is_doubted ||
      is_much_better(metric_through(*best), metric_through(*current)) ||
      now >= better_since + settings_.small_gain_delay)
    return best;
  destination.better_since = better_since;
  return current;
}

void Routing::select(Index index, Time now, RoutingOutbox& outbox) {
  auto& destination = table_[index];
  auto const* const chosen = choose(destination, now);
  Selection next;
  if (chosen) {
    next = {chosen->neighbour, {chosen->announced.seqno, metric_through(*chosen)}, chosen->hops};
    take_alias(index, chosen->alias);
  }
  auto const before = std::exchange(destination.selected, next);
  bool const has_come_or_gone = before.next_hop.has_value() != next.next_hop.has_value();
  if (before.next_hop != next.next_hop) outbox.changes.push_back({destination.id, next.next_hop});
  if (before.next_hop && !next.next_hop) destination.kept_until = now + retention;
  if (has_come_or_gone) table_.claim(index, next.next_hop ? destination.alias : 0);
  if (before != next) {
    ++generation_;
    announce(index, has_come_or_gone ? Pace::urgent : Pace::calm);
    // Neighbours know the number of the route before, or else the one that was announced last.
    auto const& told = destination.feasibility;
    auto const known = before.next_hop || !told ? before.distance.seqno : told->seqno;
    if (next.next_hop && is_newer(next.distance.seqno, known)) spread_seqno(index, now);
  }
  note_need(index, now);
  arm(index);
}

void Routing::arm(Index index) {
  auto const& destination = table_[index];
  auto at = std::min({destination.asking.at, destination.forwarding.at, doubts_.next_end(destination.id)});
  if (destination.better_since != never) at = std::min(at, destination.better_since + settings_.small_gain_delay);
  if (index != self_index && !has_finite(destination)) at = std::min(at, destination.kept_until);
  table_.arm(index, at);
}

void Routing::keep(Index index, Time now) {
  auto& until = table_[index].kept_until;
  until = std::max(until, now + retention);
  arm(index);
}

bool Routing::is_owed(Index index) const {
  auto const owes = [&](Neighbour* neighbour) {
    auto const* const told = neighbour->told_if_any(index);
    return told && (told->finite || told->due || told->in_urgent || told->in_calm);
  };
  return table_[index].flights != 0 || std::any_of(neighbours_.begin(), neighbours_.end(), owes);
}

bool Routing::may_be_forgotten(Index index, Time now) {
  auto& destination = table_[index];
  if (index == self_index || has_finite(destination) || now < destination.kept_until) return false;
  if (!is_owed(index)) return true;
  destination.kept_until = now + retention_again;
  return false;
}

void Routing::forget(Index index) {
  for (auto const& candidate : table_[index].candidates) {
    auto& heard = find(candidate.neighbour)->heard;
    auto const moved = heard[candidate.place] = heard.back();
    heard.pop_back();
    for (auto& other : table_[moved].candidates)
      if (other.neighbour == candidate.neighbour) other.place = candidate.place;
  }
  for (auto* const neighbour : neighbours_)
    if (auto* const told = neighbour->told_if_any(index)) *told = {};
  table_[index].candidates.clear();
  doubts_.forget(table_[index].id);
  table_.forget(index);
}

}  // namespace pim::mesh
