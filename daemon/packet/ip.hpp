// An IP packet at a glance: family, lengths checked against the buffer, protocol, addresses, fragment
// bits, and where its TCP or UDP header ends. Extension headers of IPv6 are not walked: such a packet
// has a protocol that nothing here treats specially.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace pim::packet {

inline constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17, protocol_icmp6 = 58;
inline constexpr std::size_t v4_header_size = 20, v6_header_size = 40, tcp_header_size = 20, udp_header_size = 8;
inline constexpr std::size_t icmp_header_size = 8;

/// A view: valid as long as the packet's bytes. Made by look_at only.
struct IpView {
  std::uint8_t const* data = nullptr;
  std::uint32_t total_length = 0;   ///< as the header says, never more than the buffer holds
  std::uint16_t header_length = 0;  ///< IPv4 with options; always 40 for IPv6
  std::uint8_t protocol = 0;        ///< IPv6: the first next header
  Family family = Family::v4;
  bool is_fragment = false;        ///< IPv4: any fragment, the first included
  bool is_later_fragment = false;  ///< IPv4: its offset is not zero

  [[nodiscard]] bool is_v4() const { return family == Family::v4; }
  [[nodiscard]] Bytes bytes() const { return {data, total_length}; }
  [[nodiscard]] std::size_t address_size() const { return is_v4() ? 4 : 16; }
  /// Source and destination lie next to each other in both families.
  [[nodiscard]] Bytes address_pair() const { return {data + (is_v4() ? 12 : 8), 2 * address_size()}; }
  [[nodiscard]] IpAddress source() const { return IpAddress::from_bytes(address_pair().first(address_size())); }
  [[nodiscard]] IpAddress destination() const { return IpAddress::from_bytes(address_pair().last(address_size())); }
};

/// Nothing when `packet` is too short for its header or for the length that the header states.
/// Bytes behind that length are left out of the view.
[[nodiscard]] std::optional<IpView> look_at(Bytes packet);

/// A TCP or UDP header right behind the IP header of an unfragmented packet.
struct Transport {
  std::uint8_t protocol = 0;
  std::uint16_t offset = 0;   ///< where it begins in the packet
  std::uint16_t payload = 0;  ///< where it ends

  [[nodiscard]] bool is_tcp() const { return protocol == protocol_tcp; }
  /// From the header's beginning to its checksum.
  [[nodiscard]] std::uint16_t checksum_offset() const { return is_tcp() ? 16 : 6; }
};

/// Nothing for other protocols, fragments, and headers that do not fit into the packet.
[[nodiscard]] std::optional<Transport> transport_of(IpView const& ip);

}  // namespace pim::packet
