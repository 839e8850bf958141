// One Routing and the hand that plays all its neighbours.
#pragma once

#include <algorithm>
#include <map>

#include "crypto/hash.hpp"
#include "mesh/addresses.hpp"
#include "mesh/routing.hpp"

namespace pim::mesh::test {

inline constexpr Time start{std::chrono::seconds{1000}};

inline Record record_of(std::uint32_t number) {
  Record record;
  record.key.bytes.fill(static_cast<std::uint8_t>(number * 7));
  store_be(record.key.bytes.data(), number);
  return record;
}
inline NodeId id_of(std::uint32_t number) { return crypto::node_id_of(record_of(number).key); }

/// What a neighbour says of node `number`; a finite entry carries the record.
inline wire::UpdateEntry entry(std::uint32_t number, Seqno seqno, Metric metric, std::uint8_t hops = 1) {
  wire::UpdateEntry made{id_of(number), seqno, metric, hops};
  if (metric != infinite) made.record = wire::NodeRecord{record_of(number).key, {}};
  return made;
}

/// Neighbours have the slots of their numbers; node 0 is the one on the desk.
class Desk {
 public:
  explicit Desk(RoutingSettings const& settings = {}, Seqno own_seqno = 1)
      : routing(id_of(0), record_of(0), own_seqno, settings) {}

  void up(std::uint32_t number, Metric cost = 128) {
    routing.neighbour_up({number}, id_of(number), cost, now, raw);
    deliver();
  }
  void down(std::uint32_t number) {
    routing.neighbour_down({number}, now, raw);
    deliver();
  }
  void cost(std::uint32_t number, Metric cost) {
    routing.set_cost({number}, cost, now, raw);
    deliver();
  }
  /// What went to node `about` by this neighbour was not answered.
  void doubts(std::uint32_t about, std::uint32_t number) {
    routing.doubt(id_of(about), {number}, now, raw);
    deliver();
  }
  void forgives(std::uint32_t about) {
    routing.forgive(id_of(about), now, raw);
    deliver();
  }
  void renamed(IpAddress const& alias) {
    routing.set_alias(alias, now, raw);
    deliver();
  }
  void says(std::uint32_t number, std::vector<wire::UpdateEntry> entries) {
    update(number, {++batches[number], tables[number], std::move(entries)});
  }
  void update(std::uint32_t number, wire::Update const& update) {
    routing.on_update({number}, update, now, raw);
    deliver();
  }
  void asks(std::uint32_t number, std::uint32_t about, Seqno seqno, std::uint8_t hop_limit = 64,
            bool is_cut_off = false) {
    routing.on_request({number}, {id_of(about), seqno, hop_limit, is_cut_off}, now, raw);
    deliver();
  }
  void acks(std::uint32_t number, std::uint32_t batch) {
    routing.on_ack({number}, {batch, tables[number]}, now, raw);
    deliver();
  }
  /// Every deadline until then, in time.
  void runs_until(Time end) {
    while (routing.next_deadline() <= end) {
      now = std::max(now, routing.next_deadline());
      routing.on_deadline(now, raw);
      deliver();
    }
    now = end;
  }
  void runs_for(Duration time) { runs_until(now + time); }

  /// Its next hop, by number; nothing when unreachable.
  std::optional<std::uint32_t> hop(std::uint32_t number) const {
    auto const route = routing.route(id_of(number));
    return route ? std::optional(route->next_hop.value) : std::nullopt;
  }
  Metric metric(std::uint32_t number) const {
    auto const route = routing.route(id_of(number));
    return route ? route->metric : infinite;
  }
  /// The last that a neighbour was told of a node since clear().
  std::optional<wire::UpdateEntry> told(std::uint32_t neighbour, std::uint32_t about) const {
    auto const found = heard.find({neighbour, id_of(about)});
    return found == heard.end() ? std::nullopt : std::optional(found->second);
  }
  Metric told_metric(std::uint32_t neighbour, std::uint32_t about) const {
    auto const entry = told(neighbour, about);
    return entry ? entry->metric : Metric{0};  // nobody announces 0 for another
  }
  std::size_t updates_to(std::uint32_t neighbour) const {
    return static_cast<std::size_t>(
        std::count_if(updates.begin(), updates.end(), [&](auto const& one) { return one.first == neighbour; }));
  }
  void clear() {
    heard.clear();
    updates.clear();
    requests.clear();
    acknowledged.clear();
    changes.clear();
  }

  Routing routing;
  Time now = start;
  bool acknowledges = true;
  std::map<std::uint32_t, std::uint32_t> batches, tables;  ///< of the neighbours
  std::map<std::pair<std::uint32_t, NodeId>, wire::UpdateEntry> heard;
  std::vector<std::pair<std::uint32_t, wire::Update>> updates;
  std::vector<std::pair<std::uint32_t, wire::SeqnoRequest>> requests;
  std::vector<std::pair<std::uint32_t, wire::UpdateAck>> acknowledged;
  std::vector<RouteChange> changes;
  RoutingOutbox raw;

 private:
  void deliver() {
    while (!raw.messages.empty() || !raw.changes.empty()) {
      auto const out = std::exchange(raw, {});
      changes.insert(changes.end(), out.changes.begin(), out.changes.end());
      for (auto const& [slot, message] : out.messages) take(slot.value, message);
    }
  }
  void take(std::uint32_t slot, wire::Control const& message) {
    if (auto const* const ack = std::get_if<wire::UpdateAck>(&message)) acknowledged.emplace_back(slot, *ack);
    if (auto const* const request = std::get_if<wire::SeqnoRequest>(&message)) requests.emplace_back(slot, *request);
    auto const* const update = std::get_if<wire::Update>(&message);
    if (!update) return;
    updates.emplace_back(slot, *update);
    for (auto const& entry : update->entries) heard[{slot, entry.node}] = entry;
    if (acknowledges) routing.on_ack({slot}, {update->batch, tables[slot]}, now, raw);
  }
};

/// Neighbours 1 and 2, both up and known, at a cost of 100 each.
inline Desk desk_with_two(RoutingSettings const& settings = {}) {
  Desk desk(settings);
  for (std::uint32_t const number : {1u, 2u}) {
    desk.up(number, 100);
    desk.says(number, {entry(number, 1, 0, 0)});
  }
  desk.runs_for(std::chrono::milliseconds{100});
  desk.clear();
  return desk;
}

inline std::vector<RouteChange> change_of(std::uint32_t number, std::optional<std::uint32_t> next_hop) {
  return {{id_of(number), next_hop ? std::optional(PeerSlot{*next_hop}) : std::nullopt}};
}

}  // namespace pim::mesh::test
