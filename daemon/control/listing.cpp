// Nodes that routing reaches, that trust admits and that there is no session with: lines of the peer list that rest on
// what others say.
// A change of next hop marks its node. What is marked is shown together, at most once a second; hops and aliases, which
// change without one, are compared with the lines now and then, and only when something moved.
#include <algorithm>

#include "control/machine.hpp"
#include "mesh/addresses.hpp"

namespace pim::control {
namespace {

constexpr Duration show_interval = std::chrono::seconds{1};
constexpr Duration compare_interval = std::chrono::seconds{10};

}  // namespace

void Machine::show_listed(Turn& turn) {
  auto const now = turn.now.boot;
  auto due = never;
  if (mesh_.generation() != listing_.compared) due = listing_.compared_at + compare_interval;
  if (now >= due) {
    listing_.compared = mesh_.generation();
    listing_.compared_at = now;
    compare_listed();
    due = never;
  }
  auto const may_show_at = listing_.dirty.empty() ? never : listing_.shown_at + show_interval;
  if (now >= may_show_at) {
    listing_.shown_at = now;
    for (auto const& id : std::exchange(listing_.dirty, {})) show_listed(id, turn);
  } else {
    due = std::min(due, may_show_at);
  }
  if (!stopping_) timers_.arm({TimerKey::Kind::listing}, due);
}

void Machine::show_listed(NodeId const& id, Turn& turn) {
  auto const known = listing_.shown.find(id);
  auto const route = mesh_.route(id);
  if (!route || has_line_of_its_own(id) || !may_be_met(id)) {
    if (known == listing_.shown.end()) return;
    auto view = view_of(id, known->second);
    give_up_line(id, turn);
    listing_.dirty.erase(id);
    return emit(PeerEventKind::left, std::move(view), turn);
  }
  auto line = line_of(id, *route);
  line.row = known != listing_.shown.end() ? known->second.row : ++last_row_;
  if (known != listing_.shown.end() && known->second == line) return;
  auto view = view_of(id, line);
  listing_.shown.insert_or_assign(id, std::move(line));
  turn.outbox.notes.emplace_back(view);
  emit(PeerEventKind::state_changed, std::move(view), turn);
}

/// Marks what differs from the routes of now, also of peers that are reached through others.
void Machine::compare_listed() {
  for (auto const& [id, line] : listing_.shown) {
    auto const route = mesh_.route(id);
    auto const record = mesh_.record(id);
    if (!route || route->hops != line.hops || (record && record->v4_alias != line.v4)) listing_.dirty.insert(id);
  }
  for (auto const& peer : slots_) {
    auto const route = peer && peer->via && peer->shown ? mesh_.route(peer->id) : std::nullopt;
    if (route && route->hops != peer->shown->hops) dirty_peers_.insert(peer->slot.value);
  }
}

/// A session begins: the node's line goes on as the peer's, unless an entry of the user's is its line.
void Machine::take_over_line(Peer& peer, Turn& turn) {
  auto const known = listing_.shown.find(peer.id);
  if (known == listing_.shown.end()) return;
  if (peer.row != 0) return give_up_line(peer.id, turn);
  peer.row = known->second.row;
  listing_.shown.erase(known);
}

/// Before another line with this id appears. The node is looked at again.
void Machine::give_up_line(NodeId const& id, Turn& turn) {
  listing_.dirty.insert(id);
  auto const known = listing_.shown.find(id);
  if (known == listing_.shown.end()) return;
  turn.outbox.notes.emplace_back(PeerGone{known->second.row, id});
  listing_.shown.erase(known);
}

bool Machine::has_line_of_its_own(NodeId const& id) const {
  if (auto const* const known = peer(id); known && !known->provisional) return true;
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](auto const& one) { return one.second.shown && one.second.shown->id == id; });
}

/// The first packet to whom trust refuses would begin nothing.
bool Machine::may_be_met(NodeId const& id) const {
  auto const record = mesh_.record(id);
  return record && trust_.judge_inbound(id, record->key);
}

ListedLine Machine::line_of(NodeId const& id, mesh::SelectedRoute const& route) const {
  ListedLine line;
  line.via = route.neighbour;
  line.hops = route.hops;
  if (auto const record = mesh_.record(id)) line.v4 = record->v4_alias;
  if (auto const* const record = trust_.find(id)) {
    line.label = record->label;
    line.trust = record->level;
  }
  line.named_gateway = is_named_gateway(id);
  return line;
}

PeerView Machine::view_of(NodeId const& id, ListedLine const& line) const {
  PeerView view;
  view.row = line.row;
  view.id = id;
  if (auto const record = mesh_.record(id)) view.key = record->key;
  view.label = line.label;
  view.v4 = line.v4;
  view.v6 = mesh::v6_address(mesh_v6_, id);
  view.state = PeerState::relayed;
  view.trust = line.trust;
  view.named_gateway = line.named_gateway;
  view.via = line.via;
  view.hops = line.hops;
  return view;
}

}  // namespace pim::control
