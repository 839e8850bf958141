#include "packet/coalesce.hpp"

#include <cstring>

#include "packet/checksum.hpp"

namespace pim::packet {
namespace {

constexpr std::uint8_t tcp_psh = 0x08, tcp_ack = 0x10;
constexpr std::size_t max_packet = 65535;

bool equal(std::uint8_t const* a, std::uint8_t const* b, std::size_t from, std::size_t to) {
  return std::memcmp(a + from, b + from, to - from) == 0;
}

/// Everything in the IP headers but lengths, id and checksum.
bool same_ip_fields(std::uint8_t const* a, std::uint8_t const* b, bool is_v4) {
  if (is_v4) return equal(a, b, 0, 2) && equal(a, b, 6, 10);  // TOS; fragment bits, TTL, protocol
  return equal(a, b, 0, 4) && equal(a, b, 6, 8);              // class and flow label; next header, hop limit
}

/// Ids mean nothing in packets that may not be fragmented (RFC 6864); in others segmenting counts them up.
bool ids_follow(std::uint8_t const* first, std::uint8_t const* next, std::uint32_t count) {
  if ((first[6] & 0x40) != 0) return true;
  return load_be<std::uint16_t>(next + 4) == static_cast<std::uint16_t>(load_be<std::uint16_t>(first + 4) + count);
}

bool same_tcp_fields(std::uint8_t const* a, std::uint8_t const* b, std::size_t size) {
  return equal(a, b, 8, 13) && equal(a, b, 14, 16) && equal(a, b, 18, size);  // ack, offset; window; urgent, options
}

void ask_for_checksum(VnetHeader& vnet, IpView const& ip, std::uint8_t* packet, Transport const& transport,
                      std::size_t total) {
  vnet.flags = VnetHeader::needs_csum;
  vnet.csum_start = transport.offset;
  vnet.csum_offset = transport.checksum_offset();
  store_folded(packet + transport.offset + transport.checksum_offset(),
               fold(pseudo_sum(ip, transport.protocol, total - transport.offset)));
}

std::uint8_t gso_type_of(IpView const& ip, Transport const& transport) {
  if (!transport.is_tcp()) return VnetHeader::gso_udp_l4;
  return ip.is_v4() ? VnetHeader::gso_tcp4 : VnetHeader::gso_tcp6;
}

void pass(MutBytes packet, VnetHeader const& vnet, std::vector<Bytes>& pieces, std::vector<TunWrite>& writes) {
  writes.push_back({vnet, static_cast<std::uint32_t>(pieces.size()), 1});
  pieces.push_back(packet);
}

}  // namespace

bool Coalescer::add(MutBytes packet, IpView const& ip, bool checksum_left_out, std::vector<Bytes>& pieces,
                    std::vector<TunWrite>& writes) {
  auto const transport = transport_of(ip);
  if (!transport) {
    if (checksum_left_out) return false;
    flush(pieces, writes);  // a fragment may be of any flow: it must not overtake one
    pass(packet, {}, pieces, writes);
    return true;
  }
  auto* flow = find(ip, *transport);
  if (flow != nullptr && joins(*flow, ip, *transport, checksum_left_out)) {
    append(*flow, ip, *transport);
    return true;
  }
  if (flow != nullptr) finish(*flow, pieces, writes);
  if (!may_begin(ip, *transport)) {
    VnetHeader vnet;
    if (checksum_left_out) ask_for_checksum(vnet, ip, packet.data(), *transport, ip.total_length);
    pass(packet, vnet, pieces, writes);
    return true;
  }
  if (flow == nullptr) {
    flow = &flows_[oldest_];
    oldest_ = (oldest_ + 1) % max_flows;
    used_ = used_ < max_flows ? used_ + 1 : used_;
    if (flow->first != nullptr) finish(*flow, pieces, writes);
  }
  open(*flow, packet, ip, *transport, checksum_left_out);
  return true;
}

void Coalescer::flush(std::vector<Bytes>& pieces, std::vector<TunWrite>& writes) {
  for (std::size_t i = 0; i < used_; ++i) {
    // Oldest first, so that flows come out in the order in which they came.
    auto& flow = flows_[used_ < max_flows ? i : (oldest_ + i) % max_flows];
    if (flow.first != nullptr) finish(flow, pieces, writes);
  }
  used_ = oldest_ = 0;
}

/// The place of this packet's flow: same addresses, protocol and ports.
Coalescer::Flow* Coalescer::find(IpView const& ip, Transport const& transport) {
  std::uint32_t ports, theirs;
  std::memcpy(&ports, ip.data + transport.offset, sizeof ports);
  for (std::size_t i = 0; i < used_; ++i) {
    auto& flow = flows_[i];
    if (flow.first == nullptr || flow.ip.family != ip.family || flow.transport.protocol != transport.protocol) continue;
    std::memcpy(&theirs, flow.first + flow.transport.offset, sizeof theirs);
    if (theirs != ports) continue;
    auto const addresses = ip.address_pair();
    if (std::memcmp(flow.ip.address_pair().data(), addresses.data(), addresses.size()) == 0) return &flow;
  }
  return nullptr;
}

bool Coalescer::may_begin(IpView const& ip, Transport const& transport) const {
  if (ip.is_v4() && ip.header_length != v4_header_size) return false;
  if (ip.total_length == transport.payload) return false;
  auto const* const header = ip.data + transport.offset;
  if (transport.is_tcp()) return (header[13] & ~tcp_psh) == tcp_ack;
  // A UDP datagram without a checksum would get one.
  return join_udp_ && load_folded(header + 6) != 0 &&
         load_be<std::uint16_t>(header + 4) == ip.total_length - transport.offset;
}

bool Coalescer::joins(Flow& flow, IpView const& ip, Transport const& transport, bool left_out) const {
  auto const payload = ip.total_length - transport.payload;
  auto const *const a = flow.first, *const b = ip.data;
  if (!flow.is_open || transport.payload != flow.transport.payload || payload > flow.segment ||
      flow.total + payload > max_packet || flow.count == max_segments)
    return false;
  if (!may_begin(ip, transport) || !same_ip_fields(a, b, ip.is_v4())) return false;
  if (ip.is_v4() && !ids_follow(a, b, flow.count)) return false;
  if (transport.is_tcp()) {
    auto const *const ta = a + transport.offset, *const tb = b + transport.offset;
    if (load_be<std::uint32_t>(tb + 4) != flow.next_sequence) return false;
    if (!same_tcp_fields(ta, tb, std::size_t{transport.payload} - transport.offset)) return false;
  }
  if (!flow.is_verified) {
    flow.is_verified = flow.is_open = has_right_checksum(flow.ip, flow.transport);
    if (!flow.is_open) return false;
  }
  return left_out || has_right_checksum(ip, transport);
}

void Coalescer::append(Flow& flow, IpView const& ip, Transport const& transport) {
  auto const payload = ip.bytes().subspan(transport.payload);
  auto const size = static_cast<std::uint32_t>(payload.size());
  bool const pushed = transport.is_tcp() && (ip.data[transport.offset + 13] & tcp_psh) != 0;
  if (pushed) flow.first[transport.offset + 13] |= tcp_psh;
  flow.pieces[flow.count++] = payload;
  flow.total += size;
  flow.next_sequence += size;
  flow.is_open = size == flow.segment && !pushed;
}

void Coalescer::open(Flow& flow, MutBytes packet, IpView const& ip, Transport const& transport, bool left_out) {
  auto const payload = ip.total_length - transport.payload;
  flow.first = packet.data();
  flow.ip = ip;
  flow.transport = transport;
  flow.total = ip.total_length;
  flow.segment = payload;
  flow.is_open = true;
  if (transport.is_tcp()) {
    flow.next_sequence = load_be<std::uint32_t>(ip.data + transport.offset + 4) + payload;
    flow.is_open = (ip.data[transport.offset + 13] & tcp_psh) == 0;
  }
  flow.is_verified = flow.is_left_out = left_out;
  flow.count = 1;
  flow.pieces[0] = ip.bytes();
}

void Coalescer::finish(Flow& flow, std::vector<Bytes>& pieces, std::vector<TunWrite>& writes) {
  VnetHeader vnet;
  if (flow.count > 1) {
    if (flow.ip.is_v4()) {
      store_be(flow.first + 2, static_cast<std::uint16_t>(flow.total));
      write_v4_checksum(flow.first, flow.ip.header_length);
    } else {
      store_be(flow.first + 4, static_cast<std::uint16_t>(flow.total - v6_header_size));
    }
    if (!flow.transport.is_tcp())
      store_be(flow.first + flow.transport.offset + 4, static_cast<std::uint16_t>(flow.total - flow.transport.offset));
    vnet.gso_type = gso_type_of(flow.ip, flow.transport);
    vnet.gso_size = static_cast<std::uint16_t>(flow.segment);
    vnet.hdr_len = flow.transport.payload;
  }
  if (flow.count > 1 || flow.is_left_out) ask_for_checksum(vnet, flow.ip, flow.first, flow.transport, flow.total);
  writes.push_back({vnet, static_cast<std::uint32_t>(pieces.size()), flow.count});
  pieces.insert(pieces.end(), flow.pieces.begin(), flow.pieces.begin() + flow.count);
  flow.first = nullptr;
}

}  // namespace pim::packet
