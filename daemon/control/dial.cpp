// Entries: peers that the user named by address, and the attempts to reach them.
#include <algorithm>
#include <utility>

#include "control/machine.hpp"
#include "crypto/hash.hpp"

namespace pim::control {
namespace {

std::string pin_name(HostPort const& address) {
  bool const is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

/// An entry is an address: who is reached already is called there alone.
Ways ways_to(Peer const* peer) { return peer && peer->alive ? Ways::direct : Ways::all; }

bool is_candidate(Entry const& entry, Endpoint const& at) {
  return std::find(entry.candidates.begin(), entry.candidates.end(), at) != entry.candidates.end();
}

}  // namespace

void Machine::add_entry(PeerEntry config, Turn& turn) {
  auto const id = config.entry_id;
  auto const [at, is_new] = entries_.try_emplace(id);
  if (!is_new) return;
  auto& entry = at->second;
  entry.config = std::move(config);
  entry.row = ++last_row_;
  entry.pin_address = pin_name(entry.config.address);
  redial(entry, turn.now.boot, turn);
}

void Machine::remove_entry(std::string const& entry_id, Turn& turn) {
  auto const at = entries_.find(entry_id);
  if (at == entries_.end()) return;
  timers_.arm({TimerKey::Kind::entry, at->second.row}, never);
  if (auto const& shown = at->second.shown) {
    if (shown->id) listing_.dirty.insert(*shown->id);
    turn.outbox.notes.emplace_back(PeerGone{at->second.row, std::nullopt});
  }
  auto const peer = at->second.peer;
  dirty_entries_.erase(entry_id);
  entries_.erase(at);
  if (auto* const known = peer ? find(*peer) : nullptr) dirty_peers_.insert(known->slot.value);
  table_dirty_ = planning_.is_due = true;
}

void Machine::redial(Entry& entry, Time at, Turn const& turn) {
  entry.stage = Stage::resting;
  entry.next = std::max(at, turn.now.boot);
  arm(entry);
  dirty_entries_.insert(entry.config.entry_id);
}

/// Those that rest are called by then.
void Machine::hasten_entries(Time by) {
  for (auto& [entry_id, entry] : entries_) {
    if (entry.stage != Stage::resting) continue;
    entry.next = std::min(entry.next, by);
    arm(entry);
  }
}

void Machine::arm(Entry const& entry) {
  auto at = never;
  if (impaired_ || stopping_) {
    at = never;
  } else if (entry.stage == Stage::resting) {
    at = entry.next;
  } else if (entry.schedule && entry.stage != Stage::connected) {
    at = entry.schedule->next_deadline();
    if (entry.stage == Stage::initiating && !entry.diagnosed)
      at = std::min(at, entry.schedule->started() + session::diagnose_after);
  }
  timers_.arm({TimerKey::Kind::entry, entry.row}, at);
}

void Machine::on_entry_timer(std::uint32_t row, Turn& turn) {
  auto const at =
      std::find_if(entries_.begin(), entries_.end(), [&](auto const& one) { return one.second.row == row; });
  if (at == entries_.end()) return;
  auto& entry = at->second;
  auto const now = turn.now.boot;
  if (entry.stage == Stage::resting) return begin_attempt(entry, turn);
  if (entry.stage == Stage::connected) return;
  if (now >= entry.schedule->gives_up_at()) return give_up(entry, turn);
  bool const is_due = entry.schedule->take_due(now);
  if (entry.stage == Stage::querying && is_due) query_key(entry, turn);
  if (entry.stage == Stage::initiating && !entry.diagnosed &&
      now >= entry.schedule->started() + session::diagnose_after) {
    entry.diagnosed = true;
    query_key(entry, turn);
  }
  arm(entry);
}

void Machine::begin_attempt(Entry& entry, Turn& turn) {
  entry.schedule.emplace(turn.now.boot, settings_.handshake_timeout, is_urgent(entry));
  entry.candidates.clear();
  entry.tried = entry.peer;
  entry.answered_key.reset();
  entry.diagnosed = false;
  entry.attempt = ledger_.begin(entry.pin_address, entry.peer, trust::Step::resolving, turn.now.wall);
  entry.stage = Stage::resolving;
  dirty_entries_.insert(entry.config.entry_id);
  if (auto const numeric = parse_ip(entry.config.address.host)) return on_candidates(entry, {*numeric}, turn);
  turn.outbox.host.emplace_back(ResolveName{entry.config.address.host});
  // What resolved last time is tried first: while the internet is blocked it may be all there is.
  auto const known = saved_.resolved.find(entry.config.address.host);
  if (known != saved_.resolved.end()) return on_candidates(entry, known->second, turn);
  arm(entry);
}

void Machine::on_candidates(Entry& entry, std::vector<IpAddress> const& addresses, Turn& turn) {
  for (auto const& address : addresses)
    if (entry.candidates.size() < max_candidates) entry.candidates.push_back({address, entry.config.address.port, 0});
  if (auto const key = expected_key(entry)) return on_key_known(entry, crypto::node_id_of(*key), *key, turn);
  entry.stage = Stage::querying;
  (void)entry.schedule->take_due(turn.now.boot);
  query_key(entry, turn);
  arm(entry);
}

void Machine::on_key_known(Entry& entry, NodeId const& id, PublicKey const& key, Turn& turn) {
  trust::Configured const configured{entry.config.node_id, entry.config.public_key};
  auto const verdict = trust_.judge_outbound(entry.pin_address, id, key, configured);
  if (!verdict) return attempt_failed(entry, verdict.error(), turn);
  entry.tried = id;
  entry.key = key;
  entry.stage = Stage::initiating;
  auto const* const pinned = trust_.pinned(entry.pin_address);
  if (configured.names_identity() || (pinned && pinned->id == id)) name(entry, id);
  auto* const peer = find(id);
  // Over a link that is up to this very address, a handshake was answered from there. Who was lost all the same has to
  // answer anew.
  auto const proven = peer && peer->alive && peer->link.is_up() ? dataplane_.endpoint(peer->slot) : std::nullopt;
  if (proven && (entry.peer == id || is_candidate(entry, *proven))) return connected(entry, *peer, turn);
  note(ledger_.reach(entry.attempt, trust::Step::initiation_sent, id), turn);
  call(entry, turn);
}

/// At its addresses, and by every other way while it is not reached. A call that is under way lasts as long as this
/// one.
void Machine::call(Entry& entry, Turn& turn) {
  auto const& id = *entry.tried;
  entry.schedule.emplace(turn.now.boot, settings_.handshake_timeout, is_urgent(entry));
  start_handshake(id, *entry.key, entry.candidates, is_urgent(entry), turn, ways_to(find(id)));
  auto const running = outgoing_.find(id);
  if (running != outgoing_.end() && running->second.schedule.started() != turn.now.boot)
    begin_anew(running->second, is_urgent(entry), turn);
  arm(entry);
}

/// What is named and let in hangs on it.
void Machine::name(Entry& entry, NodeId const& id) {
  if (entry.peer == id) return;
  auto const before = std::exchange(entry.peer, id);
  for (auto const& one : {before, entry.peer})
    if (auto* const known = one ? find(*one) : nullptr) dirty_peers_.insert(known->slot.value);
  table_dirty_ = planning_.is_due = true;
}

/// An entry is an address: only an answer that came straight from there names the peer. One that is named already may
/// be met elsewhere too.
void Machine::name_by_answer(Peer const& peer, Endpoint const& at) {
  for (auto& [entry_id, entry] : entries_)
    if (entry.stage != Stage::connected && entry.tried == peer.id && is_candidate(entry, at)) name(entry, peer.id);
}

/// A session that came by a relay or from elsewhere ended the attempt at the addresses, which goes on.
void Machine::connect_entries(Peer& peer, bool is_direct, Turn& turn) {
  for (auto& [entry_id, entry] : entries_) {
    if (entry.tried != peer.id || entry.stage == Stage::connected) continue;
    if (is_direct && entry.peer == peer.id)
      connected(entry, peer, turn);
    else if (entry.stage == Stage::initiating)
      start_handshake(peer.id, peer.key, entry.candidates, is_urgent(entry), turn, Ways::direct);
  }
}

/// The node was forgotten here: whoever answers is met as if for the first time.
void Machine::dial_anew(NodeId const& id, Turn& turn) {
  for (auto& [entry_id, entry] : entries_) {
    if (entry.peer != id && entry.tried != id) continue;
    if (entry.peer == id) entry.peer.reset();
    entry.tried.reset();
    entry.key.reset();
    redial(entry, turn.now.boot, turn);
  }
}

void Machine::query_key(Entry& entry, Turn& turn) {
  if (!entry.nonce) entry.nonce = entropy_.value<wire::QueryNonce>();
  auto const query = queries_.make_query(*entry.nonce);
  for (auto const& candidate : entry.candidates) send(candidate, query, turn);
  if (entry.stage == Stage::querying) note(ledger_.reach(entry.attempt, trust::Step::key_queried), turn);
}

void Machine::on_key_reply(Bytes datagram, Turn& turn) {
  auto const answer = queries_.parse_reply(datagram);
  if (!answer) return dataplane_.count_drop(Drop::bad_mac1);
  for (auto& [entry_id, entry] : entries_) {
    if (entry.nonce != answer->nonce) continue;
    entry.nonce.reset();
    if (entry.stage == Stage::initiating) {
      entry.answered_key = answer->key;
      // It is there, and what was sent to it was lost.
      auto const outgoing = outgoing_.find(*entry.tried);
      if (entry.key != answer->key) return;
      if (outgoing != outgoing_.end()) return send_initiation(outgoing->second, turn);
      return start_handshake(*entry.tried, *entry.key, entry.candidates, is_urgent(entry), turn,
                             ways_to(find(*entry.tried)));
    }
    if (entry.stage == Stage::querying) return on_key_known(entry, crypto::node_id_of(answer->key), answer->key, turn);
  }
}

void Machine::connected(Entry& entry, Peer& peer, Turn& turn) {
  entry.stage = Stage::connected;
  entry.failures = 0;
  entry.nonce.reset();
  name(entry, peer.id);
  arm(entry);
  note(ledger_.reach(entry.attempt, trust::Step::established, peer.id), turn);
  trust::Admission admission{peer.id, peer.key, turn.now.wall, dataplane_.endpoint(peer.slot)};
  admission.address = entry.pin_address;
  admission.configured = {entry.config.node_id, entry.config.public_key};
  trust_.admit(admission);
  // What the user gave it counts from now on, whatever it said before it was known to be meant.
  if (entry.config.mesh_v4 && peer.introduced) claim_alias(peer, peer.v4, turn);
  dirty_entries_.insert(entry.config.entry_id);
  dirty_peers_.insert(peer.slot.value);
  table_dirty_ = planning_.is_due = true;
}

void Machine::give_up(Entry& entry, Turn& turn) {
  auto refused = trust::Refused{trust::PairFailure::timeout, entry.tried, NodeId{}, "nothing usable came back"};
  if (entry.stage == Stage::resolving) refused.detail = "the name did not resolve";
  if (entry.answered_key && entry.key && *entry.answered_key != *entry.key) {
    auto const seen = crypto::node_id_of(*entry.answered_key);
    trust::Configured const configured{entry.config.node_id, entry.config.public_key};
    auto const verdict = trust_.judge_outbound(entry.pin_address, seen, *entry.answered_key, configured);
    if (!verdict) refused = verdict.error();
  }
  attempt_failed(entry, refused, turn);
}

void Machine::attempt_failed(Entry& entry, trust::Refused const& refused, Turn& turn) {
  ++entry.failures;
  entry.stage = Stage::resting;
  entry.nonce.reset();
  entry.next = turn.now.boot + (is_urgent(entry) && refused.reason == trust::PairFailure::timeout
                                    ? Duration{}
                                    : session::backoff(entry.failures, entropy_));
  if (auto* const peer = entry.peer ? find(*entry.peer) : nullptr) {
    peer->failed = !peer->alive;
    dirty_peers_.insert(peer->slot.value);
  }
  arm(entry);
  dirty_entries_.insert(entry.config.entry_id);
  note(ledger_.fail(entry.attempt, refused), turn);
  auto const* const peer_now = entry.peer ? find(*entry.peer) : nullptr;
  if (peer_now && peer_now->alive && refused.reason == trust::PairFailure::timeout) return;  // reached another way
  auto view = view_of(entry);
  view.state = PeerState::failed;
  report_failure(own_failures_, entry.pin_address, std::move(view), refused, turn);
}

bool Machine::is_urgent(Entry const& entry) const {
  if (routing_.phase == Routing::Phase::off || routing_.gateway) return false;
  return !entry.peer || is_named_gateway(*entry.peer);
}

std::optional<PublicKey> Machine::expected_key(Entry const& entry) const {
  if (entry.config.public_key) return entry.config.public_key;
  auto const* const record =
      entry.config.node_id ? trust_.find(*entry.config.node_id) : trust_.pinned(entry.pin_address);
  if (!record) return std::nullopt;
  return record->key;
}

void Machine::on_name(NameResolved const& note, Turn& turn) {
  if (!note.addresses.empty()) saved_.resolved[note.host] = note.addresses;
  for (auto& [entry_id, entry] : entries_) {
    if (entry.config.address.host != note.host || entry.stage == Stage::connected) continue;
    if (entry.stage == Stage::resolving && !note.addresses.empty()) {
      on_candidates(entry, note.addresses, turn);
    } else if (entry.stage == Stage::initiating && entry.key) {
      std::vector<Endpoint> fresh;
      fresh.reserve(note.addresses.size());
      for (auto const& address : note.addresses) fresh.push_back({address, entry.config.address.port, 0});
      for (auto const& one : fresh)
        if (!is_candidate(entry, one) && entry.candidates.size() < max_candidates) entry.candidates.push_back(one);
      if (!fresh.empty())
        start_handshake(*entry.tried, *entry.key, std::move(fresh), false, turn, ways_to(find(*entry.tried)));
    }
  }
}

}  // namespace pim::control
