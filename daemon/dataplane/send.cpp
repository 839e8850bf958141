#include "dataplane/send.hpp"

#include <cstring>

#include "dataplane/flags.hpp"
#include "packet/checksum.hpp"
#include "packet/mss.hpp"

namespace pim::dataplane {
namespace {

constexpr std::size_t max_answers = 32;              // ICMP errors a batch
constexpr std::size_t max_wanted = 16;               // addresses that control is asked for, a batch
constexpr auto ask_again = std::chrono::seconds(5);  // the budget of a handshake

/// True when the receiver will find the checksum where the description says it is.
bool is_derivable(packet::VnetHeader const& vnet, packet::IpView const& ip) {
  auto const transport = packet::transport_of(ip);
  return transport && vnet.csum_start == transport->offset && vnet.csum_offset == transport->checksum_offset();
}

/// A datagram of the daemon to the very place that it would be sent to: with its mark lost it came back into
/// the tunnel, and sealing it again would never end.
bool is_own_datagram(packet::IpView const& ip, Endpoint const& endpoint) {
  if (ip.protocol != packet::protocol_udp) return false;
  auto const transport = packet::transport_of(ip);
  return transport && load_be<std::uint16_t>(ip.data + transport->offset + 2) == endpoint.port &&
         ip.destination() == endpoint.ip;
}

bool needs_checksum(packet::VnetHeader const& vnet) { return (vnet.flags & packet::VnetHeader::needs_csum) != 0; }

}  // namespace

void Sending::frame(TunFrame const& frame) {
  auto const ip = packet::look_at(frame.packet);
  if (!ip) return state_.drop(Drop::malformed_packet);
  auto const& route = route_to(*ip);
  if (route.peer) return frame_to(*route.peer, frame.vnet, frame.packet);
  if (route.is_unheld && wanted_ < max_wanted) return want(frame, *ip);
  refuse(*ip, route);
}

void Sending::frame_to(PeerSlot slot, packet::VnetHeader const& vnet, MutBytes bytes) {
  auto const ip = packet::look_at(bytes);
  if (!ip) return state_.drop(Drop::malformed_packet);
  auto const packet = bytes.first(ip->total_length);
  if (!can_seal(state_.peer_at(slot), now_.boot)) return wait(slot, vnet, packet);
  auto const to = outbound(slot, Way::chosen);
  if (!to) return refuse(*ip, {{}, Drop::unreachable, packet::Unreachable::host});
  if (is_own_datagram(*ip, to->place())) return state_.drop(Drop::own_datagram);
  if (vnet.gso_type == packet::VnetHeader::gso_none) return whole(*to, vnet, *ip, packet);
  auto const segmenter = packet::Segmenter::make(packet, vnet);
  if (!segmenter) return state_.drop(Drop::malformed_packet);
  segments(*to, *segmenter, *ip);
}

void Sending::refuse(Bytes packet) {
  auto const ip = packet::look_at(packet);
  if (!ip) return state_.drop(Drop::malformed_packet);
  refuse(*ip, {{}, Drop::no_route, packet::Unreachable::no_route});
}

bool Sending::control(PeerSlot slot, Bytes plaintext, Way way) {
  auto const to = outbound(slot, way);
  if (!to) return false;
  auto* const place = begin(*to, plaintext.size());
  if (place == nullptr) return false;
  if (!plaintext.empty()) std::memcpy(place, plaintext.data(), plaintext.size());
  return finish(*to, plaintext.size(), 0);
}

bool Sending::transit(PeerSlot neighbour, wire::Transit const& frame) {
  auto const to = outbound(neighbour, Way::direct);
  if (!to) return false;
  auto const header = wire::header_size(frame), size = header + frame.datagram.size();
  auto* const place = begin(*to, size);
  if (place == nullptr) return false;
  wire::write_transit_header(frame, {place, header});
  if (!frame.datagram.empty()) std::memcpy(place + header, frame.datagram.data(), frame.datagram.size());
  return finish(*to, size, 0);
}

/// Frames in a row mostly go to one place: the answer for the last destination is kept.
Route const& Sending::route_to(packet::IpView const& ip) {
  auto const destination = ip.destination();
  if (!last_route_ || destination != last_destination_) {
    last_route_ = dataplane::route_to(*state_.table, destination);
    last_destination_ = destination;
    if (is_asked_of_gateway(*state_.table, *last_route_, destination)) state_.asked.note(destination);
  }
  return *last_route_;
}

/// The way to a peer; nothing when it is broken off somewhere.
std::optional<Outbound> Sending::outbound(PeerSlot slot, Way way) {
  if (slot.value >= state_.peers.size()) return std::nullopt;
  auto& peer = state_.peers[slot.value];
  if (!can_seal(peer, now_.boot)) return std::nullopt;
  Link const end{slot, &peer, peer.sending};
  if (!peer.relay || way == Way::direct) return peer.endpoint ? std::optional(Outbound{end}) : std::nullopt;
  auto const relay = state_.link(*peer.relay, now_.boot);
  return relay ? std::optional(Outbound{end, relay}) : std::nullopt;
}

void Sending::whole(Outbound const& to, packet::VnetHeader const& vnet, packet::IpView const& ip, MutBytes packet) {
  auto const mtu = state_.table->mtu;
  if (packet.size() > mtu) return too_big(ip);
  std::uint8_t flags = 0;
  if (needs_checksum(vnet)) {
    if (is_derivable(vnet, ip)) {
      flags = checksum_left_out;
    } else if (!packet::complete_checksum(packet, vnet.csum_start, vnet.csum_offset)) {
      return state_.drop(Drop::malformed_packet);
    }
  }
  packet::clamp_mss(packet, ip, mtu, flags == 0);
  auto* const place = begin(to, packet.size());
  if (place == nullptr) return;
  std::memcpy(place, packet.data(), packet.size());
  if (!finish(to, packet.size(), flags)) return;
  to.end.peer->activity.tx_packets += 1;
  to.end.peer->activity.tx_bytes += packet.size();
  note_data(to);
}

void Sending::segments(Outbound const& to, packet::Segmenter const& segmenter, packet::IpView const& ip) {
  if (segmenter.size(0) > state_.table->mtu) return too_big(ip);
  std::uint64_t packets = 0, bytes = 0;
  for (std::size_t i = 0; i < segmenter.count(); ++i) {
    auto const size = segmenter.size(i);
    auto* const place = begin(to, size);
    if (place == nullptr) break;
    segmenter.write(i, place);
    if (!finish(to, size, checksum_left_out)) break;
    ++packets;
    bytes += size;
  }
  to.end.peer->activity.tx_packets += packets;
  to.end.peer->activity.tx_bytes += bytes;
  if (packets > 0) note_data(to);
}

/// Where the plaintext of the next datagram goes; null and counted when the arena is full.
std::uint8_t* Sending::begin(Outbound const& to, std::size_t plaintext) {
  auto* const datagram = sealing_.begin(to.size_of(plaintext));
  return datagram == nullptr ? nullptr : datagram + to.lead() + wire::data_header_size;
}

/// Seals what lies where begin() said. False and counted when a key is used up.
bool Sending::finish(Outbound const& to, std::size_t plaintext, std::uint8_t flags) {
  auto const size = to.size_of(plaintext);
  MutBytes const datagram{out_.bytes.room(size), size};
  auto const inner = datagram.subspan(to.lead(), wire::data_overhead + plaintext);
  if (!sealing_.seal(to.end, inner, to.relay ? flags | in_frame : flags)) return false;
  if (to.relay && !wrap(to, datagram)) return false;
  out_.bytes.take(size);
  sealing_.append_to_train(to.place(), datagram, false);
  return true;
}

/// Round the sealed datagram that `datagram` holds: the transit header, and the neighbour's seal.
bool Sending::wrap(Outbound const& to, MutBytes datagram) {
  wire::Transit const header{
      .hop_limit = wire::transit_hop_limit, .destination = to.end.peer->node, .source = state_.table->self};
  wire::write_transit_header(header, datagram.subspan(wire::data_header_size));
  return sealing_.seal(*to.relay, datagram, head_sealed);
}

void Sending::note_data(Outbound const& to) {
  auto& activity = to.end.peer->activity;
  activity.last_data_sent = now_.boot;
  if (to.relay) {
    sealing_.note_data(to.end.slot, activity.relayed, true);
    sealing_.note_data(to.relay->slot, to.relay->peer->activity.direct, false);
  } else {
    sealing_.note_data(to.end.slot, activity.direct, false);
  }
  if (activity.awaiting_since != never) return;
  activity.awaiting_since = now_.boot;
  out_.control.push_back(AnswerAwaited{to.end.slot});
}

void Sending::wait(PeerSlot slot, packet::VnetHeader const& vnet, Bytes packet) {
  state_.drop(Drop::queue_full, state_.waiting.push(slot, vnet, packet));
  auto& peer = state_.peer_at(slot);
  if (peer.session_wanted != never && now_.boot - peer.session_wanted < ask_again) return;
  peer.session_wanted = now_.boot;
  out_.control.push_back(SessionWanted{slot});
}

void Sending::want(TunFrame const& frame, packet::IpView const& ip) {
  ++wanted_;
  out_.control.push_back(AddressWanted{ip.destination(), frame.vnet, frame.packet});
}

void Sending::refuse(packet::IpView const& ip, Route const& route) {
  state_.drop(route.drop);
  if (route.answer) answer([&](MutBytes to) { return packet::write_unreachable(ip, *route.answer, to); });
}

void Sending::too_big(packet::IpView const& ip) {
  state_.drop(Drop::packet_too_big);
  answer([&](MutBytes to) { return packet::write_too_big(ip, state_.table->mtu, to); });
}

/// Hands the host an ICMP error. A flood of refused packets gets few of them, those included that control
/// may still refuse.
template <class Write>
void Sending::answer(Write const& write) {
  if (answers_ + wanted_ >= max_answers) return;
  auto* const place = out_.bytes.room(packet::max_icmp_size);
  if (place == nullptr) return;
  auto const size = write(MutBytes{place, packet::max_icmp_size});
  if (size == 0) return;
  ++answers_;
  out_.bytes.take(size);
  out_.tun.push_back({{}, static_cast<std::uint32_t>(out_.pieces.size()), 1});
  out_.pieces.push_back({place, size});
}

}  // namespace pim::dataplane
