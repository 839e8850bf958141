// ICMP errors that answer a packet of this host which cannot be carried, so that applications fail or
// adapt at once instead of waiting. The answer comes from the packet's own destination: a source that is
// an address of this host would be thrown away as a martian.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "packet/ip.hpp"

namespace pim::packet {

enum class Unreachable : std::uint8_t {
  no_route,    ///< nobody has that address
  host,        ///< someone has it, but there is no way to them now
  prohibited,  ///< held back on purpose; the code that UDP sockets report too
};

/// RFC 4443 2.4 (c): no more than the smallest MTU of IPv6.
inline constexpr std::size_t max_icmp_size = 1280;

/// Both write an ICMP or ICMPv6 packet into `to` (at least max_icmp_size bytes) and return its length; 0
/// when no answer is due (RFC 1122 3.2.2, RFC 4443 2.4): for ICMP errors, later fragments, and sources or
/// destinations that are not one host.
[[nodiscard]] std::size_t write_unreachable(IpView const& ip, Unreachable why, MutBytes to);
[[nodiscard]] std::size_t write_too_big(IpView const& ip, std::uint16_t mtu, MutBytes to);

}  // namespace pim::packet
