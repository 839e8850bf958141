#include "dataplane/dataplane.hpp"

#include <algorithm>

#include "dataplane/state.hpp"

namespace pim::dataplane {

Dataplane::Dataplane(KeyLimits const& limits) : state_(std::make_unique<State>(limits)) {}
Dataplane::~Dataplane() = default;

void Dataplane::on_tun(std::span<TunFrame> frames, Now const& now, Out& out) {
  Sending sending(*state_, now, out);
  for (auto const& frame : frames) sending.frame(frame);
}

void Dataplane::on_datagrams(std::span<Train> trains, Now const& now, Out& out) {
  Receiving receiving(*state_, now, out);
  for (auto const& train : trains) receiving.train(train);
  receiving.finish();
}

bool Dataplane::seal_control(PeerSlot peer, Bytes plaintext, Now const& now, Out& out) {
  return Sending(*state_, now, out).control(peer, plaintext);
}

void Dataplane::publish(std::shared_ptr<ForwardingTable const> table) {
  PIM_ASSERT(table != nullptr);
  state_->table = std::move(table);
}

void Dataplane::join_udp(bool allowed) { state_->coalescer = packet::Coalescer(allowed); }

void Dataplane::install(SessionKeys keys) {
  state_->forget(keys.local);
  auto& peer = state_->peer_at(keys.peer);
  auto& session = state_->sessions.insert(std::make_unique<Session>(Session{.peer = keys.peer,
                                                                            .local = keys.local,
                                                                            .remote = keys.remote,
                                                                            .rekey_after = keys.rekey_after,
                                                                            .expires = keys.expires,
                                                                            .sealer = crypto::Sealer(keys.send),
                                                                            .opener = crypto::Opener(keys.receive)}));
  peer.sessions.push_back(&session);
}

void Dataplane::use_for_sending(PeerSlot slot, ReceiverIndex local, Now const& now, Out& out) {
  auto* const session = state_->sessions.find(local);
  if (session == nullptr || session->peer != slot) return;
  auto& peer = state_->peer_at(slot);
  peer.sending = session;
  peer.session_wanted = never;
  if (now.boot >= session->expires) return;
  Sending sending(*state_, now, out);
  while (auto frame = state_->waiting.pop(slot)) sending.frame_to(slot, frame->vnet, frame->packet);
}

void Dataplane::remove(ReceiverIndex local) { state_->forget(local); }

void Dataplane::remove_peer(PeerSlot slot) {
  if (slot.value >= state_->peers.size()) return;
  auto& peer = state_->peers[slot.value];
  while (!peer.sessions.empty()) state_->forget(peer.sessions.back()->local);
  state_->waiting.erase(slot);
  peer = Peer{};
}

void Dataplane::set_endpoint(PeerSlot peer, Endpoint const& endpoint) { state_->peer_at(peer).endpoint = endpoint; }

std::optional<Endpoint> Dataplane::endpoint(PeerSlot peer) const {
  return peer.value < state_->peers.size() ? state_->peers[peer.value].endpoint : std::nullopt;
}

PeerActivity const& Dataplane::activity(PeerSlot peer) const {
  static PeerActivity const none;
  return peer.value < state_->peers.size() ? state_->peers[peer.value].activity : none;
}

DropCounters const& Dataplane::drops() const { return state_->drops; }

void Dataplane::count_drop(Drop reason, std::uint64_t times) { state_->drop(reason, times); }

Peer& Dataplane::State::peer_at(PeerSlot slot) {
  if (slot.value >= peers.size()) peers.resize(std::size_t{slot.value} + 1);
  return peers[slot.value];
}

void Dataplane::State::forget(ReceiverIndex local) {
  auto* const session = sessions.find(local);
  if (session == nullptr) return;
  auto& peer = peers[session->peer.value];
  std::erase(peer.sessions, session);
  if (peer.sending == session) peer.sending = nullptr;
  sessions.erase(local);
}

}  // namespace pim::dataplane
