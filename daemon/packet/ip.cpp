#include "packet/ip.hpp"

namespace pim::packet {
namespace {

std::optional<IpView> look_at_v4(Bytes packet) {
  auto const* const p = packet.data();
  IpView ip{.data = p, .family = Family::v4};
  ip.header_length = static_cast<std::uint16_t>((p[0] & 15) * 4);
  ip.total_length = load_be<std::uint16_t>(p + 2);
  ip.protocol = p[9];
  if (ip.header_length < v4_header_size || ip.total_length < ip.header_length || ip.total_length > packet.size())
    return std::nullopt;
  auto const fragment = load_be<std::uint16_t>(p + 6);
  ip.is_fragment = (fragment & 0x3fff) != 0;  // "more fragments" or an offset
  ip.is_later_fragment = (fragment & 0x1fff) != 0;
  return ip;
}

std::optional<IpView> look_at_v6(Bytes packet) {
  auto const* const p = packet.data();
  IpView ip{.data = p, .header_length = v6_header_size, .protocol = p[6], .family = Family::v6};
  ip.total_length = static_cast<std::uint32_t>(v6_header_size) + load_be<std::uint16_t>(p + 4);
  if (ip.total_length > packet.size()) return std::nullopt;
  return ip;
}

}  // namespace

std::optional<IpView> look_at(Bytes packet) {
  if (packet.empty()) return std::nullopt;
  auto const version = packet[0] >> 4;
  if (version == 4 && packet.size() >= v4_header_size) return look_at_v4(packet);
  if (version == 6 && packet.size() >= v6_header_size) return look_at_v6(packet);
  return std::nullopt;
}

std::optional<Transport> transport_of(IpView const& ip) {
  if (ip.is_fragment) return std::nullopt;
  std::size_t const offset = ip.header_length, room = ip.total_length - offset;
  std::size_t size = udp_header_size;
  if (ip.protocol == protocol_tcp) {
    if (room < tcp_header_size) return std::nullopt;
    size = std::size_t{4} * (ip.data[offset + 12] >> 4);
    if (size < tcp_header_size) return std::nullopt;
  } else if (ip.protocol != protocol_udp) {
    return std::nullopt;
  }
  if (size > room) return std::nullopt;
  return Transport{ip.protocol, static_cast<std::uint16_t>(offset), static_cast<std::uint16_t>(offset + size)};
}

}  // namespace pim::packet
