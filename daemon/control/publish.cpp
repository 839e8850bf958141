// What follows from the state: the forwarding table, the host plan, the store, and what clients see.
#include <algorithm>

#include "control/machine.hpp"
#include "mesh/addresses.hpp"

namespace pim::control {
namespace {

/// Once the keys are gone a peer is what a node never met is: there where routing reaches it. Elsewhere nothing tries
/// it any more, unless it is an entry.
PeerState state_of(Peer const& peer, bool seeks_way, bool is_entry) {
  if (peer.alive && peer.via) return PeerState::relayed;
  if (peer.alive) return seeks_way ? PeerState::connecting : PeerState::active;
  if (peer.failed) return PeerState::failed;
  if (peer.keys.is_established()) return PeerState::connecting;
  if (peer.via) return PeerState::relayed;
  return is_entry ? PeerState::connecting : PeerState::failed;
}

/// Strangers who are pinned at first sight come by the hundred where a crowd meets.
constexpr Duration trust_pace = std::chrono::milliseconds{250};

/// Whoever follows the list is told; what is measured, they get with the samples.
bool is_news(PeerView before, PeerView const& after) {
  before.rtt = after.rtt;
  before.loss_percent = after.loss_percent;
  before.last_handshake = after.last_handshake;
  if (before.offer && after.offer) before.offer->load = after.offer->load;
  return before != after;
}

}  // namespace

/// Whole after a change that concerns everybody; otherwise whoever changed, for a hub has thousands.
void Machine::publish_table() {
  auto const changed = std::exchange(dirty_policies_, {});
  if (!std::exchange(table_dirty_, false)) {
    for (auto const slot : changed) dataplane_.give_up_addresses(PeerSlot{slot});
    for (auto const slot : changed) {
      auto const* const peer = find(PeerSlot{slot});
      // What a stranger sends under new keys is let in by the first datagram that verifies, and comes right behind it.
      dataplane_.set_policy(PeerSlot{slot}, peer ? policy_of(*peer) : dataplane::PeerPolicy{},
                            peer && !peer->provisional);
    }
    return;
  }
  auto table = std::make_unique<dataplane::ForwardingTable>();
  table->by_address = decltype(table->by_address){hash_key_};
  table->peers.resize(slots_.size());
  for (auto const& peer : slots_)
    if (peer) table->set_policy(peer->slot, policy_of(*peer), !peer->provisional);
  table->self = self_;
  table->relays = settings_.relay;
  table->own_v4 = own_v4_;
  table->own_v6 = own_v6_;
  table->mesh_v4 = mesh_v4_;
  table->mesh_v6 = mesh_v6_;
  table->service_v4 = mesh::service_v4();
  table->service_v6 = mesh::service_v6(mesh_v6_);
  table->mtu = settings_.mtu;
  table->routing_on = routing_.phase != Routing::Phase::off;
  if (auto* const gateway = routing_.gateway ? find(*routing_.gateway) : nullptr) table->gateway = gateway->slot;
  table->serves_gateway = serves();
  dataplane_.publish(std::move(table));
}

dataplane::PeerPolicy Machine::policy_of(Peer const& peer) const {
  dataplane::PeerPolicy policy;
  policy.in_use = true;
  policy.id = peer.id;
  policy.v6 = mesh::v6_address(mesh_v6_, peer.id);
  policy.v4 = peer.v4;
  // Nothing is under way any more from one that the user took back.
  bool const is_left = peer.internet_until != Time{} && is_named_gateway(peer.id);
  policy.internet_until = routing_.gateway == peer.id ? never : is_left ? peer.internet_until : Time{};
  policy.may_use_gateway = serves();
  return policy;
}

/// Whose connections the host lets in when it does not let in everybody's.
bool Machine::is_chosen(NodeId const& id) const {
  auto const* const record = trust_.find(id);
  bool const is_vouched = record && (record->level == trust::Level::verified || record->level == trust::Level::listed);
  return is_vouched || std::ranges::any_of(entries_, [&](auto const& one) { return one.second.peer == id; });
}

std::optional<plan::Input> Machine::desired_plan() const {
  bool const routed = routing_.phase == Routing::Phase::arming || routing_.phase == Routing::Phase::on;
  bool const keeps_block = routed && !(stopping_ && stopping_->release);
  if (stopping_ && !keeps_block) return std::nullopt;
  plan::Input input;
  input.interface = settings_.interface_name;
  input.mtu = settings_.mtu;
  input.mesh_v4 = mesh_v4_;
  input.own_v4 = own_v4_;
  input.mesh_v6 = mesh_v6_;
  input.own_v6 = own_v6_;
  input.listen_port = settings_.listen_port;
  input.discovery_port = settings_.discovery_port;
  input.routing = keeps_block ? plan::Routing::on : plan::Routing::off;
  input.allow_lan = settings_.allow_lan;
  input.resolvers = resolvers_;
  input.links = links_;
  input.accept_inbound = static_cast<plan::AcceptInbound>(settings_.accept_inbound);
  for (auto const& peer : slots_) {
    if (!peer || peer->provisional || !is_chosen(peer->id)) continue;
    input.admitted.push_back(mesh::v6_address(mesh_v6_, peer->id));
    if (peer->v4) input.admitted.push_back(*peer->v4);
  }
  if (serving_.wanted && !stopping_) {
    plan::GatewayInput gateway;
    gateway.uplink = serving_.settings.nat_interface;
    gateway.max_connections = serving_.settings.max_connections;
    gateway.allow_private = serving_.settings.allow_private;
    for (auto const& resolver : resolvers_) {
      if (is_loopback(resolver)) continue;
      auto& upstream = resolver.is_v4() ? gateway.upstream_v4 : gateway.upstream_v6;
      if (!upstream) upstream = resolver;
    }
    input.gateway = std::move(gateway);
  }
  return input;
}

void Machine::publish_plan(Turn& turn) {
  if (!planning_.is_due) return;
  planning_.is_due = false;
  auto input = desired_plan();
  bool const changed = !planning_.was_sent || input != planning_.input;
  if (!changed && !planning_.is_forced) return;
  planning_.is_forced = false;
  planning_.was_sent = true;
  planning_.input = input;
  turn.outbox.host.emplace_back(ApplyPlan{++planning_.number, std::move(input)});
}

void Machine::publish_store(Turn& turn) {
  if (auto const reserved = timestamps_.to_store()) saved_.timestamps_reserved_until = *reserved;
  reserve_seqno();
  auto const before = storing_.numbers;
  if (impaired_) return await_stores(before, turn);  // what could not be read is not written over
  auto& [state_number, trust_number] = storing_.numbers;
  auto const now = turn.now.boot;
  bool const is_awaited = std::ranges::any_of(storing_.unstored, &Unstored::is_new);
  bool const is_time = now >= storing_.again_at;
  if (is_time) storing_.again_at = never;
  // What the disk refused is tried again in time, and for a command whose wish is kept there.
  auto const tries_again = [&](Store store) {
    auto const at = static_cast<std::size_t>(store);
    auto const waits = [at](Unstored const& one) { return one.is_new && one.kept[at]; };
    return storing_.is_unwritten[at] && (is_time || std::ranges::any_of(storing_.unstored, waits));
  };
  auto due = storing_.again_at;
  if (saved_ != storing_.state || tries_again(Store::state)) {
    storing_.state = saved_;
    turn.outbox.host.emplace_back(SaveState{++state_number, saved_});
  }
  if (trust_.version() != storing_.trust_version || tries_again(Store::trust)) {
    // All of it is written each time, so what follows closely waits; not what somebody waits for.
    auto const from = is_awaited || stopping_ ? now : storing_.trust_at + trust_pace;
    due = std::min(due, from);
    if (now >= from) {
      due = storing_.again_at;
      storing_.trust_version = trust_.version();
      storing_.trust_at = now;
      turn.outbox.host.emplace_back(SaveTrust{++trust_number, trust_.snapshot()});
    }
  }
  timers_.arm({TimerKey::Kind::store}, due);
  await_stores(before, turn);
}

/// A stretch of sequence numbers is reserved ahead of its use, and the next one when half of it is used: the disk has
/// the time of eight steps, a second and a half at least (mesh's growth pace), and a crash repeats none. The first
/// number of a life goes to the disk in its first turn, before there is anybody to tell. A leap to a number that
/// somebody asks for is told in the turn that sends it to the disk; after a crash in between this node starts below
/// what it told, and whoever heard that asks it to leap again.
void Machine::reserve_seqno() {
  constexpr mesh::Seqno stride = 16;
  auto const own = mesh_.own_seqno();
  auto const& reserved = saved_.seqno_reserved;
  auto const ahead = static_cast<mesh::Seqno>(reserved ? *reserved - own : 0);
  if (ahead < stride / 2 || ahead > stride) saved_.seqno_reserved = static_cast<mesh::Seqno>(own + stride);
}

/// Commands of this turn wait for what it sent to the disk; one that changed nothing is answered at once.
void Machine::await_stores(SaveNumbers const& before, Turn& turn) {
  for (auto& one : storing_.unstored) {
    if (!std::exchange(one.is_new, false)) continue;
    for (std::size_t store = 0; store < before.size(); ++store)
      if (storing_.numbers[store] != before[store]) one.awaited[store] = storing_.numbers[store];
    if (one.awaited == SaveNumbers{}) reply(one.id, one.answer, turn);
  }
  std::erase_if(storing_.unstored, [](Unstored const& one) { return one.awaited == SaveNumbers{}; });
}

void Machine::show_node(Turn& turn) {
  NodeView const view{
      settings_.name,        self_,      identity_.public_key(),   own_v4_,    own_v6_,        mesh_v4_.length,
      settings_.relay,       serves(),   settings_.interface_name, tunnel_up_, tunnel_reason_, settings_.mtu,
      settings_.listen_port, started_at_};
  if (shown_node_ == view) return;
  shown_node_ = view;
  turn.outbox.notes.emplace_back(view);
}

/// It answered until its way broke; another one may be found before it is given up. Not so one whose link is new, and
/// that was heard over it last.
bool Machine::seeks_way(Peer const& peer) const {
  if (!peer.alive || peer.via || peer.link.is_up()) return false;
  auto const& heard = dataplane_.activity(peer.slot);
  return peer.given_up_at != never || !dataplane_.endpoint(peer.slot) ||
         heard.direct.last_received < heard.relayed.last_received;
}

PeerView Machine::view_of(Peer const& peer) const {
  PeerView view;
  view.row = peer.row;
  view.id = peer.id;
  view.key = peer.key;
  view.name = peer.name;
  for (auto const& [entry_id, entry] : entries_) {
    if (entry.peer != peer.id) continue;
    view.entry_id = entry_id;
    view.address = entry.pin_address;
    view.label = entry.config.label;
    break;
  }
  auto const* const record = trust_.find(peer.id);
  if (view.label.empty() && record) view.label = record->label;
  view.endpoint = dataplane_.endpoint(peer.slot);
  if (view.endpoint) view.medium = plan::medium_to(links_, *view.endpoint);
  view.v4 = peer.v4;
  view.v6 = mesh::v6_address(mesh_v6_, peer.id);
  view.state = state_of(peer, seeks_way(peer), view.entry_id.has_value());
  view.trust = record ? record->level : trust::Level::open;
  view.named_gateway = is_named_gateway(peer.id);
  if (peer.alive) view.offer = peer.offer;
  view.slot = peer.slot;
  if (auto const* const relay = peer.via ? slots_[peer.via->value].get() : nullptr) view.via = relay->id;
  if (auto const route = mesh_.route(peer.id)) view.hops = route->hops;
  view.loss_percent = peer.link.loss_percent();
  view.rtt = round_trip(peer);
  view.last_handshake = peer.last_handshake;
  return view;
}

PeerView Machine::view_of(Entry const& entry) const {
  PeerView view;
  view.row = entry.row;
  view.id = entry.peer ? entry.peer : entry.config.node_id;
  view.key = entry.config.public_key;
  view.label = entry.config.label;
  view.entry_id = entry.config.entry_id;
  view.address = entry.pin_address;
  if (!entry.candidates.empty()) view.endpoint = entry.candidates.front();
  if (view.endpoint) view.medium = plan::medium_to(links_, *view.endpoint);
  view.state = entry.failures > 0 ? PeerState::failed : PeerState::connecting;
  view.named_gateway = view.id ? is_named_gateway(*view.id) : true;
  return view;
}

void Machine::show(Peer& peer, Turn& turn) {
  if (peer.provisional) return;
  auto const view = view_of(peer);
  if (peer.shown == view) return;
  bool const is_told = peer.shown && is_news(*peer.shown, view);
  peer.shown = view;
  turn.outbox.notes.emplace_back(view);
  if (is_told) emit(PeerEventKind::state_changed, view, turn);
}

void Machine::show(Entry& entry, Turn& turn) {
  auto* const peer = entry.peer ? find(*entry.peer) : nullptr;
  if (peer && !peer->provisional) {
    // The peer's own line stands for the entry from now on.
    if (entry.shown && peer->row != entry.row) turn.outbox.notes.emplace_back(PeerGone{entry.row, std::nullopt});
    entry.shown.reset();
    return show(*peer, turn);
  }
  auto const view = view_of(entry);
  if (entry.shown == view) return;
  if (entry.shown && entry.shown->id && entry.shown->id != view.id) listing_.dirty.insert(*entry.shown->id);
  if (view.id) give_up_line(*view.id, turn);
  entry.shown = view;
  turn.outbox.notes.emplace_back(view);
}

void Machine::show_all(Turn& turn) {
  show_node(turn);
  tell_offer(turn);
  show_listed(turn);
  for (auto const& entry_id : std::exchange(dirty_entries_, {}))
    if (auto const at = entries_.find(entry_id); at != entries_.end()) show(at->second, turn);
  for (auto const slot : std::exchange(dirty_peers_, {}))
    if (auto* const peer = find(PeerSlot{slot})) show(*peer, turn);
  show_serving(turn);
  show_routing(turn);
}

void Machine::emit(PeerEventKind kind, PeerView view, Turn& turn, std::string reason) {
  turn.outbox.notes.emplace_back(PeerEvent{kind, std::move(view), std::move(reason)});
}

void Machine::note(trust::LedgerEntry const* entry, Turn& turn) {
  if (entry) turn.outbox.notes.emplace_back(*entry);
}

void Machine::report_failure(trust::FailureLimiter& limiter, std::string const& address, PeerView view,
                             trust::Refused const& refused, Turn& turn) {
  if (!limiter.allow(address, turn.now.boot)) return;
  auto reason = std::string(trust::to_string(refused.reason)) + ": " + std::string(refused.detail);
  if (refused.expected && refused.seen != NodeId{})
    reason += " (expected " + to_string(*refused.expected) + ", seen " + to_string(refused.seen) + ")";
  log(turn, LogLevel::warn, "pairing with " + address + " failed: " + reason, view.id);
  emit(PeerEventKind::pair_failed, std::move(view), turn, std::move(reason));
}

}  // namespace pim::control
