#include <cstring>

#include "dataplane/flags.hpp"
#include "dataplane/state.hpp"
#include "packet/checksum.hpp"
#include "packet/mss.hpp"

namespace pim::dataplane {
namespace {

constexpr std::size_t max_train_segments = 64;       // UDP_MAX_SEGMENTS of kernels before 6.8
constexpr std::size_t max_train_bytes = 65507;       // what one IPv4 UDP datagram carries
constexpr std::size_t max_answers = 32;              // ICMP errors a batch
constexpr auto ask_again = std::chrono::seconds(5);  // the budget of a handshake

/// True when the receiver will find the checksum where the description says it is.
bool is_derivable(packet::VnetHeader const& vnet, packet::IpView const& ip) {
  auto const transport = packet::transport_of(ip);
  return transport && vnet.csum_start == transport->offset && vnet.csum_offset == transport->checksum_offset();
}

/// A datagram of the daemon to the very peer that it would be sealed for: with its mark lost it came back
/// into the tunnel, and sealing it again would never end.
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
  if (!route.peer) return refuse(*ip, route);
  frame_to(*route.peer, frame.vnet, frame.packet);
}

void Sending::frame_to(PeerSlot slot, packet::VnetHeader const& vnet, MutBytes bytes) {
  auto const ip = packet::look_at(bytes);
  if (!ip) return state_.drop(Drop::malformed_packet);
  auto const packet = bytes.first(ip->total_length);
  auto& peer = state_.peer_at(slot);
  if (!can_seal(peer)) return wait(slot, vnet, packet);
  if (!peer.endpoint) return refuse(*ip, {{}, Drop::unreachable, packet::Unreachable::host});
  if (is_own_datagram(*ip, *peer.endpoint)) return state_.drop(Drop::own_datagram);
  Outbound const to{slot, peer, *peer.sending};
  if (vnet.gso_type == packet::VnetHeader::gso_none) return whole(to, vnet, *ip, packet);
  auto const segmenter = packet::Segmenter::make(packet, vnet);
  if (!segmenter) return state_.drop(Drop::malformed_packet);
  segments(to, *segmenter, *ip);
}

bool Sending::control(PeerSlot slot, Bytes plaintext) {
  if (slot.value >= state_.peers.size()) return false;
  auto& peer = state_.peers[slot.value];
  if (!can_seal(peer) || !peer.endpoint) return false;
  auto* const place = begin(plaintext.size());
  if (place == nullptr) return false;
  if (!plaintext.empty()) std::memcpy(place, plaintext.data(), plaintext.size());
  return finish({slot, peer, *peer.sending}, plaintext.size(), 0);
}

/// Frames in a row mostly go to one place: the answer for the last destination is kept.
Route const& Sending::route_to(packet::IpView const& ip) {
  auto const destination = ip.destination();
  if (!last_route_ || destination != last_destination_) {
    last_route_ = dataplane::route_to(*state_.table, destination);
    last_destination_ = destination;
  }
  return *last_route_;
}

bool Sending::can_seal(Peer const& peer) const { return peer.sending != nullptr && now_.boot < peer.sending->expires; }

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
  auto* const place = begin(packet.size());
  if (place == nullptr) return;
  std::memcpy(place, packet.data(), packet.size());
  if (!finish(to, packet.size(), flags)) return;
  to.peer.activity.tx_packets += 1;
  to.peer.activity.tx_bytes += packet.size();
  note_data(to);
}

void Sending::segments(Outbound const& to, packet::Segmenter const& segmenter, packet::IpView const& ip) {
  if (segmenter.size(0) > state_.table->mtu) return too_big(ip);
  std::uint64_t packets = 0, bytes = 0;
  for (std::size_t i = 0; i < segmenter.count(); ++i) {
    auto const size = segmenter.size(i);
    auto* const place = begin(size);
    if (place == nullptr) break;
    segmenter.write(i, place);
    if (!finish(to, size, checksum_left_out)) break;
    ++packets;
    bytes += size;
  }
  to.peer.activity.tx_packets += packets;
  to.peer.activity.tx_bytes += bytes;
  if (packets > 0) note_data(to);
}

