// What the packet path could not settle itself: signs of life, wishes, and the control messages of peers.
// A message counts only for the peer in whose own session it was heard.
#include <algorithm>

#include "control/machine.hpp"

namespace pim::control {
/// Null when the key is not the peer's any more. It was used in one batch with what made it void, such as the first
/// word of another life, or a stranger to whom the place of a silent peer was given.
Peer* Machine::find(PeerSlot slot, ReceiverIndex local) {
  auto* const peer = find(slot);
  auto const owner = indices_.find(local.value);
  return peer && owner != indices_.end() && owner->second == peer->id ? peer : nullptr;
}

void Machine::on_frame(dataplane::ControlMessage const& frame, Turn& turn) {
  auto* const peer = find(frame.peer, frame.local);
  if (!peer) return dataplane_.count_drop(Drop::unknown_receiver);
  auto const message = wire::parse_control(frame.plaintext);
  if (!message) return dataplane_.count_drop(Drop::malformed_control);
  auto const came_by = frame.from.is_direct() ? dataplane::Way::direct : dataplane::Way::chosen;
  std::visit([&](auto const& one) { on_message(*peer, one, came_by, turn); }, *message);
}

void Machine::on_frame(dataplane::KeyConfirmed const& frame, Turn& turn) {
  auto* const peer = find(frame.peer, frame.local);
  if (!peer) return;
  auto const change = peer->keys.confirmed(frame.local, turn.now.boot);
  bool const is_another_life = change.seal_with && begin_life(*peer, peer->keys.life(), turn);
  apply(*peer, change, turn);
  if (!change.seal_with) return;
  note(ledger_.reach(peer->inbound_attempt, trust::Step::established, peer->id), turn);
  auto const at = frame.from.is_direct() ? dataplane_.endpoint(peer->slot) : std::nullopt;
  come_alive(*peer, at, is_another_life, turn);
}

void Machine::on_frame(dataplane::EndpointMoved const& frame, Turn& turn) {
  auto* const peer = find(frame.peer, frame.local);
  if (!peer) return;
  leave_endpoint(*peer, frame.from);
  by_endpoint_.insert_or_assign(frame.to, peer->slot);
  trust_.admit({peer->id, peer->key, turn.now.wall, frame.to, {}, std::nullopt, {}});
  peer->link.reset(turn.now.boot);
  if (!peer->provisional) watch_link(*peer, turn);
  arm(*peer);
  dirty_peers_.insert(peer->slot.value);
}

void Machine::on_frame(dataplane::AnswerAwaited const& frame, Turn& turn) {
  auto* const peer = find(frame.peer);
  if (!peer) return;
  peer->liveness.on_awaited(turn.now.boot);
  begin_asking(*peer, turn);
  arm(*peer);
}

void Machine::on_frame(dataplane::PathBusy const& frame, Turn&) {
  auto* const peer = find(frame.peer);
  if (!peer || frame.relayed) return;
  peer->link.on_traffic();
  arm(*peer);
}

void Machine::on_frame(dataplane::PathHeard const& frame, Turn& turn) {
  if (auto* const peer = find(frame.peer)) hear_link(*peer, turn);
}

void Machine::on_frame(dataplane::SessionWanted const& frame, Turn& turn) {
  if (auto const* const peer = find(frame.peer)) call(*peer, false, turn);
}

void Machine::on_frame(dataplane::RekeyWanted const& frame, Turn& turn) {
  if (auto const* const peer = find(frame.peer)) call(*peer, false, turn);
}

void Machine::on_message(Peer& peer, wire::Hello const& hello, dataplane::Way, Turn& turn) {
  dataplane_.seal_control(peer.slot, wire::to_bytes(wire::HelloAck{hello.sequence}), turn.now, turn.packets);
  announce_if_owed(peer, turn);
  if (peer.introduced && hello.sequence <= peer.hello_sequence) return;
  peer.introduced = true;
  peer.hello_sequence = hello.sequence;
  peer.name = hello.name;
  // It introduces itself under new keys: it may have lost us meanwhile, and all that we said, without our knowing.
  if (peer.alive && peer.announcement.begun < peer.last_handshake) announce(peer, turn);
  hear_offer(peer, hello.offer, turn);
  claim_alias(peer, IpAddress::from_bytes(hello.v4_alias), turn);
  if (!peer.rtt) probe(peer, turn);
  dirty_peers_.insert(peer.slot.value);
}

void Machine::on_message(Peer& peer, wire::HelloAck const& ack, dataplane::Way, Turn&) {
  if (ack.sequence != peer.announcement.sequence) return;
  peer.announcement.next = never;
  peer.announcement.is_acknowledged = true;
  arm(peer);
}

void Machine::on_message(Peer& peer, wire::Probe const& probe, dataplane::Way came_by, Turn& turn) {
  dataplane_.seal_control(peer.slot, wire::to_bytes(wire::ProbeReply{probe.id}), turn.now, turn.packets, came_by);
  announce_if_owed(peer, turn);
  begin_asking(peer, turn);
  if (came_by != dataplane::Way::direct) {
    if (probe.hears_nothing) hear_complaint(peer, turn);
    return;
  }
  if (peer.provisional) return;
  peer.link.on_asked(probe.hears_nothing, turn.now.boot);
  watch_link(peer, turn);
  arm(peer);
}

void Machine::on_message(Peer& peer, wire::ProbeReply const& reply, dataplane::Way came_by, Turn& turn) {
  announce_if_owed(peer, turn);
  if (came_by == dataplane::Way::direct && peer.link.on_reply(reply.id, turn.now.boot))
    return on_link_answer(peer, turn);
  auto const probe =
      std::ranges::find_if(peer.probes, [&](SentProbe const& one) { return one.id == reply.id && one.sent != Time{}; });
  if (probe == peer.probes.end()) return;
  probe->id = entropy_.value<std::uint64_t>();  // the same reply again says nothing
  if (probe->sent >= peer.liveness.unheard_since()) peer.liveness.on_answer();
  auto const sample = turn.now.boot - probe->sent;
  peer.rtt = peer.rtt ? (*peer.rtt * 7 + sample) / 8 : sample;
  dirty_peers_.insert(peer.slot.value);
  if (peer.alive || peer.provisional) return;
  come_alive(peer, came_by == dataplane::Way::direct ? dataplane_.endpoint(peer.slot) : std::nullopt, false, turn);
}

void Machine::on_message(Peer& peer, wire::Goodbye const& goodbye, dataplane::Way, Turn& turn) {
  bool const is_forgotten = goodbye.reason == wire::GoodbyeReason::forgotten;
  apply(peer, peer.keys.clear(), turn);
  end_session(peer, is_forgotten ? "it forgot us" : "it said goodbye", turn);
}

}  // namespace pim::control
