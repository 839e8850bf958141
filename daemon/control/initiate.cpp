// Handshakes that we begin: one attempt per node at a time, several initiations per attempt, to every
// address that may be it; the first answer that verifies wins.
#include <algorithm>

#include "control/machine.hpp"
#include "crypto/hash.hpp"

namespace pim::control {
namespace {

wire::Timestamp to_wire(WallTime at) {
  auto const since_epoch = at.time_since_epoch();
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
  return {static_cast<std::uint64_t>(seconds.count()), static_cast<std::uint32_t>((since_epoch - seconds).count())};
}

/// After a restart this many of the peers last seen are told at once.
constexpr std::size_t max_reconnects = 64;

}  // namespace

void Machine::start_handshake(NodeId const& id, PublicKey const& key, std::vector<Endpoint> targets, bool urgent,
                              Turn& turn, Ways ways) {
  if (impaired_ || stopping_ || id == self_ || (targets.empty() && !is_beyond(id))) return;
  auto const running = outgoing_.find(id);
  if (running != outgoing_.end()) return join(running->second, targets, urgent, turn, ways);
  auto const number = ++last_outgoing_;
  session::InitiationSchedule const schedule(turn.now.boot, settings_.handshake_timeout, urgent);
  outgoing_.emplace(id, Outgoing{number, id, key, std::move(targets), ways, schedule});
  if (auto* const peer = find(id)) peer->last_dialled = turn.now.boot;
  on_handshake_timer(number, turn);
}

/// Who calls by all ways knows where the node was: the place that came first, perhaps one that is only said to be its
/// own, gives way to that. The attempt begins anew for what is new, and when nothing more would be sent.
void Machine::join(Outgoing& running, std::vector<Endpoint> const& targets, bool urgent, Turn& turn, Ways ways) {
  auto& known = running.targets;
  bool const by_all = ways == Ways::all;
  bool is_due = (urgent && !running.schedule.is_urgent()) ||
                (by_all && (running.ways != Ways::all || running.schedule.is_spent()));
  for (auto const& target : targets) {
    if (std::ranges::find(known, target) != known.end()) continue;
    bool const is_full = known.size() == max_candidates;
    if (is_full && !by_all) break;
    if (is_full) known.erase(known.begin());
    known.push_back(target);
    is_due = true;
  }
  if (by_all) running.ways = Ways::all;
  if (is_due) begin_anew(running, urgent, turn);
}

void Machine::begin_anew(Outgoing& running, bool urgent, Turn& turn) {
  running.schedule = {turn.now.boot, settings_.handshake_timeout, urgent || running.schedule.is_urgent()};
  if (auto* const peer = find(running.id)) peer->last_dialled = turn.now.boot;
  on_handshake_timer(running.number, turn);
}

/// The node that it is with showed itself.
void Machine::retry_handshake(NodeId const& id, Turn& turn) {
  auto const running = outgoing_.find(id);
  if (running == outgoing_.end()) return;
  running->second.schedule.restart(turn.now.boot);
  on_handshake_timer(running->second.number, turn);
}

void Machine::on_handshake_timer(std::uint32_t number, Turn& turn) {
  auto const at =
      std::find_if(outgoing_.begin(), outgoing_.end(), [&](auto const& one) { return one.second.number == number; });
  if (at == outgoing_.end()) return;
  auto& outgoing = at->second;
  if (turn.now.boot >= outgoing.schedule.gives_up_at()) return end_handshake(NodeId{outgoing.id});
  if (outgoing.schedule.take_due(turn.now.boot)) send_initiation(outgoing, turn);
  timers_.arm({TimerKey::Kind::handshake, number}, outgoing.schedule.next_deadline());
}

/// One for each kind of way, as each says how it travels. They are of one moment, so the responder answers the first
/// that comes and no other, and both ends have the same keys.
void Machine::send_initiation(Outgoing& outgoing, Turn& turn) {
  auto const at = to_wire(timestamps_.next(turn.now.wall));
  if (!outgoing.targets.empty())
    if (auto const datagram = write_initiation(outgoing, at, false))
      for (auto const& target : outgoing.targets) send(target, *datagram, turn);
  if (outgoing.ways == Ways::all && is_beyond(outgoing.id))
    if (auto const datagram = write_initiation(outgoing, at, true)) send_beyond(outgoing.id, *datagram, turn);
}

/// Nothing for a key of low order.
std::optional<Buffer> Machine::write_initiation(Outgoing& outgoing, wire::Timestamp const& at, bool is_relayed) {
  noise::Initiator handshake(identity_, outgoing.key, prologue_, psk_ ? &*psk_ : nullptr);
  Buffer message;
  if (!handshake.write_initiation(entropy_, wire::to_bytes(wire::Greeting{at, boot_epoch_, is_relayed}), message))
    return std::nullopt;
  if (outgoing.pending.size() == max_pending) {
    indices_.erase(outgoing.pending.front().local.value);
    outgoing.pending.erase(outgoing.pending.begin());
  }
  auto const local = fresh_index();
  indices_.emplace(local.value, outgoing.id);
  auto datagram = wire::make_initiation({local, message});
  auto const mac1 = noise::MacKey(outgoing.key, as_bytes(settings_.secret))
                        .stamp(datagram, outgoing.cookie ? &*outgoing.cookie : nullptr);
  outgoing.pending.push_back({local, std::move(handshake), mac1, is_relayed});
  return datagram;
}

/// The attempt goes on with new ones. An answer to these may come from a life that is over.
void Machine::forget_initiations(NodeId const& id) {
  auto const at = outgoing_.find(id);
  if (at == outgoing_.end()) return;
  for (auto const& pending : at->second.pending) indices_.erase(pending.local.value);
  at->second.pending.clear();
}

void Machine::end_handshake(NodeId const& id) {
  forget_initiations(id);
  auto const at = outgoing_.find(id);
  if (at == outgoing_.end()) return;
  timers_.arm({TimerKey::Kind::handshake, at->second.number}, never);
  outgoing_.erase(at);
}

void Machine::on_response(dataplane::Origin const& from, Bytes datagram, Turn& turn) {
  auto const frame = wire::parse_response(datagram);
  if (!frame) return dataplane_.count_drop(Drop::malformed_datagram);
  if (!own_mac_.verify(datagram)) return dataplane_.count_drop(Drop::bad_mac1);
  auto const owner = indices_.find(frame->receiver.value);
  auto const at = owner == indices_.end() ? outgoing_.end() : outgoing_.find(owner->second);
  if (at == outgoing_.end()) return dataplane_.count_drop(Drop::unknown_receiver);
  auto& pending = at->second.pending;
  auto const mine =
      std::find_if(pending.begin(), pending.end(), [&](auto const& one) { return one.local == frame->receiver; });
  if (mine == pending.end()) return dataplane_.count_drop(Drop::unknown_receiver);
  // Responders answer by the way that an initiation came. One on another way was taken from its own, and its sender's
  // address is not the responder's; the handshake goes on waiting.
  if (mine->is_relayed == from.is_direct()) return dataplane_.count_drop(Drop::transit_refused);
  auto const id = at->second.id;
  auto const payload = mine->handshake.read_response(frame->noise);
  auto const life = payload ? wire::parse_boot_epoch(*payload) : std::nullopt;
  if (!life) {
    dataplane_.count_drop(Drop::handshake_rejected);
    auto const entry = std::ranges::find_if(entries_, [&](auto const& one) { return one.second.tried == id; });
    if (entry != entries_.end()) {
      trust::Refused const refused{trust::PairFailure::noise_handshake_rejected, id, NodeId{},
                                   "its second message does not verify"};
      report_failure(own_failures_, entry->second.pin_address, view_of(entry->second), refused, turn);
    }
    return;
  }
  accept_response(from, id, mine->local, frame->sender, mine->handshake, *life, turn);
}

void Machine::accept_response(dataplane::Origin const& from, NodeId const& id, ReceiverIndex local,
                              ReceiverIndex remote, noise::Initiator& handshake, wire::BootEpoch life, Turn& turn) {
  auto keys = handshake.split();
  auto const key = outgoing_.at(id).key;
  end_handshake(id);
  auto const verdict = trust_.judge_inbound(id, key);
  auto* const peer = verdict ? make_peer(id, key, turn) : nullptr;
  if (!peer) return dataplane_.count_drop(Drop::untrusted_peer);
  auto const at = from.is_direct() ? std::optional(from.endpoint) : std::nullopt;
  if (at) set_endpoint(*peer, *at);
  bool const is_another_life = begin_life(*peer, life, turn);
  install(*peer, local, remote, std::move(keys), life, true, turn);
  come_alive(*peer, at, is_another_life, turn);
  // The other side seals nothing before it has heard from us under the new keys.
  if (peer->announcement.next == never) dataplane_.seal_control(peer->slot, {}, turn.now, turn.packets);
}

void Machine::on_cookie_reply(Bytes datagram, Turn&) {
  auto const frame = wire::parse_cookie_reply(datagram);
  if (!frame) return dataplane_.count_drop(Drop::malformed_datagram);
  auto const owner = indices_.find(frame->receiver.value);
  auto const at = owner == indices_.end() ? outgoing_.end() : outgoing_.find(owner->second);
  if (at == outgoing_.end()) return dataplane_.count_drop(Drop::unknown_receiver);
  noise::SealedCookie reply;
  std::copy(frame->salt.begin(), frame->salt.end(), reply.salt.begin());
  std::copy(frame->sealed.begin(), frame->sealed.end(), reply.sealed.begin());
  auto const cookie_key = noise::make_cookie_key(at->second.key, as_bytes(settings_.secret));
  for (auto const& pending : at->second.pending)
    if (pending.local == frame->receiver) at->second.cookie = noise::open_cookie(cookie_key, pending.mac1, reply);
}

void Machine::reconnect_to_known(Turn& turn) {
  auto const records = trust_.snapshot().records;
  std::size_t started = 0;
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (!record->last_endpoint || !trust_.judge_inbound(record->id, record->key)) continue;
    at_start_.emplace(record->last_endpoint->ip, record->id);
    if (started == max_reconnects) continue;
    bool const is_dialled = std::any_of(entries_.begin(), entries_.end(),
                                        [&](auto const& one) { return expected_key(one.second) == record->key; });
    if (is_dialled) continue;
    start_handshake(record->id, record->key, {*record->last_endpoint}, false, turn);
    ++started;
  }
}

}  // namespace pim::control