/// Where the plaintext of the next datagram goes; null and counted when the arena is full.
std::uint8_t* Sending::begin(std::size_t plaintext) {
  auto* const datagram = out_.bytes.room(wire::data_overhead + plaintext);
  if (datagram != nullptr) return datagram + wire::data_header_size;
  state_.drop(Drop::congestion);
  return nullptr;
}

/// Seals what lies where begin() said. False and counted when the key is used up.
bool Sending::finish(Outbound const& to, std::size_t plaintext, std::uint8_t flags) {
  auto& session = to.session;
  if (session.next_counter >= state_.limits.reject_after) {
    state_.drop(Drop::counter_exhausted);
    return false;
  }
  auto const size = wire::data_overhead + plaintext;
  MutBytes const datagram{out_.bytes.room(size), size};
  auto const counter = session.next_counter++;
  wire::write_data_header(datagram, {.flags = {flags, 0, 0}, .receiver = session.remote, .counter = counter});
  session.sealer.seal(counter, datagram.first(wire::data_header_size),
                      datagram.subspan(wire::data_header_size, plaintext), datagram.last(wire::data_tag_size));
  append_to_train(*to.peer.endpoint, size);
  to.peer.activity.last_sent = now_.boot;
  if (!session.rekey_reported && (now_.boot >= session.rekey_after || counter >= state_.limits.rekey_after)) {
    session.rekey_reported = true;
    out_.control.push_back(RekeyWanted{to.slot});
  }
  return true;
}

/// Takes the datagram that lies behind everything else, into the last train if it is one more of its size.
void Sending::append_to_train(Endpoint const& endpoint, std::size_t size) {
  auto const offset = out_.bytes.size();
  out_.bytes.take(size);
  if (!out_.trains.empty()) {
    auto& train = out_.trains.back();
    bool const is_whole = train.length % train.segment == 0;  // a shorter one ended it
    bool const is_next = train.offset + train.length == offset && train.to == endpoint;
    if (is_whole && is_next && size <= train.segment && train.length + size <= max_train_bytes &&
        train.length / train.segment < max_train_segments) {
      train.length += static_cast<std::uint32_t>(size);
      return;
    }
  }
  out_.trains.push_back({endpoint, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size),
                         static_cast<std::uint32_t>(size)});
}

void Sending::note_data(Outbound const& to) {
  auto& activity = to.peer.activity;
  activity.last_data_sent = now_.boot;
  if (activity.awaiting_since != never) return;
  activity.awaiting_since = now_.boot;
  out_.control.push_back(AnswerAwaited{to.slot});
}

void Sending::wait(PeerSlot slot, packet::VnetHeader const& vnet, Bytes packet) {
  state_.drop(Drop::queue_full, state_.waiting.push(slot, vnet, packet));
  auto& peer = state_.peer_at(slot);
  if (peer.session_wanted != never && now_.boot - peer.session_wanted < ask_again) return;
  peer.session_wanted = now_.boot;
  out_.control.push_back(SessionWanted{slot});
}

void Sending::refuse(packet::IpView const& ip, Route const& route) {
  state_.drop(route.drop);
  if (route.answer) answer([&](MutBytes to) { return packet::write_unreachable(ip, *route.answer, to); });
}

void Sending::too_big(packet::IpView const& ip) {
  state_.drop(Drop::packet_too_big);
  answer([&](MutBytes to) { return packet::write_too_big(ip, state_.table->mtu, to); });
}

/// Hands the host an ICMP error. A flood of refused packets gets few of them.
template <class Write>
void Sending::answer(Write const& write) {
  if (answers_ == max_answers) return;
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
