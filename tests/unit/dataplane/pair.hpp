// Two packet paths back to back: what one seals, the other may be given, whole, reordered or broken.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "dataplane/dataplane.hpp"
#include "packet/checksum.hpp"
#include "packet/segment.hpp"
#include "support/packets.hpp"

namespace pim::test {

using namespace pim::dataplane;
using packet::VnetHeader;

inline constexpr auto seconds = [](int count) { return Duration(std::chrono::seconds(count)); };

inline std::uint64_t dropped(Dataplane const& plane, Drop reason) {
  return plane.drops()[static_cast<std::size_t>(reason)];
}
inline std::uint64_t dropped(Dataplane const& plane) {
  std::uint64_t all = 0;
  for (auto const count : plane.drops()) all += count;
  return all;
}

template <class Event>
std::vector<Event> events_of(Out const& out) {
  std::vector<Event> found;
  for (auto const& event : out.control)
    if (auto const* const it = std::get_if<Event>(&event)) found.push_back(*it);
  return found;
}

/// What a write to the tunnel device means: the packets with their checksums completed.
inline std::vector<Buffer> packets_of(Out const& out) {
  std::vector<Buffer> packets;
  for (auto const& write : out.tun) {
    Buffer whole;
    for (std::uint32_t i = 0; i < write.piece_count; ++i) Writer(whole).bytes(out.pieces.at(write.first_piece + i));
    auto const& vnet = write.vnet;
    std::vector<Buffer> parts{whole};
    if (vnet.gso_type != VnetHeader::gso_none) {
      auto const segmenter = packet::Segmenter::make(whole, vnet);
      PIM_ASSERT(segmenter.has_value());
      parts.assign(segmenter->count(), {});
      for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i].resize(segmenter->size(i));
        segmenter->write(i, parts[i].data());
      }
    }
    for (auto& part : parts) {
      if (vnet.flags & VnetHeader::needs_csum)
        PIM_ASSERT(packet::complete_checksum(part, vnet.csum_start, vnet.csum_offset));
      packets.push_back(std::move(part));
    }
  }
  return packets;
}

inline std::vector<Buffer> datagrams_of(Out const& out) {
  std::vector<Buffer> datagrams;
  for (auto const& train : out.trains)
    each_datagram(train.data, train.segment, [&](Bytes one) { datagrams.emplace_back(one.begin(), one.end()); });
  return datagrams;
}

/// `train` at the other end of a wire that copies nothing.
inline Train arriving(Endpoint const& from, OutTrain const& train) {
  return {from, {const_cast<std::uint8_t*>(train.data.data()), train.data.size()}, train.segment};
}

inline crypto::Key key_of(std::uint8_t fill) { return crypto::Key(Buffer(32, fill)); }

/// One end. Its only peer is the other end, in a slot that differs from the other's on purpose.
struct Node {
  Node(PeerSlot peer_slot, char const* v4, char const* v6, char const* at)
      : peer(peer_slot), own_v4(*parse_ip(v4)), own_v6(*parse_ip(v6)), address(*parse_endpoint(at)) {}

  PeerSlot peer;
  IpAddress own_v4, own_v6;
  Endpoint address;
  ForwardingTable table{};
  Dataplane plane{};
  Out out{};
  std::deque<Buffer> held{};  ///< what `out` has views into

  void publish() { plane.publish(std::make_unique<ForwardingTable>(table)); }
  PeerPolicy& policy() { return table.peers[peer.value]; }

  Out& tun(Buffer packet, Now const& now, VnetHeader const& vnet = {}) {
    out.clear();
    held.assign(1, std::move(packet));
    TunFrame frame{vnet, held.back()};
    plane.on_tun({&frame, 1}, now, out);
    return out;
  }
  /// Each datagram as a receive call of its own.
  Out& receive(std::vector<Buffer> const& datagrams, Endpoint const& from, Now const& now) {
    out.clear();
    held.assign(datagrams.begin(), datagrams.end());
    std::vector<Train> trains;
    for (auto& one : held) trains.push_back({from, one, one.size()});
    plane.on_datagrams(trains, now, out);
    return out;
  }
};

/// As control does where it knows nobody with that address.
inline void refuse_wanted(Node& node, Now const& now) {
  for (auto const& wanted : events_of<AddressWanted>(node.out)) node.plane.refuse(wanted.packet, now, node.out);
}

struct Pair {
  Now now{.boot = Time(seconds(1000))};
  Node a{PeerSlot{3}, "10.77.0.1", "fd00:1:2::a", "192.0.2.1:9100"};
  Node b{PeerSlot{1}, "10.77.0.2", "fd00:1:2::b", "192.0.2.2:9100"};

