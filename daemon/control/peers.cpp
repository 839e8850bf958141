// Sessions and those at their other end: how a peer comes to be, lives, is lost and goes.
#include <algorithm>

#include "control/machine.hpp"
#include "mesh/addresses.hpp"

namespace pim::control {
namespace {

constexpr std::size_t max_peers = 16384;
/// Strangers whose first message was answered and who have not shown yet that they hold the keys.
constexpr std::size_t max_provisional = 256;
constexpr Duration provisional_lifetime = std::chrono::seconds{10};
constexpr Duration first_repeat = std::chrono::milliseconds{500};
constexpr unsigned max_announcements = 8;
constexpr unsigned max_questions = 5;

}  // namespace

Peer* Machine::find(PeerSlot slot) { return slot.value < slots_.size() ? slots_[slot.value].get() : nullptr; }

Peer* Machine::find(NodeId const& id) {
  auto const at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : find(at->second);
}

Peer const* Machine::peer(NodeId const& id) const {
  auto const at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : slots_[at->second.value].get();
}

Entry* Machine::entry_of(NodeId const& id) {
  for (auto& [entry_id, entry] : entries_)
    if (entry.peer == id) return &entry;
  return nullptr;
}

ReceiverIndex Machine::fresh_index() {
  for (;;) {
    ReceiverIndex const index{entropy_.value<std::uint32_t>()};
    if (index.value != 0 && !indices_.contains(index.value)) return index;
  }
}

Peer* Machine::make_peer(NodeId const& id, PublicKey const& key, Turn& turn) {
  if (auto* const known = find(id)) return known;
  if (!make_room(turn)) return nullptr;
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  PeerSlot const slot{free_slots_.back()};
  free_slots_.pop_back();
  auto& place = slots_[slot.value];
  place = std::make_unique<Peer>();
  place->slot = slot;
  place->id = id;
  place->key = key;
  place->provisional_until = turn.now.boot + provisional_lifetime;
  by_id_.emplace(id, slot);
  ++provisional_;
  dirty_policies_.insert(slot.value);
  follow_route(*place);
  return place.get();
}

bool Machine::make_room(Turn& turn) {
  Peer* oldest_provisional = nullptr;
  Peer* silent = nullptr;
  if (provisional_ < max_provisional && by_id_.size() < max_peers) return true;
  for (auto const& peer : slots_) {
    if (!peer) continue;
    if (peer->provisional) {
      if (!oldest_provisional || peer->provisional_until < oldest_provisional->provisional_until)
        oldest_provisional = peer.get();
    } else if (!peer->alive && !entry_of(peer->id)) {
      silent = peer.get();
    }
  }
  auto* const leaving = oldest_provisional ? oldest_provisional : silent;
  if (leaving && leaving->shown) emit(PeerEventKind::left, *leaving->shown, turn);
  if (leaving) remove_peer(*leaving, turn);
  return leaving != nullptr;
}

void Machine::remove_peer(Peer& peer, Turn& turn) {
  // Told before the entries forget it, on which that may rest.
  if (is_chosen(peer.id)) planning_.is_due = true;
  end_handshake(peer.id);
  leave_neighbour(peer, turn);
  apply(peer, peer.keys.clear(), turn);
  leave_endpoint(peer, dataplane_.endpoint(peer.slot));
  dataplane_.remove_peer(peer.slot);
  timers_.arm({TimerKey::Kind::peer, peer.slot.value}, never);
  if (peer.provisional) --provisional_;
  if (peer.shown) turn.outbox.notes.emplace_back(PeerGone{peer.row, peer.id});
  dial_anew(peer.id, turn);
  serving_.through_me.erase(peer.id);
  auto const slot = peer.slot;
  set_offer(peer, std::nullopt);
  dirty_peers_.erase(slot.value);
  listing_.dirty.insert(peer.id);
  by_id_.erase(peer.id);
  slots_[slot.value].reset();
  free_slots_.push_back(slot.value);
  dirty_policies_.insert(slot.value);
}

void Machine::install(Peer& peer, ReceiverIndex local, ReceiverIndex remote, noise::TransportKeys keys,
                      wire::BootEpoch life, bool initiator, Turn& turn) {
  auto const now = turn.now.boot;
  indices_.emplace(local.value, peer.id);
  dataplane_.install({peer.slot, local, remote, std::move(keys.send), std::move(keys.receive),
                      now + (initiator ? session::rekey_after : session::responder_rekey_after),
                      now + session::reject_after, peer.id});
  apply(peer, initiator ? peer.keys.initiated(local, life, now) : peer.keys.responded(local, life, now), turn);
  arm(peer);
}

void Machine::apply(Peer& peer, session::KeyChange const& change, Turn& turn) {
  for (auto const& key : change.removed) {
    dataplane_.remove(key);
    indices_.erase(key.value);
  }
  if (!change.seal_with) return;
  dataplane_.use_for_sending(peer.slot, *change.seal_with, turn.now, turn.packets);
  peer.renew_at = turn.now.boot + (self_ < peer.id ? session::renew_after : session::other_renew_after);
}

void Machine::renew_if_due(Peer& peer, Turn& turn) {
  if (turn.now.boot < peer.renew_at) return;
  bool const is_kept = peer.keys.is_established() && peer.link.is_up();
  peer.renew_at = is_kept ? turn.now.boot + session::renew_again : never;
  if (is_kept) call(peer, false, turn);
}

void Machine::set_endpoint(Peer const& peer, Endpoint const& at) {
  leave_endpoint(peer, dataplane_.endpoint(peer.slot));
  dataplane_.set_endpoint(peer.slot, at);
  by_endpoint_.insert_or_assign(at, peer.slot);
}

/// Another peer may have come to where it was.
void Machine::leave_endpoint(Peer const& peer, std::optional<Endpoint> const& at) {
  auto const known = at ? by_endpoint_.find(*at) : by_endpoint_.end();
  if (known != by_endpoint_.end() && known->second == peer.slot) by_endpoint_.erase(known);
}

/// True when the node at the other end was another one before: it restarted, and what it said is void.
bool Machine::begin_life(Peer& peer, std::optional<wire::BootEpoch> life, Turn& turn) {
  if (peer.life == life) return false;
  bool const is_another = peer.life.has_value();
  peer.life = life;
  peer.introduced = false;
  if (!peer.alive) set_offer(peer, std::nullopt);
  if (!is_another) return false;
  forget_initiations(peer.id);
  with_mesh(turn, [&](mesh::RoutingOutbox& out) { mesh_.forgive(peer.id, turn.now.boot, out); });
  prove_anew(peer, turn);
  return true;
}

void Machine::come_alive(Peer& peer, std::optional<Endpoint> const& at, bool is_another_life, Turn& turn) {
  peer.last_handshake = turn.now.boot;
  peer.call_back_at = never;
  peer.failed = false;
  if (at) name_by_answer(peer, *at);
  admit(peer, at, turn);
  peer.liveness.start(turn.now.boot);
  if (at) watch_link(peer, turn);
  keep_alive(peer, turn.now.boot);
  connect_entries(peer, at.has_value(), turn);
  bool const was_alive = peer.alive;
  peer.alive = true;
  // A restarted peer knows nothing of us any more.
  if (was_alive && is_another_life) announce(peer, turn);
  if (!was_alive) {
    peer.usable_since = turn.now.boot;
    announce(peer, turn);
    log(turn, LogLevel::info, "connected to " + short_id(peer.id) + (at ? " at " + to_string(*at) : " through a relay"),
        peer.id);
    emit(PeerEventKind::connected, view_of(peer), turn);
  }
  dirty_peers_.insert(peer.slot.value);
  arm(peer);
}

void Machine::admit(Peer& peer, std::optional<Endpoint> const& at, Turn& turn) {
  bool const is_new = trust_.find(peer.id) == nullptr;
  // Its record gave way to others' while it was connected: with new keys it is no news.
  if (peer.alive && is_new) return;
  trust_.admit({peer.id, peer.key, turn.now.wall, at, peer.last_timestamp, std::nullopt, {}});
  if (peer.provisional) {
    peer.provisional = false;
    peer.provisional_until = never;
    --provisional_;
    if (auto const* const entry = entry_of(peer.id)) peer.row = entry->row;
    take_over_line(peer, turn);
    if (peer.row == 0) peer.row = ++last_row_;
    dirty_policies_.insert(peer.slot.value);
    if (is_chosen(peer.id)) planning_.is_due = true;
  }
  // Named before it was met: from now on its record is kept as one that the user touched.
  if (is_new && std::ranges::find(saved_.gateways_allowed, peer.id) != saved_.gateways_allowed.end())
    trust_.allow_gateway(peer.id, true);
  if (is_new && trust_.find(peer.id)) emit(PeerEventKind::trusted, view_of(peer), turn);
}

void Machine::lose(Peer& peer, std::string const& why, Turn& turn) {
  if (!peer.alive) return;
  peer.alive = false;
  peer.announcement.next = never;
  peer.liveness.stop();
  log(turn, LogLevel::warn, "lost " + short_id(peer.id) + ": " + why, peer.id);
  emit(PeerEventKind::disconnected, view_of(peer), turn);
  for (auto& [entry_id, entry] : entries_) {
    if (entry.peer != peer.id) continue;
    if (entry.stage == Stage::connected || entry.stage == Stage::resting) redial(entry, turn.now.boot, turn);
    if (entry.stage == Stage::initiating && entry.tried == peer.id) call(entry, turn);
  }
  dirty_peers_.insert(peer.slot.value);
  arm(peer);
}

/// There are no keys to seal with any more, so nothing can be proven about the link either. A caller that we answered
/// may still confirm new ones.
void Machine::end_session(Peer& peer, std::string const& why, Turn& turn) {
  peer.link.stop();
  leave_neighbour(peer, turn);
  lose(peer, why, turn);
  peer.introduced = false;
  set_offer(peer, std::nullopt);
  dirty_peers_.insert(peer.slot.value);
}

void Machine::announce(Peer& peer, Turn& turn) {
  peer.announcement = {turn.now.boot, ++last_hello_, 0, turn.now.boot};
  send_announcement(peer, turn);
}

void Machine::announce_to_all(Turn& turn) {
  for (auto const& peer : slots_)
    if (peer && peer->alive) announce(*peer, turn);
}

/// It is back, and may have missed what we said until we gave up saying it.
void Machine::announce_if_owed(Peer& peer, Turn& turn) {
  bool const is_owed = peer.announcement.next == never && !peer.announcement.is_acknowledged;
  if (peer.alive && is_owed) announce(peer, turn);
}

void Machine::send_announcement(Peer& peer, Turn& turn) {
  wire::Hello hello;
  hello.sequence = peer.announcement.sequence;
  hello.offer = own_offer();
  if (settings_.relay) hello.roles |= wire::role_relay;
  if (hello.offer) hello.roles |= wire::role_gateway;
  std::copy_n(own_v4_.bytes.begin(), hello.v4_alias.size(), hello.v4_alias.begin());
  hello.name = wire::is_valid_name(settings_.name) ? settings_.name : "";
  dataplane_.seal_control(peer.slot, wire::to_bytes(hello), turn.now, turn.packets);
  auto const wait = first_repeat * (1 << std::min(peer.announcement.tries, 4U));
  peer.announcement.next = ++peer.announcement.tries < max_announcements ? turn.now.boot + wait : never;
  arm(peer);
}

void Machine::probe(Peer& peer, Turn& turn) {
  std::shift_right(peer.probes.begin(), peer.probes.end(), 1);
  auto const& sent = peer.probes.front() = {entropy_.value<std::uint64_t>(), turn.now.boot};
  // Who asks because it is not heard hears well: two such would ask each other for ever.
  bool const hears_nothing = peer.liveness.waiting_since() != never && peer.liveness.unheard_since() == never;
  auto const message = wire::to_bytes(wire::Probe{sent.id, peer.via && hears_nothing});
  dataplane_.seal_control(peer.slot, message, turn.now, turn.packets);
}

/// The keys outlive a break of the way: whoever answers under them is back, and nobody needs to begin anew. Asked
/// more than once, for the way back may take longer to be found than the way there.
void Machine::ask_whether_back(Peer& peer, Turn& turn) {
  peer.question.next = never;
  if (peer.alive || peer.provisional || !peer.keys.is_established()) return;
  probe(peer, turn);
  auto const wait = session::answer_patience * (1 << peer.question.tries);
  if (++peer.question.tries < max_questions) peer.question.next = turn.now.boot + wait;
}

/// The probe under way is waited for: two that ask each other at one moment would otherwise go on for ever.
void Machine::begin_asking(Peer& peer, Turn& turn) {
  if (peer.alive) return;
  auto const sent = peer.probes.front().sent;
  auto const patient_until = sent == Time{} ? Time{} : sent + session::answer_patience;
  peer.question = {0, std::max(turn.now.boot, patient_until)};
  if (turn.now.boot >= peer.question.next) ask_whether_back(peer, turn);
  arm(peer);
}

void Machine::on_peer_timer(Peer& peer, Turn& turn) {
  auto const now = turn.now.boot;
  bool const was_alive = peer.alive;
  if (peer.provisional && now >= peer.provisional_until) return remove_peer(peer, turn);
  apply(peer, peer.keys.expired(now), turn);
  if (!peer.keys.is_established()) end_session(peer, "its keys expired without traffic", turn);
  if (now >= peer.announcement.next) send_announcement(peer, turn);
  if (now >= peer.question.next) ask_whether_back(peer, turn);
  if (now >= peer.call_back_at) {
    peer.call_back_at = never;
    call(peer, false, turn);
  }
  poll_link(peer, turn);
  renew_if_due(peer, turn);
  give_up_if_due(peer, turn);
  auto const& activity = dataplane_.activity(peer.slot);
  switch (peer.liveness.poll({activity.last_received, activity.awaiting_since}, now)) {
    case session::Liveness::Verdict::probe:
      doubt_way_if_due(peer, turn);
      probe(peer, turn);
      break;
    case session::Liveness::Verdict::lost: lose(peer, "it does not answer", turn); break;
    case session::Liveness::Verdict::quiet: break;
  }
  if (was_alive && !peer.alive) call_again(peer.id, turn);
  arm(peer);
}

void Machine::arm(Peer const& peer) {
  timers_.arm({TimerKey::Kind::peer, peer.slot.value},
              std::min({peer.provisional_until, peer.call_back_at, peer.given_up_at, peer.keys.next_expiry(),
                        peer.announcement.next, peer.renew_at, peer.question.next, peer.liveness.next_deadline(),
                        peer.link.next_deadline()}));
}

}  // namespace pim::control
