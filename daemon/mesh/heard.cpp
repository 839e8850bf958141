// What neighbours announce, judged and kept.
#include <algorithm>

#include "crypto/hash.hpp"
#include "mesh/addresses.hpp"
#include "mesh/routing.hpp"

namespace pim::mesh {
namespace {

/// Any word about a node keeps it, a retraction too: against older news that come late. Longer than the keys of a
/// session open anything.
constexpr Duration memory_of_batches = std::chrono::seconds{180};

/// A later table costs a walk through all nodes, and a datagram that says it nothing.
constexpr Duration table_pace = std::chrono::seconds{1};

/// A neighbour of which something was missed is asked for all it has, which interrupts what leads over this node
/// from there for a round trip. So it is done rarely, whoever fills and empties the table.
constexpr Duration catch_up_pace = std::chrono::minutes{1};

Candidate* candidate_of(Destination& destination, PeerSlot neighbour) {
  auto const found = std::find_if(destination.candidates.begin(), destination.candidates.end(),
                                  [&](auto const& one) { return one.neighbour == neighbour; });
  return found == destination.candidates.end() ? nullptr : &*found;
}

/// An alias outside the range of aliases is none.
std::uint32_t alias_of(wire::NodeRecord const& record) {
  auto const alias = IpAddress::from_bytes(record.v4_alias);
  return is_usable_alias(alias) ? alias.v4() : 0;
}

}  // namespace

void Routing::on_update(PeerSlot from, wire::Update const& update, Time now, RoutingOutbox& outbox) {
  auto* const neighbour = find(from);
  if (!neighbour) {
    ++refusals_.from_nobody;
    return;
  }
  if (!is_later_batch(update.batch, update.table) || !hear_table(*neighbour, update.table, now, outbox)) {
    ++refusals_.outdated;
    return;
  }
  outbox.messages.emplace_back(from, wire::UpdateAck{update.batch, neighbour->table});
  for (auto const& entry : update.entries) hear(*neighbour, entry, update.batch, now, outbox);
  finish(now, outbox);
}

bool Routing::hear_table(Neighbour& neighbour, std::uint32_t table, Time now, RoutingOutbox& outbox) {
  if (!neighbour.their_table) neighbour.their_table = table;
  if (table == *neighbour.their_table) return true;
  if (!is_later_batch(table, *neighbour.their_table) || now < neighbour.next_table_at) return false;
  // It lost the link and proved it again, unnoticed here, or had no room for something. It will say anew what it has,
  // and has to be told all.
  neighbour.their_table = table;
  neighbour.next_table_at = now + table_pace;
  neighbour.has_missed = false;
  drop_candidates(neighbour, now, outbox);
  // An older update that is still on its way may undo there what it acknowledged and forgot: all is taken back again.
  for (auto& told : neighbour.told)
    if (told.batch != 0) told.finite = true;
  owe_everything(neighbour);
  return true;
}

void Routing::hear(Neighbour& neighbour, wire::UpdateEntry const& entry, std::uint32_t batch, Time now,
                   RoutingOutbox& outbox) {
  // Whoever missed numbers of an earlier life asks for the next one (on_request).
  if (entry.node == table_[self_index].id) {
    ++refusals_.own_id;
    return;
  }
  auto index = table_.find(entry.node);
  if (auto* const count = fault_of(neighbour, entry, index)) {
    ++*count;
    if (count == &refusals_.without_record) note_missed(neighbour, now);
    return;
  }
  index = place_for(neighbour, entry, index, batch);
  if (!index) return note_missed(neighbour, now);
  auto& destination = table_[*index];
  auto& candidate = *candidate_of(destination, neighbour.slot);
  if (is_later_batch(candidate.batch, batch)) return;
  candidate.batch = batch;
  candidate.since = now;
  candidate.announced = {entry.seqno, entry.metric};
  candidate.hops = static_cast<std::uint8_t>(std::min(255, entry.hops + 1));
  if (entry.record) {
    candidate.alias = alias_of(*entry.record);
    table_.prove(*index, entry.record->key);
  }
  destination.kept_until = std::max(destination.kept_until, now + memory_of_batches);
  select(*index, now, outbox);
  // Its route ended, and it was told none of ours: that led over it until now, or was to be told later.
  auto const* const told = neighbour.told_if_any(*index);
  if (entry.metric == infinite && !(told && told->finite)) owe(neighbour, *index, Pace::urgent);
}

std::uint64_t* Routing::fault_of(Neighbour const& neighbour, wire::UpdateEntry const& entry,
                                 std::optional<Index> index) {
  bool const knows_key = index && table_[*index].key;
  bool const proves_key = !entry.record || (knows_key && *table_[*index].key == entry.record->key) ||
                          crypto::node_id_of(entry.record->key) == entry.node;
  if (!proves_key) return &refusals_.false_key;
  if ((entry.metric == 0) != (entry.node == neighbour.id)) return &refusals_.false_metric;
  if (entry.metric != infinite && !entry.record && !knows_key) return &refusals_.without_record;
  return nullptr;
}

std::optional<Index> Routing::place_for(Neighbour& neighbour, wire::UpdateEntry const& entry,
                                        std::optional<Index> index, std::uint32_t batch) {
  if (index && candidate_of(table_[*index], neighbour.slot)) return index;
  if (!has_room_for(neighbour, index.has_value()) && entry.node != neighbour.id) {
    ++refusals_.table_full;
    return std::nullopt;
  }
  if (!index) index = table_.add(entry.node);
  Candidate candidate;
  candidate.neighbour = neighbour.slot;
  candidate.batch = batch;
  candidate.place = static_cast<std::uint32_t>(neighbour.heard.size());
  neighbour.heard.push_back(*index);
  table_[*index].candidates.push_back(candidate);
  return index;
}

bool Routing::has_room_for(Neighbour const& neighbour, bool is_known) const {
  return neighbour.heard.size() < settings_.max_nodes_per_neighbour &&
         (is_known || table_.size() < settings_.max_nodes);
}

/// An update is acknowledged whole: what was refused of it is not said again by itself, nor is its record.
void Routing::note_missed(Neighbour& neighbour, Time now) {
  neighbour.has_missed = true;
  if (catch_up_at_ == never) catch_up_at_ = now + catch_up_pace;
}

/// Our table begins anew where there is room by now, for that makes a neighbour tell all.
void Routing::catch_up_if_due(Time now) {
  if (now < catch_up_at_) return;
  catch_up_at_ = never;
  for (auto* const neighbour : neighbours_) {
    if (!neighbour->has_missed) continue;
    if (has_room_for(*neighbour, false))
      begin_table(*neighbour);
    else
      catch_up_at_ = now + catch_up_pace;
  }
}

void Routing::take_alias(Index index, std::uint32_t alias) {
  auto& destination = table_[index];
  if (destination.alias == alias) return;
  destination.alias = alias;
  if (destination.selected.next_hop) table_.claim(index, alias);
  destination.record_version = static_cast<std::uint8_t>(destination.record_version % 255 + 1);
  for (auto* const neighbour : neighbours_) forget_record(*neighbour, index);
  ++generation_;
  announce(index, Pace::calm);
}

}  // namespace pim::mesh
