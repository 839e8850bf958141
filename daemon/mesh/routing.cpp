#include "mesh/routing.hpp"

#include <algorithm>

namespace pim::mesh {
namespace {

/// Mostly at the end: slots are given in ascending order.
void insert_by_slot(std::vector<Neighbour*>& neighbours, Neighbour* neighbour) {
  auto const is_before = [](Neighbour const* a, Neighbour const* b) { return a->slot < b->slot; };
  neighbours.insert(std::upper_bound(neighbours.begin(), neighbours.end(), neighbour, is_before), neighbour);
}

}  // namespace

Routing::Routing(NodeId const& self, Record const& own, Seqno own_seqno, RoutingSettings const& settings)
    : settings_(settings), table_(self, settings.hash_key), own_seqno_(own_seqno) {
  table_.prove(self_index, own.key);
  if (own.v4_alias) table_[self_index].alias = own.v4_alias->v4();
}

void Routing::neighbour_up(PeerSlot slot, NodeId const& id, Metric cost, Time now, RoutingOutbox& outbox) {
  PIM_ASSERT(!find(slot) && id != table_[self_index].id && cost != 0);
  if (slot.value >= by_slot_.size()) by_slot_.resize(slot.value + std::size_t{1});
  auto& made = by_slot_[slot.value] = std::make_unique<Neighbour>();
  made->slot = slot;
  made->id = id;
  made->cost = cost;
  insert_by_slot(neighbours_, made.get());
  begin_table(*made);
  finish(now, outbox);
}

void Routing::set_cost(PeerSlot slot, Metric cost, Time now, RoutingOutbox& outbox) {
  auto* const neighbour = find(slot);
  PIM_ASSERT(neighbour && cost != 0);
  if (neighbour->cost == cost) return;
  neighbour->cost = cost;
  for (auto const index : neighbour->heard) select(index, now, outbox);
  finish(now, outbox);
}

void Routing::set_round_trip(PeerSlot slot, Duration round_trip) {
  auto* const neighbour = find(slot);
  PIM_ASSERT(neighbour);
  neighbour->round_trip = round_trip;
}

void Routing::neighbour_down(PeerSlot slot, Time now, RoutingOutbox& outbox) {
  PIM_ASSERT(find(slot));
  auto const gone = std::move(by_slot_[slot.value]);
  std::erase(neighbours_, gone.get());
  std::erase(active_, gone.get());
  for (auto const& flight : gone->flights) land(flight);
  for (Index index = 0; index < gone->told.size(); ++index)
    if (gone->told[index].finite) keep(index, now);
  doubts_.forget(slot);
  drop_candidates(*gone, now, outbox);
  finish(now, outbox);
}

void Routing::doubt(NodeId const& destination, PeerSlot neighbour, Time now, RoutingOutbox& outbox) {
  auto const index = table_.find(destination);
  if (!index || !find(neighbour)) return;
  doubts_.raise(destination, neighbour, now);
  select(*index, now, outbox);
  finish(now, outbox);
}

void Routing::forgive(NodeId const& destination, Time now, RoutingOutbox& outbox) {
  doubts_.forget(destination);
  if (auto const index = table_.find(destination)) select(*index, now, outbox);
  finish(now, outbox);
}

void Routing::set_alias(std::optional<IpAddress> alias, Time now, RoutingOutbox& outbox) {
  take_alias(self_index, alias ? alias->v4() : 0);
  finish(now, outbox);
}

void Routing::on_deadline(Time now, RoutingOutbox& outbox) {
  grow_if_due(now);
  while (auto const index = table_.take_due(now)) on_alarm(*index, now, outbox);
  catch_up_if_due(now);
  for (auto* const neighbour : active_) resend_overdue(*neighbour, now, outbox);
  finish(now, outbox);
}

Time Routing::next_deadline() const {
  auto deadline = std::min({table_.next_alarm(), catch_up_at_, wanted_seqno_ ? grow_at_ : never});
  if (!asking_.empty()) deadline = std::min(deadline, asking_at_);
  for (auto const* const neighbour : active_) {
    for (auto const& flight : neighbour->flights) deadline = std::min(deadline, flight.deadline);
    if (!neighbour->calm.empty() && neighbour->has_window()) deadline = std::min(deadline, neighbour->calm_at);
  }
  return deadline;
}

std::optional<SelectedRoute> Routing::route(NodeId const& destination) const {
  auto const index = table_.find(destination);
  if (!index || !table_[*index].selected.next_hop) return std::nullopt;
  auto const& selected = table_[*index].selected;
  return SelectedRoute{*selected.next_hop, find(*selected.next_hop)->id, selected.distance.metric,
                       selected.distance.seqno, selected.hops};
}

bool Routing::is_offered(NodeId const& destination) const {
  auto const index = table_.find(destination);
  if (!index) return false;
  auto const& candidates = table_[*index].candidates;
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](auto const& one) { return metric_through(one) != infinite; });
}

std::optional<Record> Routing::record(NodeId const& node) const {
  auto const index = table_.find(node);
  if (!index || !table_[*index].key) return std::nullopt;
  Record record{*table_[*index].key, std::nullopt};
  if (table_[*index].alias != 0) record.v4_alias = IpAddress::from_v4(table_[*index].alias);
  return record;
}

std::optional<NodeId> Routing::find_by_address(IpAddress const& address) const {
  auto const index = address.is_v4() ? table_.find_alias(address) : table_.find_v6(address);
  if (!index || !table_[*index].selected.next_hop) return std::nullopt;
  return table_[*index].id;
}

Neighbour* Routing::find(PeerSlot slot) const {
  return slot.value < by_slot_.size() ? by_slot_[slot.value].get() : nullptr;
}

OfferedRoute Routing::offer_of(Destination const& destination, Candidate const& candidate) const {
  return {destination.id,
          candidate.neighbour,
          find(candidate.neighbour)->id,
          candidate.announced.metric,
          metric_through(candidate),
          candidate.announced.seqno,
          candidate.hops,
          is_feasible(destination, candidate),
          doubts_.holds(destination.id, candidate.neighbour),
          destination.selected.next_hop == candidate.neighbour,
          candidate.since};
}

void Routing::drop_candidates(Neighbour& neighbour, Time now, RoutingOutbox& outbox) {
  auto const heard = std::exchange(neighbour.heard, {});
  for (auto const index : heard) {
    auto& candidates = table_[index].candidates;
    auto const is_its = [&](Candidate const& one) { return one.neighbour == neighbour.slot; };
    candidates.erase(std::remove_if(candidates.begin(), candidates.end(), is_its), candidates.end());
    select(index, now, outbox);
  }
}

void Routing::on_alarm(Index index, Time now, RoutingOutbox& outbox) {
  auto& destination = table_[index];
  bool const is_trusted_again = doubts_.end_due(destination.id, now);
  if (destination.better_since != never || is_trusted_again) select(index, now, outbox);
  if (destination.asking.at <= now) queue_asking(index, now);
  if (destination.forwarding.at <= now) forward(index, now, outbox);
  if (may_be_forgotten(index, now)) return forget(index);
  arm(index);
}

void Routing::activate(Neighbour& neighbour) {
  if (!std::exchange(neighbour.is_active, true)) insert_by_slot(active_, &neighbour);
}

void Routing::finish(Time now, RoutingOutbox& outbox) {
  std::erase_if(active_, [&](Neighbour* neighbour) {
    send_updates(*neighbour, now, outbox);
    neighbour->is_active = !neighbour->is_at_rest();
    return !neighbour->is_active;
  });
  send_askings(now, outbox);
}

}  // namespace pim::mesh
