#include "gatherer.hpp"

#include <algorithm>

#include "packet/checksum.hpp"
#include "packet/vnet.hpp"

namespace pim::ceiling {
namespace {

using namespace packet;

constexpr std::size_t max_total = 65'535;
constexpr std::uint8_t ack = 0x10, psh = 0x08;
constexpr std::size_t flags_at = 13;

bool pushes(std::uint8_t const* tcp) { return (tcp[flags_at] & psh) != 0; }

bool equal(std::uint8_t const* a, std::uint8_t const* b, std::size_t from, std::size_t to) {
  return std::memcmp(a + from, b + from, to - from) == 0;
}

/// Addresses, hop limit and traffic class; identification, lengths and checksum may differ.
bool equal_ip(std::uint8_t const* a, std::uint8_t const* b, bool is_v4) {
  return is_v4 ? a[1] == b[1] && a[8] == b[8] && equal(a, b, 12, 20) : equal(a, b, 0, 4) && equal(a, b, 7, 40);
}

/// RFC 9293 3.1: all but the sequence number, PSH and the checksum.
bool equal_tcp(std::uint8_t const* a, std::uint8_t const* b, std::size_t size) {
  return equal(a, b, 0, 4) && equal(a, b, 8, 13) && equal(a, b, 14, 16) && equal(a, b, 18, size);
}

std::uint8_t gso_type(IpView const& ip, Transport const& transport) {
  if (!transport.is_tcp()) return VnetHeader::gso_udp_l4;
  return ip.is_v4() ? VnetHeader::gso_tcp4 : VnetHeader::gso_tcp6;
}

}  // namespace

Gatherer::Packet Gatherer::inspect(MutBytes bytes) const {
  auto const ip = look_at(bytes);
  if (!ip) return {bytes, {}, {}, false};
  auto const transport = transport_of(*ip);
  if (!transport || ip->total_length != bytes.size()) return {bytes, *ip, {}, false};
  Packet packet{bytes, *ip, *transport, false};
  auto const is_data = packet.payload() > 0 && (!transport->is_tcp() || (packet.header()[flags_at] & ~psh) == ack);
  packet.may_join = is_data && (!inner_checksums_ || has_right_checksum(*ip, *transport));
  return packet;
}

bool Gatherer::follows(Packet const& next) const {
  if (!is_open_ || !next.may_join || next.transport.protocol != first_.transport.protocol ||
      next.ip.family != first_.ip.family || next.transport.payload != first_.transport.payload ||
      next.transport.offset != first_.transport.offset || next.payload() > first_.payload() ||
      total_ + next.payload() > max_total || count_ == max_packets)
    return false;
  if (!equal_ip(next.bytes.data(), first_.bytes.data(), next.ip.is_v4())) return false;
  auto const *a = next.header(), *b = first_.header();
  if (!next.transport.is_tcp()) return equal(a, b, 0, 4);
  auto const so_far = static_cast<std::uint32_t>(total_ - first_.transport.payload);
  return load_be<std::uint32_t>(a + 4) == load_be<std::uint32_t>(b + 4) + so_far &&
         equal_tcp(a, b, static_cast<std::size_t>(next.transport.payload - next.transport.offset));
}

void Gatherer::add(MutBytes bytes) {
  auto const packet = inspect(bytes);
  if (!follows(packet)) {
    flush();
    return begin(packet);
  }
  pieces_[1 + count_++] = {packet.bytes.data() + packet.transport.payload, packet.payload()};
  total_ += packet.payload();
  auto const is_pushed = packet.transport.is_tcp() && pushes(packet.header());
  if (is_pushed) first_.header()[flags_at] |= psh;
  is_open_ = !is_pushed && packet.payload() == first_.payload();
}

void Gatherer::begin(Packet const& first) {
  first_ = first;
  total_ = first.bytes.size();
  count_ = 1;
  pieces_[1] = {first.bytes.data(), first.bytes.size()};
  is_open_ = first.may_join && !(first.transport.is_tcp() && pushes(first.header()));
}

void Gatherer::flush() {
  if (count_ == 0) return;
  VnetHeader vnet;
  auto const& [bytes, ip, transport, _] = first_;
  if (count_ > 1) {
    auto* const head = bytes.data();
    vnet.gso_type = gso_type(ip, transport);
    vnet.gso_size = static_cast<std::uint16_t>(first_.payload());
    vnet.hdr_len = transport.payload;
    store_be(head + (ip.is_v4() ? 2 : 4), static_cast<std::uint16_t>(ip.is_v4() ? total_ : total_ - v6_header_size));
    if (ip.is_v4()) write_v4_checksum(head, ip.header_length);
    if (!transport.is_tcp()) store_be(first_.header() + 4, static_cast<std::uint16_t>(total_ - transport.offset));
  }
  if (count_ > 1 || (transport.payload > 0 && !inner_checksums_)) {
    vnet.flags = VnetHeader::needs_csum;
    vnet.csum_start = transport.offset;
    vnet.csum_offset = transport.checksum_offset();
    store_folded(first_.header() + vnet.csum_offset,
                 fold(pseudo_sum(ip, transport.protocol, total_ - transport.offset)));
  }
  pieces_[0] = {&vnet, sizeof vnet};
  // A full device drops, as a wire does.
  [[maybe_unused]] auto const written = ::writev(tun_, pieces_.data(), static_cast<int>(1 + count_));
  count_ = 0;
  is_open_ = false;
}

}  // namespace pim::ceiling
