// Nodes beyond the neighbours: what routing tells of them is a hint, which may start a session of our own with
// them. That session confirms or refutes it; nothing else comes of it.
#include "control/machine.hpp"
#include "mesh/addresses.hpp"

namespace pim::control {
namespace {

constexpr Duration recall_interval = std::chrono::seconds{5};
/// While the internet is blocked every named gateway is called this often.
constexpr Duration seek_interval = std::chrono::seconds{1};

}  // namespace

/// The peer that this node is, or may become. Null for a node that routing does not know or trust refuses.
Peer* Machine::meet(NodeId const& id, Turn& turn) {
  if (auto* const known = find(id)) return known;
  if (!may_be_met(id)) return nullptr;
  auto* const peer = make_peer(id, mesh_.record(id)->key, turn);
  if (peer) arm(*peer);
  return peer;
}

/// A handshake by every way there is.
void Machine::call(Peer const& peer, bool urgent, Turn& turn) {
  std::vector<Endpoint> targets;
  if (auto const at = dataplane_.endpoint(peer.slot)) targets.push_back(*at);
  start_handshake(peer.id, peer.key, std::move(targets), urgent, turn);
}

bool Machine::is_beyond(NodeId const& id) const {
  auto const route = mesh_.route(id);
  return route && route->neighbour != id;
}

wire::Transit Machine::transit_to(NodeId const& id, Bytes datagram) const {
  return {wire::transit_hop_limit, id, self_, true, datagram};
}

bool Machine::send_beyond(NodeId const& to, Bytes datagram, Turn& turn) {
  auto const route = mesh_.route(to);
  if (!route || route->neighbour == to) return false;
  return dataplane_.send_transit(route->next_hop, transit_to(to, datagram), turn.now, turn.packets);
}

void Machine::answer(dataplane::Origin const& to, Bytes datagram, Turn& turn) {
  if (to.is_direct()) return send(to.endpoint, datagram, turn);
  if (!send_beyond(to.source, datagram, turn))
    dataplane_.send_transit(*to.relay, transit_to(to.source, datagram), turn.now, turn.packets);
}

/// What stands for a datagram's sender where addresses are counted or bound: those of relayed ones are claims.
Endpoint Machine::source_of(dataplane::Origin const& from) const {
  return from.is_direct() ? from.endpoint : Endpoint{mesh::v6_address(mesh_v6_, from.source), 0, 0};
}

std::string Machine::describe(dataplane::Origin const& from) const {
  if (from.is_direct()) return to_string(from.endpoint);
  auto const& relay = slots_[from.relay->value];
  return "relay " + (relay ? short_id(relay->id) : std::string{"unknown"});
}

void Machine::on_frame(dataplane::AddressWanted const& frame, Turn& turn) {
  // Who was met with an alias holds it, whatever is said of it.
  auto const holder = trust_.alias_holder(frame.destination);
  auto const id = holder ? holder : mesh_.find_by_address(frame.destination);
  auto* const peer = id ? meet(*id, turn) : nullptr;
  if (!peer) return dataplane_.refuse(frame.packet, turn.now, turn.packets);
  // A v6 address proves whose it is. An alias is hearsay until its holder claims it: the packet does not wait for
  // somebody who may be another.
  if (!frame.destination.is_v4())
    return dataplane_.resend(peer->slot, frame.vnet, frame.packet, turn.now, turn.packets);
  if (!peer->alive) call(*peer, false, turn);
  if (peer->introduced) return dataplane_.refuse(frame.packet, turn.now, turn.packets);
  dataplane_.count_drop(Drop::unreachable);
}

/// Data for a session that does not exist here: after a restart the other side still uses the old keys.
void Machine::on_frame(dataplane::UnknownReceiver const& frame, Turn& turn) {
  auto const now = turn.now.boot;
  auto const was_just_called = [now](Peer const& one) {
    return one.last_dialled != Time{} && now < one.last_dialled + recall_interval;
  };
  Peer* peer = nullptr;
  if (frame.from.is_direct()) {
    auto const at = by_endpoint_.find(frame.from.endpoint);
    if (at == by_endpoint_.end()) return call_from_earlier_run(frame.from.endpoint, turn);
    peer = find(at->second);
  } else if (auto const id = mesh_.find_by_address(mesh::v6_address(mesh_v6_, frame.from.source))) {
    auto const* const known = find(*id);
    // A relay can invent nodes: all that it names share what one source may make us do.
    if ((!known || !was_just_called(*known)) && !limiter_.allow({{}, frame.from.relay, {}}, now))
      return dataplane_.count_drop(Drop::rate_limited);
    peer = meet(*id, turn);
  }
  if (!peer || (frame.from.is_direct() && peer->provisional)) return;
  if (!was_just_called(*peer)) call(*peer, false, turn);
  retry_handshake(peer->id, turn);
}

/// We restarted and did not reach whoever is there, who talks to us under the keys of before: one of those who were
/// last at this address, at whatever port a NAT gives it now.
void Machine::call_from_earlier_run(Endpoint const& from, Turn& turn) {
  auto const [first, last] = at_start_.equal_range(from.ip);
  std::size_t called = 0;
  for (auto known = first; known != last && called < max_candidates; ++known) {
    auto const* const record = trust_.find(known->second);
    auto const* const met = find(known->second);
    if (!record || (met && met->alive) || !trust_.judge_inbound(record->id, record->key)) continue;
    start_handshake(record->id, record->key, {from}, false, turn, Ways::direct);
    retry_handshake(record->id, turn);
    ++called;
  }
}

/// Named gateways that routing can reach get a session before they are needed. While there is none to use, they and
/// those that were met somewhere are called again and again.
void Machine::seek_gateways(Turn& turn) {
  using Phase = Routing::Phase;
  bool const wanted = (routing_.phase == Phase::on || routing_.phase == Phase::arming) && !stopping_ && !impaired_;
  if (!wanted) return;
  if (turn.now.boot >= gateways_sought_ + seek_interval) {
    gateways_sought_ = turn.now.boot;
    call_gateways_beyond(turn);
    if (!routing_.gateway) call_lost_gateways(turn);
  }
  if (!routing_.gateway) timers_.arm({TimerKey::Kind::gateways}, gateways_sought_ + seek_interval);
}

void Machine::call_gateways_beyond(Turn& turn) {
  std::vector<NodeId> reachable;
  mesh_.for_each_route([&](mesh::OfferedRoute const& route) {
    if (route.selected && route.neighbour != route.destination && is_named_gateway(route.destination))
      reachable.push_back(route.destination);
  });
  for (auto const& id : reachable)
    if (auto* const peer = meet(id, turn); peer && !peer->alive) call(*peer, !routing_.gateway, turn);
}

/// Where they were last, for nobody says when they are back. Entries are dialled by themselves, where the user said.
void Machine::call_lost_gateways(Turn& turn) {
  auto wanted = trust_.gateways();
  for (auto const* const named : {&settings_.gateways, &saved_.gateways_allowed})
    wanted.insert(wanted.end(), named->begin(), named->end());
  for (auto const& id : wanted) {
    auto const* const known = find(id);
    auto const* const record = trust_.find(id);
    if (!record || (known && known->alive) || !is_named_gateway(id) || !trust_.judge_inbound(id, record->key)) continue;
    // Who called us since need not be it. Where it was last it was proven to be.
    std::vector<Endpoint> targets;
    if (record->last_endpoint) targets.push_back(*record->last_endpoint);
    if (auto const at = known ? dataplane_.endpoint(known->slot) : std::nullopt; at && at != record->last_endpoint)
      targets.push_back(*at);
    if (!targets.empty()) start_handshake(id, record->key, std::move(targets), true, turn);
  }
}

}  // namespace pim::control
