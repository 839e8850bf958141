#include "cutter.hpp"

#include <algorithm>

#include "packet/checksum.hpp"

namespace pim::ceiling {
namespace {

using namespace packet;

constexpr std::size_t tcp_sequence = 4, tcp_flags = 13, udp_length = 4;
constexpr std::uint8_t fin_and_psh = 0x09, cwr = 0x80;

/// Of the packet that was cut, and the piece of it that begins `offset` bytes into its payload.
struct Piece {
  std::size_t index, offset, size;
  bool is_last;
};

void fit_ip(std::uint8_t* to, IpView const& ip, std::size_t total, std::size_t index) {
  if (!ip.is_v4()) return store_be(to + 4, static_cast<std::uint16_t>(total - v6_header_size));
  store_be(to + 2, static_cast<std::uint16_t>(total));
  store_be(to + 4, static_cast<std::uint16_t>(load_be<std::uint16_t>(ip.data + 4) + index));
  write_v4_checksum(to, ip.header_length);
}

void fit_transport(std::uint8_t* to, std::uint8_t const* whole, Transport const& transport, Piece const& piece) {
  if (!transport.is_tcp()) return store_be(to + udp_length, static_cast<std::uint16_t>(udp_header_size + piece.size));
  auto const sequence = load_be<std::uint32_t>(whole + tcp_sequence) + static_cast<std::uint32_t>(piece.offset);
  store_be(to + tcp_sequence, sequence);
  // RFC 9293 3.1 and RFC 3168 6.1.2: the end belongs to the last segment, the answer to congestion to the first.
  if (!piece.is_last) to[tcp_flags] = static_cast<std::uint8_t>(to[tcp_flags] & ~fin_and_psh);
  if (piece.index > 0) to[tcp_flags] = static_cast<std::uint8_t>(to[tcp_flags] & ~cwr);
}

}  // namespace

void Cutter::take(Bytes frame) {
  VnetHeader vnet;
  if (frame.size() <= sizeof vnet) return;
  std::memcpy(&vnet, frame.data(), sizeof vnet);
  auto const packet = frame.subspan(sizeof vnet);
  if (vnet.gso_type == VnetHeader::gso_none) return pass(packet, vnet);
  auto const ip = look_at(packet);
  auto const transport = ip ? transport_of(*ip) : std::nullopt;
  if (transport && vnet.gso_size > 0) cut(*ip, *transport, vnet.gso_size);
}

void Cutter::pass(Bytes packet, VnetHeader const& vnet) {
  auto* const to = trains_.place(packet.size());
  std::memcpy(to, packet.data(), packet.size());
  if (inner_checksums_ && (vnet.flags & VnetHeader::needs_csum) != 0 &&
      !complete_checksum({to, packet.size()}, vnet.csum_start, vnet.csum_offset))
    return;
  trains_.add(packet.size());
}

void Cutter::cut(IpView const& ip, Transport const& transport, std::size_t payload_size) {
  std::size_t const head = transport.payload, whole = ip.total_length - head;
  for (Piece piece{0, 0, 0, false}; piece.offset < whole; piece.offset += payload_size, ++piece.index) {
    piece.size = std::min(payload_size, whole - piece.offset);
    piece.is_last = piece.offset + piece.size == whole;
    auto const total = head + piece.size;
    auto* const to = trains_.place(total);
    std::memcpy(to, ip.data, head);
    std::memcpy(to + head, ip.data + head + piece.offset, piece.size);
    fit_ip(to, ip, total, piece.index);
    fit_transport(to + transport.offset, ip.data + transport.offset, transport, piece);
    if (inner_checksums_) {
      std::size_t const field = transport.checksum_offset();
      store_folded(to + transport.offset + field, fold(pseudo_sum(ip, transport.protocol, total - transport.offset)));
      if (!complete_checksum({to, total}, transport.offset, field)) return;
    }
    trains_.add(total);
  }
}

}  // namespace pim::ceiling
