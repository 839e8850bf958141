#include "packet/segment.hpp"

#include <cstring>

#include "packet/checksum.hpp"

namespace pim::packet {
namespace {

constexpr std::uint8_t tcp_fin = 0x01, tcp_psh = 0x08, tcp_cwr = 0x80;

bool describes(VnetHeader const& vnet, IpView const& ip, Transport const& transport) {
  if (vnet.gso_size == 0) return false;
  if ((vnet.flags & VnetHeader::needs_csum) != 0 &&
      (vnet.csum_start != transport.offset || vnet.csum_offset != transport.checksum_offset()))
    return false;
  switch (vnet.gso_type & ~VnetHeader::gso_ecn) {
    case VnetHeader::gso_tcp4: return ip.is_v4() && transport.is_tcp();
    case VnetHeader::gso_tcp6: return !ip.is_v4() && transport.is_tcp();
    case VnetHeader::gso_udp_l4: return !transport.is_tcp();
    default: return false;
  }
}

}  // namespace

std::optional<Segmenter> Segmenter::make(Bytes packet, VnetHeader const& vnet) {
  auto const ip = look_at(packet);
  if (!ip) return std::nullopt;
  auto const transport = transport_of(*ip);
  if (!transport || !describes(vnet, *ip, *transport)) return std::nullopt;
  return Segmenter(*ip, *transport, vnet.gso_size);
}

Segmenter::Segmenter(IpView const& ip, Transport const& transport, std::size_t gso_size)
    : ip_(ip),
      transport_(transport),
      payload_(ip.bytes().subspan(transport.payload)),
      gso_size_(gso_size),
      count_(payload_.empty() ? 1 : (payload_.size() + gso_size - 1) / gso_size),
      header_size_(transport.payload) {
  std::memcpy(full_.data(), ip.data, header_size_);
  std::memcpy(last_.data(), ip.data, header_size_);
  if (transport.is_tcp()) sequence_ = load_be<std::uint32_t>(ip.data + transport.offset + 4);
  fit_header(full_.data(), payload_size(0));
  fit_header(last_.data(), payload_size(count_ - 1));
  if (ip.is_v4()) id_ = load_be<std::uint16_t>(ip.data + 4);
}

/// Everything that depends on the size alone: lengths and the pseudo-header's sum.
void Segmenter::fit_header(std::uint8_t* header, std::size_t payload) const {
  auto const total = header_size_ + payload;
  auto* const transport = header + transport_.offset;
  if (ip_.is_v4()) {
    store_be(header + 2, static_cast<std::uint16_t>(total));
  } else {
    store_be(header + 4, static_cast<std::uint16_t>(total - v6_header_size));
  }
  if (!transport_.is_tcp()) store_be(transport + 4, static_cast<std::uint16_t>(udp_header_size + payload));
  store_folded(transport + transport_.checksum_offset(),
               fold(pseudo_sum(ip_, transport_.protocol, total - transport_.offset)));
}

void Segmenter::write(std::size_t index, std::uint8_t* to) const {
  bool const is_last = index + 1 == count_;
  std::memcpy(to, is_last ? last_.data() : full_.data(), header_size_);
  std::memcpy(to + header_size_, payload_.data() + index * gso_size_, payload_size(index));
  if (ip_.is_v4()) {
    store_be(to + 4, static_cast<std::uint16_t>(id_ + index));
    write_v4_checksum(to, ip_.header_length);
  }
  if (!transport_.is_tcp()) return;
  auto* const tcp = to + transport_.offset;
  store_be(tcp + 4, sequence_ + static_cast<std::uint32_t>(index * gso_size_));
  if (!is_last) tcp[13] &= static_cast<std::uint8_t>(~(tcp_fin | tcp_psh));  // they belong to the last byte
  if (index > 0) tcp[13] &= static_cast<std::uint8_t>(~tcp_cwr);             // RFC 3168: once per window
}

}  // namespace pim::packet
