// Handshakes and key queries that others begin. Whoever does not know our key gets silence; an answer is
// never longer than its cause; nothing is remembered of a stranger before its first data verifies.
#include <algorithm>

#include "control/machine.hpp"
#include "crypto/hash.hpp"

namespace pim::control {
namespace {

/// Handshakes per second beyond which a cookie is asked for first.
constexpr unsigned load_limit = 200;

trust::HandshakeTimestamp to_trust(wire::Timestamp const& timestamp) {
  return {timestamp.seconds, timestamp.nanoseconds};
}

/// The sender index stands at the same place in initiations and responses.
ReceiverIndex sender_of(Bytes datagram) { return {load_be<std::uint32_t>(datagram.data() + wire::prefix_size)}; }

}  // namespace

void Machine::on_frame(dataplane::HandshakeDatagram const& frame, Turn& turn) {
  auto const kind = wire::peek(frame.datagram);
  if (!kind) return dataplane_.count_drop(Drop::malformed_datagram);
  auto const& from = frame.from;
  switch (*kind) {
    case wire::Kind::initiation: return on_initiation(from, frame.datagram, turn);
    case wire::Kind::response: return on_response(from, frame.datagram, turn);
    case wire::Kind::cookie_reply: return on_cookie_reply(frame.datagram, turn);
    case wire::Kind::key_query: return on_key_query(from.endpoint, frame.datagram, turn);
    case wire::Kind::key_reply: return on_key_reply(frame.datagram, turn);
    case wire::Kind::data: return;
  }
}

bool Machine::may_handshake(dataplane::Origin const& from, Bytes datagram, ReceiverIndex sender, Turn& turn) {
  if (!own_mac_.verify(datagram)) {
    dataplane_.count_drop(Drop::bad_mac1);
    return false;
  }
  if (!limiter_.allow(from, turn.now.boot)) {
    dataplane_.count_drop(Drop::rate_limited);
    return false;
  }
  if (turn.now.boot >= load_window_ + std::chrono::seconds{1}) {
    load_window_ = turn.now.boot;
    load_count_ = 0;
  }
  if (++load_count_ <= load_limit || cookies_.verify(turn.now.boot, source_of(from), datagram)) return true;
  auto const reply = cookies_.make_reply(entropy_, turn.now.boot, source_of(from), datagram);
  answer(from, wire::make_cookie_reply({sender, reply.salt, reply.sealed}), turn);
  dataplane_.count_drop(Drop::rate_limited);
  return false;
}

void Machine::on_initiation(dataplane::Origin const& from, Bytes datagram, Turn& turn) {
  auto const frame = wire::parse_initiation(datagram);
  if (!frame) return dataplane_.count_drop(Drop::malformed_datagram);
  if (!may_handshake(from, datagram, sender_of(datagram), turn)) return;

  noise::Responder responder(identity_, prologue_, psk_ ? &*psk_ : nullptr);
  auto const opened = responder.read_initiation(frame->noise);
  auto const greeting = opened ? wire::parse_greeting(opened->payload) : std::nullopt;
  if (!opened || !greeting) {
    dataplane_.count_drop(Drop::handshake_rejected);
    return refuse_inbound(from,
                          {trust::PairFailure::noise_handshake_rejected, std::nullopt, NodeId{},
                           "its first message does not verify: another network name or secret, or another key"},
                          turn);
  }
  // A relay that took it out of its frame would pass for its sender's address, here and where the answer goes.
  if (greeting->is_relayed == from.is_direct()) return dataplane_.count_drop(Drop::transit_refused);
  auto const id = crypto::node_id_of(opened->initiator);
  bool const is_claimed = from.is_direct() || from.source == id;
  if (id == self_ || !is_claimed) return dataplane_.count_drop(Drop::handshake_rejected);
  if (auto const verdict = trust_.judge_inbound(id, opened->initiator); !verdict) {
    dataplane_.count_drop(Drop::untrusted_peer);
    return refuse_inbound(from, verdict.error(), turn);
  }
  auto const* const record = trust_.find(id);
  auto* peer = find(id);
  auto newest = peer ? peer->last_timestamp : trust::HandshakeTimestamp{};
  if (record) newest = std::max(newest, record->last_timestamp);
  auto const timestamp = to_trust(greeting->timestamp);
  if (timestamp <= newest) return dataplane_.count_drop(Drop::handshake_rejected);

  if (!peer) peer = make_peer(id, opened->initiator, turn);
  if (!peer) return dataplane_.count_drop(Drop::rate_limited);
  peer->last_timestamp = timestamp;
  answer_initiation(from, *frame, responder, greeting->boot_epoch, *peer, turn);
}

void Machine::answer_initiation(dataplane::Origin const& from, wire::Initiation const& frame,
                                noise::Responder& responder, wire::BootEpoch life, Peer& peer, Turn& turn) {
  Buffer message;
  if (!responder.write_response(entropy_, wire::to_bytes(boot_epoch_), message))
    return dataplane_.count_drop(Drop::handshake_rejected);
  peer.inbound_attempt = ledger_.begin(describe(from), peer.id, trust::Step::initiation_received, turn.now.wall);
  auto const local = fresh_index();
  auto datagram = wire::make_response({local, frame.sender, message});
  noise::MacKey(peer.key, as_bytes(settings_.secret)).stamp(datagram);
  install(peer, local, frame.sender, responder.split(), life, false, turn);
  // A replayed message must not move a living peer's endpoint; its first data will.
  if (!peer.alive && from.is_direct()) set_endpoint(peer, from.endpoint);
  if (from.is_direct()) hear_link(peer, turn);
  answer(from, datagram, turn);
  note(ledger_.reach(peer.inbound_attempt, trust::Step::response_sent), turn);
  // The answer may get lost, and whoever calls rests for up to a minute; of a peer that restarted we would not notice.
  // Nobody is called whom we never met: a stranger could name another's address as its own.
  bool const is_as_before = peer.alive && peer.life == life;
  if (is_as_before || !from.is_direct() || !trust_.find(peer.id)) return;
  peer.call_back_at = std::min(peer.call_back_at, turn.now.boot + session::answer_patience);
  arm(peer);
}

void Machine::refuse_inbound(dataplane::Origin const& from, trust::Refused const& refused, Turn& turn) {
  auto const address = describe(from);
  // Strangers may be many: what is not said is not kept either, or they would push out the user's own entries.
  if (!stranger_failures_.allow(address, turn.now.boot)) return;
  std::optional<NodeId> const seen = refused.seen == NodeId{} ? std::nullopt : std::optional(refused.seen);
  auto const attempt = ledger_.begin(address, seen, trust::Step::initiation_received, turn.now.wall);
  note(ledger_.fail(attempt, refused), turn);
  PeerView view;
  view.id = seen;
  view.address = address;
  if (from.is_direct()) view.endpoint = from.endpoint;
  view.state = PeerState::failed;
  emit(PeerEventKind::pair_failed, std::move(view), turn,
       std::string(trust::to_string(refused.reason)) + ": " + std::string(refused.detail));
}

void Machine::on_key_query(Endpoint const& from, Bytes datagram, Turn& turn) {
  auto const nonce = queries_.parse_query(datagram);
  if (!nonce) return dataplane_.count_drop(Drop::bad_mac1);
  if (trust_.policy() == trust::Policy::allow_list) return dataplane_.count_drop(Drop::untrusted_peer);
  if (!limiter_.allow(from.ip, turn.now.boot)) return dataplane_.count_drop(Drop::rate_limited);
  send(from, queries_.make_reply(*nonce, identity_.public_key()), turn);
  // Who asks from where a peer was is most likely that peer, looking for us: its link may work again.
  auto const at = by_endpoint_.find(from);
  if (auto* const peer = at == by_endpoint_.end() ? nullptr : find(at->second)) hear_link(*peer, turn);
}

}  // namespace pim::control
