#include "dataplane/receive.hpp"

#include <cstring>
#include <utility>

#include "dataplane/flags.hpp"
#include "dataplane/policy.hpp"
#include "packet/mss.hpp"

namespace pim::dataplane {
namespace {

constexpr std::size_t max_handshakes = 64, max_unknowns = 4;  // events a batch and side
constexpr std::size_t flags_at = 1;
constexpr Duration heard_again = std::chrono::milliseconds(750);

bool is_handshake(wire::Kind kind) {
  return kind == wire::Kind::initiation || kind == wire::Kind::response || kind == wire::Kind::cookie_reply;
}

}  // namespace

void Receiving::train(Train const& train) {
  Origin const from{train.from};
  auto const segment = train.segment == 0 ? train.data.size() : train.segment;
  each_datagram(train.data, segment, [&](MutBytes one) { datagram(from, one); });
}

void Receiving::finish() {
  state_.coalescer.flush(out_.pieces, out_.tun);
  forwarding_.finish();
}

void Receiving::datagram(Origin const& from, MutBytes datagram) {
  auto const kind = wire::peek(datagram);
  if (!kind) return state_.drop(Drop::malformed_datagram);
  if (*kind == wire::Kind::data) return data(from, datagram);
  outside_sessions(from, datagram);
}

/// A handshake needs all of the source, to which the key inside has to hash. Key queries are for those who
/// know an address only.
void Receiving::inside(Origin const& from, bool is_whole, MutBytes datagram) {
  auto const kind = wire::peek(datagram);
  if (kind == wire::Kind::data) return data(from, datagram);
  if (!kind || !is_handshake(*kind) || !is_whole) return state_.drop(Drop::malformed_datagram);
  outside_sessions(from, datagram);
}

void Receiving::outside_sessions(Origin const& from, Bytes datagram) {
  if (++side(from).handshakes > max_handshakes) return state_.drop(Drop::rate_limited);
  out_.control.push_back(HandshakeDatagram{from, datagram});
}

/// The order matters: the window before the key is only a cheap filter, and nothing is believed of a
/// datagram (counter, place, activity) before its tag verified; but for its counter, nothing if it came by another way
/// than it was sealed for.
void Receiving::data(Origin const& from, MutBytes datagram) {
  auto* const session = session_of(from, {load_be<std::uint32_t>(datagram.data() + 4)});
  if (session == nullptr) return unknown(from);
  if (!is_of(*session, from)) return state_.drop(Drop::bad_inner_source);
  if (now_.boot >= session->expires) return state_.drop(Drop::session_expired);
  auto const counter = load_be<std::uint64_t>(datagram.data() + 8);
  if (!session->window.would_accept(counter)) return state_.drop(Drop::replayed);
  auto const* const flags = datagram.data() + flags_at;
  if (!open(*session, counter, flags[0], datagram)) return state_.drop(Drop::decrypt_failed);
  bool const is_newest = counter >= session->window.next();
  session->window.mark(counter);
  if (((flags[0] & in_frame) != 0) == from.is_direct()) return state_.drop(Drop::transit_refused);
  note(*session, from, is_newest);
  auto const plaintext = datagram.subspan(wire::data_header_size, datagram.size() - wire::data_overhead);
  if (flags[1] != 0 || flags[2] != 0) return state_.drop(Drop::malformed_datagram);
  if (flags[0] == head_sealed) return head(session->peer, from, plaintext);
  if ((flags[0] & ~(checksum_left_out | in_frame)) != 0) return state_.drop(Drop::malformed_datagram);
  content(*session, from, flags[0], plaintext);
}

bool Receiving::open(Session& session, std::uint64_t counter, std::uint8_t flags, MutBytes datagram) {
  auto const header = datagram.first(wire::data_header_size), tag = datagram.last(wire::data_tag_size);
  auto const part = sealed_part(datagram, flags);
  if ((flags & head_sealed) != 0) return state_.sessions.head_opener_of(session).open(counter, header, part, tag);
  return state_.sessions.ciphers_of(session).opener.open(counter, header, part, tag);
}

void Receiving::unknown(Origin const& from) {
  state_.drop(Drop::unknown_receiver);
  if (++side(from).unknowns <= max_unknowns) out_.control.push_back(UnknownReceiver{from});
}

/// Datagrams in a row mostly are of one session.
Session* Receiving::session_of(Origin const& from, ReceiverIndex local) {
  auto*& last = side(from).last_session;
  if (last == nullptr || last->local != local) last = state_.sessions.find(local);
  return last;
}

/// Relays account by the source that a frame claims. Frames whose claim is not true end here, so inventing
/// sources carries nothing to an honest node.
bool Receiving::is_of(Session const& session, Origin const& from) const {
  return from.is_direct() || std::memcmp(state_.peers[session.peer.value].node.bytes.data(), from.source.bytes.data(),
                                         wire::transit_source_prefix) == 0;
}

void Receiving::note(Session& session, Origin const& from, bool is_newest) {
  auto& peer = state_.peers[session.peer.value];
  auto& path = from.is_direct() ? peer.activity.direct : peer.activity.relayed;
  if (from.is_direct() && now_.boot - path.last_received >= heard_again)
    out_.control.push_back(PathHeard{session.peer});
  path.last_received = peer.activity.last_received = now_.boot;
  peer.activity.awaiting_since = never;
  if (!session.is_confirmed) {
    session.is_confirmed = true;
    out_.control.push_back(KeyConfirmed{session.peer, session.local, from});
  }
  // A late datagram may still come from the place that was left, and a relayed one says nothing about places.
  if (!is_newest || !from.is_direct() || peer.endpoint == from.endpoint) return;
  out_.control.push_back(
      EndpointMoved{session.peer, session.local, std::exchange(peer.endpoint, from.endpoint), from.endpoint});
}

void Receiving::content(Session& session, Origin const& from, std::uint8_t flags, MutBytes plaintext) {
  switch (wire::content_of(plaintext)) {
    case wire::Content::keepalive: return;
    case wire::Content::ip_packet: return packet(session.peer, flags, plaintext);
    case wire::Content::other: break;
  }
  if (plaintext[0] == wire::transit_kind) return transit(session.peer, from, plaintext);
  out_.control.push_back(ControlMessage{session.peer, session.local, from, plaintext});
}

/// Nobody vouches for what is behind the head: it goes to the end whose seal it bears, and is nothing else.
void Receiving::head(PeerSlot neighbour, Origin const& from, MutBytes plaintext) {
  auto const frame = wire::parse_transit(plaintext);
  if (!frame || !wire::needs_head_sealed_only(*frame)) return state_.drop(Drop::malformed_datagram);
  transit(neighbour, from, plaintext);
}

/// Here the depth ends: a frame inside a frame goes nowhere. Who is not admitted cannot cause a thing.
void Receiving::transit(PeerSlot neighbour, Origin const& from, MutBytes plaintext) {
  if (!from.is_direct() || !is_admitted(neighbour)) return state_.drop(Drop::transit_refused);
  auto const frame = wire::parse_transit(plaintext);
  if (!frame) return state_.drop(Drop::malformed_datagram);
  if (frame->destination != state_.table->self) return forwarding_.take(neighbour, *frame, plaintext);
  inside({from.endpoint, neighbour, frame->source}, frame->source_is_whole, plaintext.last(frame->datagram.size()));
}

bool Receiving::is_admitted(PeerSlot slot) const {
  auto const& peers = state_.table->peers;
  return slot.value < peers.size() && peers[slot.value].in_use;
}

void Receiving::packet(PeerSlot slot, std::uint8_t flags, MutBytes plaintext) {
  auto const ip = packet::look_at(plaintext);
  if (!ip || ip->total_length != plaintext.size()) return state_.drop(Drop::malformed_packet);
  if (auto const fault = fault_of(slot, *ip)) return state_.drop(*fault);
  bool const left_out = (flags & checksum_left_out) != 0;
  packet::clamp_mss(plaintext, *ip, state_.table->mtu, !left_out);
  if (!state_.coalescer.add(plaintext, *ip, left_out, out_.pieces, out_.tun))
    return state_.drop(Drop::malformed_packet);
  auto& activity = state_.peers[slot.value].activity;
  activity.last_data_received = now_.boot;
  if (passed_to_internet_) activity.last_internet_received = now_.boot;
  activity.rx_packets += 1;
  activity.rx_bytes += plaintext.size();
}

/// Packets in a row mostly have the addresses of the one before: what passed once passes again.
std::optional<Drop> Receiving::fault_of(PeerSlot slot, packet::IpView const& ip) {
  auto const pair = ip.address_pair();
  if (passed_family_ == ip.family && passed_peer_ == slot &&
      std::memcmp(passed_pair_.data(), pair.data(), pair.size()) == 0)
    return std::nullopt;
  if (auto const fault = dataplane::fault_of(*state_.table, state_.asked, slot, ip, now_.boot)) return fault;
  passed_family_ = ip.family;
  passed_peer_ = slot;
  auto const destination = ip.destination();
  passed_to_internet_ = destination != state_.table->own_v4 && destination != state_.table->own_v6;
  std::memcpy(passed_pair_.data(), pair.data(), pair.size());
  return std::nullopt;
}

}  // namespace pim::dataplane
