// The host's network interfaces as one value, as the link monitor saw them at one instant.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace pim::plan {

struct LinkAddress {
  IpAddress ip;
  std::uint8_t length = 0;
  bool operator==(LinkAddress const&) const = default;
};

/// The kinds of link that people tell apart.
enum class Medium : std::uint8_t { other, bluetooth, wifi_direct };

struct Link {
  std::string name;
  std::uint32_t index = 0;
  bool up = false;
  /// Some route to the outside (any table but pim's own, either family) leaves by it, or it carries such a link.
  bool is_uplink = false;
  std::string kind;  ///< as `ip -d link` says: "bridge", "veth", "wireguard"; empty for hardware
  std::vector<LinkAddress> addresses;
  Medium medium = Medium::other;
  bool can_broadcast = false;
  bool can_multicast = false;
  bool is_port = false;  ///< of a bridge or bond, which is the link then
  /// A default route of the family leaves by the link itself (any table but pim's own).
  bool has_default_v4 = false, has_default_v6 = false;
  bool operator==(Link const&) const = default;
};

/// Ordered by index; pim's own interface and the loopback are left out.
struct Links {
  std::vector<Link> links;
  bool operator==(Links const&) const = default;
};

/// The kind of link on which `endpoint` lies: that of its scope, else of the longest prefix that holds it. `other` for
/// what is reached through a router.
[[nodiscard]] Medium medium_to(Links const& links, Endpoint const& endpoint);

}  // namespace pim::plan
