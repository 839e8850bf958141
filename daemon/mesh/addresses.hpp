// Mesh addresses, derived from plain values:
//   v6  fd | 40 bits of SHA-256(network name) | first 80 bits of the node id     final and self-certifying
//   v4  10.77.x.y from SHA-256(node id, attempt)                                 an alias: the next attempt when taken
#pragma once

#include <cstdint>
#include <string_view>

#include "base/address.hpp"
#include "base/ids.hpp"

namespace pim::mesh {

/// 10.77.0.0/16, of every network alike.
[[nodiscard]] Prefix v4_prefix();
/// The /48 of a network: another name, another prefix.
[[nodiscard]] Prefix v6_prefix(std::string_view network);

/// The one v6 address of a node in the network of `prefix`, a /48.
[[nodiscard]] IpAddress v6_address(Prefix const& prefix, NodeId const& id);
/// The alias of a node at its `attempt`-th try, from 0; always one that is_usable_alias.
[[nodiscard]] IpAddress v4_alias(NodeId const& id, std::uint32_t attempt = 0);

/// Inside 10.77.0.0/16, not the DNS service, and with a last byte that no host takes for a network (0) or
/// a broadcast (255) address.
[[nodiscard]] bool is_usable_alias(IpAddress const& ip);

/// DNS inside the tunnel: 10.77.255.53 and PREFIX::53. That a node's own v6 address falls on it is as likely
/// as guessing 80 bits of a node id.
[[nodiscard]] IpAddress service_v4();
[[nodiscard]] IpAddress service_v6(Prefix const& prefix);

}  // namespace pim::mesh
