#include "dataplane/dataplane.hpp"

#include <algorithm>
#include <utility>

#include "dataplane/receive.hpp"
#include "dataplane/send.hpp"

namespace pim::dataplane {

Dataplane::Dataplane(KeyLimits const& limits, RelayLimits const& relay, HashKey hash_key)
    : state_(std::make_unique<State>(limits, relay, hash_key)) {}
Dataplane::~Dataplane() = default;

void Dataplane::on_tun(std::span<TunFrame> frames, Now const& now, Out& out) {
  Sending sending(*state_, now, out);
  for (auto const& frame : frames) sending.frame(frame);
}

void Dataplane::on_datagrams(std::span<Train> trains, Now const& now, Out& out) {
  state_->end_span(now.boot);  // before anything is wanted of the next
  Receiving receiving(*state_, now, out);
  for (auto const& train : trains) receiving.train(train);
  receiving.finish();
}

void Dataplane::resend(PeerSlot peer, packet::VnetHeader const& vnet, MutBytes packet, Now const& now, Out& out) {
  Sending(*state_, now, out).frame_to(peer, vnet, packet);
}

void Dataplane::refuse(Bytes packet, Now const& now, Out& out) { Sending(*state_, now, out).refuse(packet); }

void Dataplane::on_sent(SentBytes const& sent, Time now) {
  auto& budget = state_->relay_budget;
  state_->end_span(now);
  budget.on_sent(sent, now);
  if (budget.is_limited()) state_->talkers.want(Talkers::own_row, sent.own);
}

bool Dataplane::seal_control(PeerSlot peer, Bytes plaintext, Now const& now, Out& out, Way way) {
  return Sending(*state_, now, out).control(peer, plaintext, way);
}

bool Dataplane::send_transit(PeerSlot neighbour, wire::Transit const& frame, Now const& now, Out& out) {
  return Sending(*state_, now, out).transit(neighbour, frame);
}

void Dataplane::publish(std::unique_ptr<ForwardingTable> table) {
  PIM_ASSERT(table != nullptr);
  state_->table = std::move(table);
  if (!state_->table->routing_on) state_->asked.forget();
}

void Dataplane::give_up_addresses(PeerSlot peer) { state_->table->give_up_addresses(peer); }

void Dataplane::set_policy(PeerSlot peer, PeerPolicy const& policy, bool is_reachable) {
  state_->table->set_policy(peer, policy, is_reachable);
}

void Dataplane::join_udp(bool allowed) { state_->coalescer = packet::Coalescer(allowed); }

void Dataplane::install(SessionKeys keys) {
  state_->forget(keys.local);
  auto& peer = state_->peer_at(keys.peer);
  peer.node = keys.node;
  auto& session = state_->sessions.insert(std::make_unique<Session>(Session{.peer = keys.peer,
                                                                            .local = keys.local,
                                                                            .remote = keys.remote,
                                                                            .rekey_after = keys.rekey_after,
                                                                            .expires = keys.expires,
                                                                            .send = std::move(keys.send),
                                                                            .receive = std::move(keys.receive)}));
  peer.sessions.push_back(&session);
}

void Dataplane::use_for_sending(PeerSlot slot, ReceiverIndex local, Now const& now, Out& out) {
  auto* const session = state_->sessions.find(local);
  if (session == nullptr || session->peer != slot) return;
  auto& peer = state_->peer_at(slot);
  peer.sending = session;
  peer.session_wanted = never;
  peer.activity.awaiting_since = never;  // the peer was heard; what goes out from now on is awaited anew
  if (now.boot >= session->expires) return;
  Sending sending(*state_, now, out);
  while (auto frame = state_->waiting.pop(slot)) sending.frame_to(slot, frame->vnet, frame->packet);
}

void Dataplane::remove(ReceiverIndex local) { state_->forget(local); }

void Dataplane::remove_peer(PeerSlot slot) {
  auto& peer = state_->peer_at(slot);
  while (!peer.sessions.empty()) state_->forget(peer.sessions.back()->local);
  state_->waiting.erase(slot);
  peer = Peer{.life = peer.life + 1};
}

void Dataplane::set_endpoint(PeerSlot peer, Endpoint const& endpoint) { state_->peer_at(peer).endpoint = endpoint; }

std::optional<Endpoint> Dataplane::endpoint(PeerSlot peer) const {
  return peer.value < state_->peers.size() ? state_->peers[peer.value].endpoint : std::nullopt;
}

void Dataplane::set_relay(PeerSlot peer, std::optional<PeerSlot> neighbour) {
  auto& relay = state_->peer_at(peer).relay;
  relay.reset();
  if (neighbour && *neighbour != peer) relay = state_->hop_to(*neighbour);
}

void Dataplane::set_next_hop(NodeId const& destination, std::optional<PeerSlot> neighbour) {
  if (neighbour)
    state_->next_hops.set(destination, state_->hop_to(*neighbour));
  else
    state_->next_hops.erase(destination);
}

std::optional<PeerSlot> Dataplane::next_hop(NodeId const& destination) const {
  auto const* const hop = state_->next_hops.find(destination);
  return hop && state_->is_there(*hop) ? std::optional(hop->slot) : std::nullopt;
}

std::optional<PeerSlot> Dataplane::relay(PeerSlot peer) const {
  auto const& relay = state_->peer_at(peer).relay;
  return relay && state_->is_there(*relay) ? std::optional(relay->slot) : std::nullopt;
}

std::size_t Dataplane::session_count() const { return state_->sessions.size(); }

PeerActivity const& Dataplane::activity(PeerSlot peer) const {
  static PeerActivity const none;
  return peer.value < state_->peers.size() ? state_->peers[peer.value].activity : none;
}

std::span<Talker const> Dataplane::relayed() const { return state_->talkers.rows(); }

DropCounters const& Dataplane::drops() const { return state_->drops; }

void Dataplane::count_drop(Drop reason, std::uint64_t times) { state_->drop(reason, times); }

Peer& State::peer_at(PeerSlot slot) {
  if (slot.value >= peers.size()) peers.resize(std::size_t{slot.value} + 1);
  return peers[slot.value];
}

void State::forget(ReceiverIndex local) {
  auto* const session = sessions.find(local);
  if (session == nullptr) return;
  auto& peer = peers[session->peer.value];
  std::erase(peer.sessions, session);
  if (peer.sending == session) peer.sending = nullptr;
  sessions.erase(local);
}

Hop State::hop_to(PeerSlot slot) const { return {slot, slot.value < peers.size() ? peers[slot.value].life : 0}; }

std::optional<Link> State::link(PeerSlot slot, Time now) {
  if (slot.value >= peers.size()) return std::nullopt;
  auto& peer = peers[slot.value];
  if (!can_seal(peer, now) || !peer.endpoint) return std::nullopt;
  return Link{slot, &peer, peer.sending};
}

std::optional<Link> State::link(Hop const& hop, Time now) { return is_there(hop) ? link(hop.slot, now) : std::nullopt; }

}  // namespace pim::dataplane