  explicit Pair(bool with_keys = true) {
    know(a, b);
    know(b, a);
    if (with_keys) give_keys(1);
  }

  static void know(Node& node, Node const& other) {
    auto& table = node.table;
    table.mesh_v4 = *parse_prefix("10.77.0.0/16");
    table.mesh_v6 = *parse_prefix("fd00:1:2::/48");
    table.service_v4 = *parse_ip("198.18.0.53");
    table.service_v6 = *parse_ip("fd00:1:2:ffff::53");
    table.own_v4 = node.own_v4;
    table.own_v6 = node.own_v6;
    table.peers.resize(node.peer.value + 1);
    node.policy() = {.in_use = true, .v6 = other.own_v6, .v4 = other.own_v4};
    table.by_address.emplace(other.own_v4, node.peer);
    table.by_address.emplace(other.own_v6, node.peer);
    node.publish();
    node.plane.set_endpoint(node.peer, other.address);
  }

  static ReceiverIndex index_at_a(std::uint8_t generation) { return {0xa0000000U + generation}; }
  static ReceiverIndex index_at_b(std::uint8_t generation) { return {0xb0000000U + generation}; }

  void install(std::uint8_t generation, Duration lifetime = seconds(180), Duration rekey_after = seconds(120)) {
    auto const out_key = static_cast<std::uint8_t>(generation * 2), back_key = static_cast<std::uint8_t>(out_key + 1);
    auto const rekey = now.boot + rekey_after, expires = now.boot + lifetime;
    a.plane.install(
        {a.peer, index_at_a(generation), index_at_b(generation), key_of(out_key), key_of(back_key), rekey, expires});
    b.plane.install(
        {b.peer, index_at_b(generation), index_at_a(generation), key_of(back_key), key_of(out_key), rekey, expires});
  }
  void give_keys(std::uint8_t generation, Duration lifetime = seconds(180), Duration rekey_after = seconds(120)) {
    install(generation, lifetime, rekey_after);
    a.plane.use_for_sending(a.peer, index_at_a(generation), now, a.out);
    b.plane.use_for_sending(b.peer, index_at_b(generation), now, b.out);
  }

  [[nodiscard]] Flow flow(bool is_tcp = false, bool is_v4 = true) const {
    Flow flow{.is_tcp = is_tcp};
    flow.source = is_v4 ? a.own_v4 : a.own_v6;
    flow.destination = is_v4 ? b.own_v4 : b.own_v6;
    return flow;
  }
  [[nodiscard]] static Flow flow(char const* from, char const* to) {
    Flow flow{.is_tcp = false};
    flow.source = *parse_ip(from);
    flow.destination = *parse_ip(to);
    return flow;
  }
  /// A sealed datagram from a to b; a must be able to send it.
  Buffer sealed(Buffer packet) {
    auto const datagrams = datagrams_of(a.tun(std::move(packet), now));
    PIM_ASSERT(datagrams.size() == 1);
    return datagrams[0];
  }
  Buffer sealed_control(Bytes plaintext) {
    a.out.clear();
    PIM_ASSERT(a.plane.seal_control(a.peer, plaintext, now, a.out));
    return datagrams_of(a.out).at(0);
  }
  /// What b hands to its host when it gets these from a.
  std::vector<Buffer> arrived(std::vector<Buffer> const& datagrams) {
    return packets_of(b.receive(datagrams, a.address, now));
  }
};

/// A super-packet as the kernel hands it over.
inline std::pair<Buffer, VnetHeader> make_super(Flow const& flow, Bytes payload, std::uint16_t gso,
                                                Fields const& fields = {}) {
  auto packet = make_packet(flow, payload, fields);
  make_partial(packet, flow.is_tcp);
  VnetHeader vnet{.flags = VnetHeader::needs_csum, .gso_size = gso};
  vnet.gso_type = !flow.is_tcp          ? VnetHeader::gso_udp_l4
                  : flow.source.is_v4() ? VnetHeader::gso_tcp4
                                        : VnetHeader::gso_tcp6;
  vnet.csum_start = static_cast<std::uint16_t>(ip_header_of(packet));
  vnet.csum_offset = static_cast<std::uint16_t>(checksum_field(flow.is_tcp));
  vnet.hdr_len = static_cast<std::uint16_t>(packet.size() - payload.size());
  return {std::move(packet), vnet};
}

}  // namespace pim::test
