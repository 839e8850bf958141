// Lowers the maximum segment size that a TCP SYN announces, so that hosts behind a forwarding node do
// not send what the tunnel cannot carry and then wait for ICMP that a firewall eats.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "packet/ip.hpp"

namespace pim::packet {

/// The largest MSS whose packets fit into `mtu` (RFC 9293 3.7.1: options are not counted).
[[nodiscard]] inline std::uint16_t mss_for(std::uint16_t mtu, Family family) {
  auto const headers = (family == Family::v4 ? v4_header_size : v6_header_size) + tcp_header_size;
  return static_cast<std::uint16_t>(mtu > headers ? mtu - headers : 0);
}

/// Lowers the MSS option of a SYN to what fits into `mtu`. `has_checksum`: the checksum is complete and is
/// kept right; otherwise it is a pseudo-header sum, which does not cover options. True when changed.
bool clamp_mss(MutBytes packet, IpView const& ip, std::uint16_t mtu, bool has_checksum);

}  // namespace pim::packet
