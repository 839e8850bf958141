// What neighbours are told, until they acknowledge it.
#include <algorithm>

#include "mesh/routing.hpp"

namespace pim::mesh {
namespace {

/// Changes that no neighbour waits for are collected for this long per neighbour, and while they go on for longer each
/// time. Until they are told, routes are a little dearer than they could be, and never wrong.
constexpr Duration shortest_calm_pace = std::chrono::milliseconds{50};
constexpr Duration longest_calm_pace = std::chrono::seconds{2};
/// But no longer than this when a sequence number is among them.
constexpr Duration seqno_pace = std::chrono::milliseconds{200};
constexpr Duration shortest_patience = std::chrono::milliseconds{200};
/// With 30 % lost each way half of the updates are not acknowledged: longer pauses would hold up the mesh behind a
/// link for tens of seconds now and then. A neighbour that is gone is noticed by its link long before that.
constexpr Duration longest_patience = std::chrono::seconds{1};

/// So many in a row that were not acknowledged are more than the loss of a poor link.
constexpr unsigned silent_after = 3;

/// For an acknowledgement: twice the round trip, and longer with each one that did not come.
Duration patience_of(Neighbour const& neighbour) {
  auto const least = std::max(shortest_patience, neighbour.round_trip * 2);
  auto patience = least;
  for (auto i = neighbour.timeouts; i > 0 && patience < longest_patience; --i) patience *= 2;
  return std::min(patience, std::max(least, longest_patience));
}

void pace_calm_changes(Neighbour& neighbour, Time now) {
  bool const was_at_rest = now >= neighbour.calm_at + neighbour.calm_pace;
  neighbour.calm_pace = was_at_rest ? shortest_calm_pace : std::min(neighbour.calm_pace * 2, longest_calm_pace);
  neighbour.calm_at = now + neighbour.calm_pace;
}

/// Takes from the front what was told by another message in the meantime.
void skim(Neighbour& neighbour) {
  for (; !neighbour.urgent.empty() && !neighbour.told[neighbour.urgent.front()].due; neighbour.urgent.pop())
    neighbour.told[neighbour.urgent.front()].in_urgent = false;
  for (; !neighbour.calm.empty() && !neighbour.told[neighbour.calm.front()].due; neighbour.calm.pop())
    neighbour.told[neighbour.calm.front()].in_calm = false;
}

std::optional<Index> next_due(Neighbour& neighbour, bool with_calm) {
  skim(neighbour);
  if (!neighbour.urgent.empty()) return neighbour.urgent.front();
  if (with_calm && !neighbour.calm.empty()) return neighbour.calm.front();
  return std::nullopt;
}

}  // namespace

void Routing::announce(Index index, Pace pace) {
  if (!may_be_announced(index)) return;
  for (auto* const neighbour : neighbours_) owe(*neighbour, index, pace);
}

/// A new sequence number is urgent for those who wait for it (RFC 8966 section 3.7.2). Others may soon.
void Routing::spread_seqno(Index index, Time now) {
  if (!may_be_announced(index)) return;
  for (auto* const neighbour : neighbours_) {
    auto* const told = neighbour->told_if_any(index);
    if (told && told->asked) owe(*neighbour, index, Pace::urgent);
    if (told) told->asked = false;
    neighbour->calm_at = std::min(neighbour->calm_at, now + seqno_pace);
  }
}

void Routing::owe(Neighbour& neighbour, Index index, Pace pace) {
  auto const* const before = neighbour.told_if_any(index);
  if (!(before && before->finite) && !is_announced(neighbour, index)) return;  // nothing to take back
  auto& told = neighbour.told_of(index);
  told.due = true;
  activate(neighbour);
  if (pace == Pace::urgent && !told.in_urgent) {
    neighbour.urgent.push(index);
    told.in_urgent = true;
  } else if (!told.in_urgent && !told.in_calm) {
    neighbour.calm.push(index);
    told.in_calm = true;
  }
}

void Routing::forget_record(Neighbour& neighbour, Index index) {
  if (auto* const told = neighbour.told_if_any(index)) told->record = false;
}

/// All that it was sent is void. What it may still use stays noted until it acknowledges that this is gone.
void Routing::begin_table(Neighbour& neighbour) {
  for (auto const& flight : neighbour.flights) land(flight);
  neighbour.flights.clear();
  neighbour.table = neighbour.last_batch = last_batch_;
  neighbour.has_missed = false;
  owe_everything(neighbour);
}

void Routing::owe_everything(Neighbour& neighbour) {
  for (Index index = 0; index < table_.end(); ++index) {
    forget_record(neighbour, index);
    owe(neighbour, index, Pace::urgent);
  }
}

bool Routing::is_announced(Neighbour const& neighbour, Index index) const {
  if (index == self_index) return true;
  auto const& destination = table_[index];
  auto const next_hop = destination.selected.next_hop;
  // Split horizon: what goes through a neighbour is no news to it (RFC 8966 section 3.7.4).
  return settings_.relays && next_hop && *next_hop != neighbour.slot && destination.id != neighbour.id;
}

std::optional<wire::UpdateEntry> Routing::entry_for(Neighbour& neighbour, Index index) {
  auto const& destination = table_[index];
  auto const& told = neighbour.told_of(index);
  wire::UpdateEntry entry{destination.id};
  if (!is_announced(neighbour, index)) {
    if (destination.feasibility) entry.seqno = destination.feasibility->seqno;
    return told.finite ? std::optional(entry) : std::nullopt;
  }
  auto const distance = index == self_index ? Distance{own_seqno_, 0} : destination.selected.distance;
  entry.seqno = distance.seqno;
  entry.metric = distance.metric;
  entry.hops = destination.selected.hops;
  if (!told.record) {
    entry.record.emplace();
    entry.record->key = *destination.key;
    store_be(entry.record->v4_alias.data(), destination.alias);
  }
  return entry;
}

void Routing::send_updates(Neighbour& neighbour, Time now, RoutingOutbox& outbox) {
  bool const calm_is_due = now >= neighbour.calm_at;
  while (neighbour.has_window() && send_update(neighbour, calm_is_due, now, outbox)) {
  }
}

bool Routing::send_update(Neighbour& neighbour, bool calm_is_due, Time now, RoutingOutbox& outbox) {
  auto const batch = neighbour.last_batch + 1;
  wire::UpdateBuilder builder(batch, neighbour.table);
  Flight flight{batch, now + patience_of(neighbour), {}};
  bool has_calm = false;
  // What waits rides along where there is room.
  while (auto const index = next_due(neighbour, calm_is_due || !builder.is_empty())) {
    auto const entry = entry_for(neighbour, *index);
    if (entry && !builder.fits(*entry)) break;
    auto& told = neighbour.told_of(*index);
    has_calm |= !told.in_urgent;
    told.due = false;  // so that the next look takes it from its queue
    if (!entry) continue;
    builder.add(*entry);
    note_sent(neighbour, *index, *entry, flight, now);
  }
  if (builder.is_empty()) return false;
  if (has_calm && now >= neighbour.calm_at) pace_calm_changes(neighbour, now);
  neighbour.last_batch = batch;
  if (is_later_batch(batch, last_batch_)) last_batch_ = batch;
  neighbour.flights.push_back(std::move(flight));
  outbox.messages.emplace_back(neighbour.slot, std::move(builder).take());
  return true;
}

void Routing::note_sent(Neighbour& neighbour, Index index, wire::UpdateEntry const& entry, Flight& flight, Time now) {
  auto& destination = table_[index];
  auto& told = neighbour.told_of(index);
  bool const finite = entry.metric != infinite;
  told.batch = flight.batch;
  if (finite) told.finite = true;
  if (!finite) told.record = false;
  flight.entries.push_back({index, finite, entry.record ? destination.record_version : std::uint8_t{0}});
  ++destination.flights;
  // The distance shrinks before the message leaves: whoever uses what it says is farther than that.
  Distance const said{entry.seqno, entry.metric};
  if (!finite || index == self_index) return;
  if (destination.feasibility && !is_less(said, *destination.feasibility)) return;
  destination.feasibility = said;
  note_need(index, now);
  arm(index);
}

void Routing::on_ack(PeerSlot from, wire::UpdateAck const& ack, Time now, RoutingOutbox& outbox) {
  auto* const neighbour = find(from);
  if (!neighbour) {
    ++refusals_.from_nobody;
    return;
  }
  if (!hear_table(*neighbour, ack.table, now, outbox)) {
    ++refusals_.outdated;
    return;
  }
  auto const found = std::find_if(neighbour->flights.begin(), neighbour->flights.end(),
                                  [&](auto const& one) { return one.batch == ack.batch; });
  if (found != neighbour->flights.end()) {
    auto const flight = std::move(*found);
    neighbour->flights.erase(found);
    neighbour->timeouts = 0;
    land(flight);
    note_arrived(*neighbour, flight);
  }
  finish(now, outbox);
}

void Routing::note_arrived(Neighbour& neighbour, Flight const& flight) {
  for (auto const& sent : flight.entries) {
    auto& told = neighbour.told_of(sent.index);
    if (told.batch != flight.batch) continue;  // something newer is on its way
    if (!sent.finite) told.finite = false;
    if (sent.record_version == table_[sent.index].record_version) told.record = true;
  }
}

void Routing::land(Flight const& flight) {
  for (auto const& sent : flight.entries) --table_[sent.index].flights;
}

void Routing::resend_overdue(Neighbour& neighbour, Time now, RoutingOutbox& outbox) {
  auto const first = std::stable_partition(neighbour.flights.begin(), neighbour.flights.end(),
                                           [&](auto const& one) { return one.deadline > now; });
  if (first == neighbour.flights.end()) return;
  if (++neighbour.timeouts >= silent_after) outbox.silent.push_back(neighbour.slot);
  for (auto flight = first; flight != neighbour.flights.end(); ++flight) {
    land(*flight);
    for (auto const& sent : flight->entries)
      if (neighbour.told_of(sent.index).batch == flight->batch) owe(neighbour, sent.index, Pace::urgent);
  }
  neighbour.flights.erase(first, neighbour.flights.end());
}

}  // namespace pim::mesh
