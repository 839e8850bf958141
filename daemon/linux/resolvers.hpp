// The resolvers that the uplink brought, from resolv.conf files. They are read, never written.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/address.hpp"

namespace pim::linux_edge {

/// The numeric `nameserver` lines, in order, at most eight; anything else is skipped.
[[nodiscard]] std::vector<IpAddress> parse_resolv_conf(std::string_view text);

/// Of /etc/resolv.conf; where that names only a stub on the loopback, of the file in which systemd-resolved
/// or NetworkManager keeps the real ones. Loopback addresses are left out.
[[nodiscard]] std::vector<IpAddress> read_uplink_resolvers();

/// The first of each family that is not a loopback address.
struct Upstreams {
  std::optional<IpAddress> v4;
  std::optional<IpAddress> v6;
};
[[nodiscard]] Upstreams upstreams_of(std::vector<IpAddress> const& resolvers);

}  // namespace pim::linux_edge
