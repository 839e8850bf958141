// What the packet path could not settle itself: signs of life, wishes, and the control messages of peers.
// A message counts only for the peer in whose own session it was heard.
#include <algorithm>

#include "control/machine.hpp"
#include "mesh/addresses.hpp"

namespace pim::control {
namespace {

/// A peer that seems to have lost our session is called again this often at most.
constexpr Duration recall_interval = std::chrono::seconds{5};

}  // namespace

void Machine::on_frame(dataplane::ControlMessage const& frame, Turn& turn) {
  auto* const peer = find(frame.peer);
  if (!peer) return;
  if (!frame.from.is_direct()) return dataplane_.count_drop(Drop::transit_refused);
  auto const message = wire::parse_control(frame.plaintext);
  if (!message) return dataplane_.count_drop(Drop::malformed_control);
  std::visit([&](auto const& one) { on_message(*peer, one, turn); }, *message);
}

void Machine::on_frame(dataplane::KeyConfirmed const& frame, Turn& turn) {
  auto* const peer = find(frame.peer);
  if (!peer) return;
  auto const change = peer->keys.confirmed(frame.local, turn.now.boot);
  bool const is_another_life = change.seal_with && begin_life(*peer, peer->next_life);
  apply(*peer, change, turn);
  if (!change.seal_with) return;
  note(ledger_.reach(peer->inbound_attempt, trust::Step::established, peer->id), turn);
  come_alive(*peer, dataplane_.endpoint(peer->slot).value_or(Endpoint{}), is_another_life, turn);
}

void Machine::on_frame(dataplane::EndpointMoved const& frame, Turn& turn) {
  auto* const peer = find(frame.peer);
  if (!peer) return;
  by_endpoint_.insert_or_assign(frame.to, peer->slot);
  std::erase_if(by_endpoint_, [&](auto const& one) { return one.second == peer->slot && one.first != frame.to; });
  trust_.admit({peer->id, peer->key, turn.now.wall, frame.to, {}, std::nullopt, {}});
  dirty_peers_.insert(peer->slot.value);
}

void Machine::on_frame(dataplane::AnswerAwaited const& frame, Turn& turn) {
  auto* const peer = find(frame.peer);
  if (!peer) return;
  peer->liveness.on_awaited(turn.now.boot);
  arm(*peer);
}

void Machine::on_frame(dataplane::SessionWanted const& frame, Turn& turn) {
  auto* const peer = find(frame.peer);
  if (!peer) return;
  if (auto const at = dataplane_.endpoint(peer->slot)) start_handshake(peer->id, peer->key, {*at}, false, turn);
}

void Machine::on_frame(dataplane::RekeyWanted const& frame, Turn& turn) {
  auto* const peer = find(frame.peer);
  if (!peer) return;
  if (auto const at = dataplane_.endpoint(peer->slot)) start_handshake(peer->id, peer->key, {*at}, false, turn);
}

void Machine::on_frame(dataplane::UnknownReceiver const& frame, Turn& turn) {
  if (!frame.from.is_direct()) return;
  auto const at = by_endpoint_.find(frame.from.endpoint);
  auto* const peer = at == by_endpoint_.end() ? nullptr : find(at->second);
  if (!peer || peer->provisional || turn.now.boot < peer->last_dialled + recall_interval) return;
  start_handshake(peer->id, peer->key, {frame.from.endpoint}, false, turn);
}

void Machine::on_frame(dataplane::AddressWanted const& frame, Turn& turn) {
  dataplane_.refuse(frame.packet, turn.now, turn.packets);
}

/// Direct links are watched by what is awaited on them.
void Machine::on_frame(dataplane::PathBusy const&, Turn&) {}

void Machine::on_message(Peer& peer, wire::Hello const& hello, Turn& turn) {
  dataplane_.seal_control(peer.slot, wire::to_bytes(wire::HelloAck{hello.sequence}), turn.now, turn.packets);
  if (peer.introduced && hello.sequence <= peer.hello_sequence) return;
  peer.introduced = true;
  peer.hello_sequence = hello.sequence;
  peer.name = hello.name;
  peer.offer.reset();
  if (hello.offer)
    peer.offer = GatewayOffer{hello.offer->priority, hello.offer->load, (hello.offer->families & wire::family_v4) != 0,
                              (hello.offer->families & wire::family_v6) != 0};
  claim_alias(peer, hello.v4_alias, turn);
  if (!peer.rtt) probe(peer, turn);
  dirty_peers_.insert(peer.slot.value);
}

void Machine::on_message(Peer& peer, wire::HelloAck const& ack, Turn&) {
  if (ack.sequence != peer.announcement.sequence) return;
  peer.announcement.next = never;
  arm(peer);
}

void Machine::on_message(Peer& peer, wire::Probe const& probe, Turn& turn) {
  dataplane_.seal_control(peer.slot, wire::to_bytes(wire::ProbeReply{probe.id}), turn.now, turn.packets);
}

void Machine::on_message(Peer& peer, wire::ProbeReply const& reply, Turn& turn) {
  if (reply.id != peer.probe_id) return;
  peer.probe_id = entropy_.value<std::uint64_t>();  // the same reply again says nothing about time
  auto const sample = turn.now.boot - peer.probe_sent;
  peer.rtt = peer.rtt ? (*peer.rtt * 7 + sample) / 8 : sample;
  dirty_peers_.insert(peer.slot.value);
}

void Machine::on_message(Peer& peer, wire::Goodbye const& goodbye, Turn& turn) {
  apply(peer, peer.keys.clear(), turn);
  lose(peer, goodbye.reason == wire::GoodbyeReason::forgotten ? "it forgot us" : "it said goodbye", turn);
}

// This node does not route: what a neighbour says of routes is counted and dropped.
void Machine::on_message(Peer&, wire::Update const&, Turn&) { dataplane_.count_drop(Drop::malformed_control); }
void Machine::on_message(Peer&, wire::UpdateAck const&, Turn&) { dataplane_.count_drop(Drop::malformed_control); }
void Machine::on_message(Peer&, wire::SeqnoRequest const&, Turn&) { dataplane_.count_drop(Drop::malformed_control); }

void Machine::claim_alias(Peer& peer, std::array<std::uint8_t, 4> const& alias, Turn& turn) {
  auto const* const entry = entry_of(peer.id);
  std::optional<IpAddress> claim = IpAddress::from_bytes(alias);
  if (entry && entry->config.mesh_v4) claim = entry->config.mesh_v4;
  if (!mesh::is_usable_alias(*claim)) claim.reset();
  if (claim == peer.v4) return;
  bool const is_taken = claim && std::any_of(slots_.begin(), slots_.end(), [&](auto const& other) {
                          return other && other.get() != &peer && !other->provisional && other->v4 == claim;
                        });
  if (claim == own_v4_ && !settings_.mesh_v4 && self_ > peer.id) {
    // Two newcomers met: the one with the larger id moves.
    own_v4_ = mesh::v4_alias(self_, ++alias_attempt_);
    announce_to_all(turn);
    plan_dirty_ = true;
  } else if (is_taken || claim == own_v4_) {
    log(turn, LogLevel::warn, short_id(peer.id) + " claims " + to_string(*claim) + ", which another node holds",
        peer.id);
    claim.reset();
  }
  peer.v4 = claim;
  table_dirty_ = plan_dirty_ = true;
}

}  // namespace pim::control
