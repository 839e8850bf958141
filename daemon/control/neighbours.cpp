// Direct links and the routes that lead over them: which peers are neighbours, what they announce, and by
// which way each peer is reached from now on.
#include <algorithm>

#include "control/machine.hpp"

namespace pim::control {
namespace {

constexpr Duration idle_link = std::chrono::seconds{60};
/// By the side that has the peer as an entry: shorter than a NAT forgets a mapping.
constexpr Duration idle_link_of_entry = std::chrono::seconds{25};

/// A neighbour retracted it; others may know a way that has to be asked for first (RFC 8966, section 3.8.2.1).
constexpr Duration way_is_sought_for = std::chrono::milliseconds{500};
/// Our own link broke: meanwhile it is asked three times whether it only paused.
constexpr Duration link_is_awaited_for = std::chrono::seconds{1};
/// Either, for a gateway beside which another is ready while nobody offers a way that could be asked for: just enough
/// for word of one from a neighbour that has to turn round first.
constexpr Duration gateway_is_awaited_for = std::chrono::milliseconds{100};

/// A way without an answer is left after this, within the two seconds that are promised ...
constexpr Duration way_is_trusted_for = std::chrono::milliseconds{1400};
/// ... and the next one after this.
constexpr Duration way_is_tried_for = std::chrono::milliseconds{450};

/// A link that flaps costs a handshake no more often.
constexpr Duration redial_pace = std::chrono::seconds{5};

/// Probes of somebody who waits follow on each other every 250 ms, and one of them may be lost.
constexpr Duration asks_on_within = std::chrono::milliseconds{600};
/// Less than the pause between two of them: the second says already that the first was answered in vain.
constexpr Duration shortest_answer = std::chrono::milliseconds{200};

}  // namespace

/// A datagram of this peer came directly, or will be sought where the user said.
void Machine::watch_link(Peer& peer, Turn& turn) {
  if (peer.link.is_up()) return;
  if (peer.link.is_watched()) return peer.link.reset(turn.now.boot);
  peer.link = mesh::Link(entry_of(peer.id) ? idle_link_of_entry : idle_link);
  peer.link.start(turn.now.boot);
}

/// Something of the peer's came over a link that seems dead: it is asked at once, or a lost answer would cost the
/// longest pause.
void Machine::hear_link(Peer& peer, Turn& turn) {
  if (peer.provisional || !peer.link.is_watched() || peer.link.is_up()) return;
  peer.link.reset(turn.now.boot);
  arm(peer);
}

void Machine::poll_link(Peer& peer, Turn& turn) {
  auto const& direct = dataplane_.activity(peer.slot).direct;
  switch (peer.link.poll({direct.last_data_sent, direct.last_received}, turn.now.boot)) {
    case mesh::Link::Verdict::quiet: return;
    case mesh::Link::Verdict::probe: return probe_link(peer, turn);
    case mesh::Link::Verdict::down: break;
  }
  leave_neighbour(peer, turn);
  call_again(peer.id, turn);
}

void Machine::probe_link(Peer& peer, Turn& turn) {
  auto const id = entropy_.value<std::uint64_t>();
  peer.link.on_probe_sent(id, turn.now.boot);
  auto const probe = wire::to_bytes(wire::Probe{id, !peer.link.is_up()});
  dataplane_.seal_control(peer.slot, probe, turn.now, turn.packets, dataplane::Way::direct);
}

void Machine::on_link_answer(Peer& peer, Turn& turn) {
  mesh::RoutingOutbox out;
  if (peer.is_neighbour) {
    mesh_.set_cost(peer.slot, peer.link.cost(), turn.now.boot, out);
  } else {
    mesh_.neighbour_up(peer.slot, peer.id, peer.link.cost(), turn.now.boot, out);
    peer.is_neighbour = true;
    remember_place(peer, turn);
  }
  mesh_.set_round_trip(peer.slot, peer.link.round_trip().value_or(Duration{}));
  take(out, turn);
  if (!peer.alive) come_alive(peer, dataplane_.endpoint(peer.slot), false, turn);
  dirty_peers_.insert(peer.slot.value);
  arm(peer);
}

/// Where it is, is proven only now if its session came to life through a relay.
void Machine::remember_place(Peer const& peer, Turn& turn) {
  auto const at = dataplane_.endpoint(peer.slot);
  auto const* const record = trust_.find(peer.id);
  if (record && record->last_endpoint != at) trust_.admit({peer.id, peer.key, turn.now.wall, at, {}, std::nullopt, {}});
}

/// The link broke, or leads to another life of the peer: what was learned over it is void at once.
void Machine::leave_neighbour(Peer& peer, Turn& turn) {
  if (!std::exchange(peer.is_neighbour, false)) return;
  with_mesh(turn, [&](auto& out) { mesh_.neighbour_down(peer.slot, turn.now.boot, out); });
  dirty_peers_.insert(peer.slot.value);
  // A relay may carry on, and the user's own address lead to it from here.
  for (auto& [entry_id, entry] : entries_)
    if (entry.peer == peer.id && entry.stage == Stage::connected) redial(entry, peer.last_dialled + redial_pace, turn);
}

/// What was proven about the link was proven to the life before.
void Machine::prove_anew(Peer& peer, Turn& turn) {
  leave_neighbour(peer, turn);
  if (!peer.link.is_watched()) return;
  peer.link.stop();
  watch_link(peer, turn);
}

void Machine::on_message(Peer& peer, wire::Update const& update, dataplane::Way came_by, Turn& turn) {
  if (came_by != dataplane::Way::direct) return dataplane_.count_drop(Drop::transit_refused);
  auto const before = mesh_.refusals();
  with_mesh(turn, [&](auto& out) { mesh_.on_update(peer.slot, update, turn.now.boot, out); });
  refuse_routes(before, peer, turn);
  if (peer.is_neighbour) ask_retracted(peer, update, turn);
}

/// Who lost a node that we reach ourselves may have noticed first that it is gone. That is a hint: our own link to it
/// proves or refutes it, at no higher price than traffic over it (Link::on_silence), whoever says it however often.
void Machine::ask_retracted(Peer const& by, wire::Update const& update, Turn& turn) {
  for (auto const& entry : update.entries) {
    auto* const peer = entry.metric == wire::retracted ? find(entry.node) : nullptr;
    if (!peer || peer->slot == by.slot || !peer->link.is_up()) continue;
    peer->link.on_silence(turn.now.boot);
    arm(*peer);
  }
}

void Machine::on_message(Peer& peer, wire::UpdateAck const& ack, dataplane::Way came_by, Turn& turn) {
  if (came_by != dataplane::Way::direct) return dataplane_.count_drop(Drop::transit_refused);
  with_mesh(turn, [&](auto& out) { mesh_.on_ack(peer.slot, ack, turn.now.boot, out); });
}

void Machine::on_message(Peer& peer, wire::SeqnoRequest const& request, dataplane::Way came_by, Turn& turn) {
  if (came_by != dataplane::Way::direct) return dataplane_.count_drop(Drop::transit_refused);
  with_mesh(turn, [&](auto& out) { mesh_.on_request(peer.slot, request, turn.now.boot, out); });
}

void Machine::take(mesh::RoutingOutbox const& out, Turn& turn) {
  for (auto const& [slot, message] : out.messages)
    dataplane_.seal_control(slot, wire::to_bytes(message), turn.now, turn.packets, dataplane::Way::direct);
  for (auto const& change : out.changes) take(change, turn);
  hasten_to_next_gateway(turn.now.boot);
  for (auto const slot : out.silent) {
    auto& peer = *find(slot);
    peer.link.on_silence(turn.now.boot);
    arm(peer);
  }
}

/// A direct link that is up is watched by itself. At the end of a longer way, or where the link was never proven,
/// somebody has to ask the ones that we want to keep.
void Machine::keep_alive(Peer& peer, Time now) {
  bool const is_wanted = entry_of(peer.id) || (routing_.phase != Routing::Phase::off && is_named_gateway(peer.id));
  peer.liveness.ask_when_idle(is_wanted && (peer.via || !peer.link.is_up()), now);
}

/// A peer that hears nothing, is answered, and goes on asking for longer than an answer takes, does not get what we
/// send by the relay, whatever comes from it. A direct link is watched by itself.
void Machine::hear_complaint(Peer& peer, Turn& turn) {
  auto const now = turn.now.boot;
  auto& [first, last] = peer.asked;
  if (now >= last + asks_on_within) first = now;
  last = now;
  if (!peer.via || !peer.alive || now < first + answer_takes(peer)) return;
  peer.liveness.on_unheard(now);
  arm(peer);
}

Duration Machine::answer_takes(Peer const& peer) {
  auto const expected = round_trip(peer).value_or(Duration::zero());
  return std::max(shortest_answer, expected + expected / 4);
}

/// The link to the relay works, and what goes to the peer by it is not answered: another way is tried while the peer is
/// still waited for.
void Machine::doubt_way_if_due(Peer& peer, Turn& turn) {
  auto const now = turn.now.boot;
  auto const unheard_since = peer.liveness.unheard_since();
  auto const trusted_until =
      unheard_since != never ? unheard_since + answer_takes(peer) : peer.liveness.waiting_since() + way_is_trusted_for;
  if (!peer.via || now < std::max(trusted_until, peer.doubted_way_at + way_is_tried_for)) return;
  peer.doubted_way_at = now;
  with_mesh(turn, [&](auto& out) { mesh_.doubt(peer.id, *peer.via, now, out); });
}

void Machine::take(mesh::RouteChange const& change, Turn& turn) {
  dataplane_.set_next_hop(change.destination, change.next_hop);
  turn.outbox.routes.push_back(change);
  listing_.dirty.insert(change.destination);
  if (is_named_gateway(change.destination)) gateways_sought_ = Time{};
  auto* const peer = find(change.destination);
  if (!peer) return;
  auto const* const relay = peer->via ? find(*peer->via) : nullptr;
  bool const was_relayed = relay != nullptr;
  bool const is_own_link = !relay || !relay->is_neighbour;
  follow_route(*peer);
  keep_alive(*peer, turn.now.boot);
  if (routing_.gateway == peer->id) routing_.lost_relay = !change.next_hop && was_relayed && is_own_link;
  if (change.next_hop) {
    peer->given_up_at = never;
    begin_asking(*peer, turn);
  } else if (peer->alive && !peer->link.is_up()) {
    peer->given_up_at = turn.now.boot + (is_own_link ? link_is_awaited_for : way_is_sought_for);
  }
  arm(*peer);
}

/// After what changed is known as a whole: a gateway that lost its way with the one in use is none to go on with.
void Machine::hasten_to_next_gateway(Time now) {
  auto* const peer = routing_.gateway ? find(*routing_.gateway) : nullptr;
  auto const hastened = now + gateway_is_awaited_for;
  if (!peer || peer->given_up_at == never || peer->given_up_at <= hastened) return;
  auto const usable = candidates();
  bool const has_next = std::any_of(usable.begin(), usable.end(), [&](auto const& one) { return one.id != peer->id; });
  // What some neighbour offers and is not used now is worth asking for.
  if (!has_next || mesh_.is_offered(peer->id)) return;
  peer->given_up_at = hastened;
  arm(*peer);
}

void Machine::give_up_if_due(Peer& peer, Turn& turn) {
  if (turn.now.boot < peer.given_up_at) return;
  peer.given_up_at = never;
  if (!peer.link.is_up() && !mesh_.route(peer.id)) lose(peer, "there is no way to it any more", turn);
}

/// Of the way that the peer's datagrams take.
std::optional<Duration> Machine::round_trip(Peer const& peer) {
  return !peer.via && peer.link.round_trip() ? peer.link.round_trip() : peer.rtt;
}

/// The peer's own datagrams go the way that routing chose; without one, to its endpoint.
void Machine::follow_route(Peer& peer) {
  auto const route = mesh_.route(peer.id);
  peer.via = route && route->next_hop != peer.slot ? std::optional(route->next_hop) : std::nullopt;
  dataplane_.set_relay(peer.slot, peer.via);
  dirty_peers_.insert(peer.slot.value);
}

}  // namespace pim::control
