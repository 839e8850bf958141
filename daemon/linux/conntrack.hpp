// Connection tracking: deleting redirected DNS by ctnetlink, counting what a gateway carries, how full the table is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"

namespace pim::linux_edge {

/// Deletes every entry to port 53 whose answers come from one of `services`; none named: from any address that
/// looks like one. The number deleted.
[[nodiscard]] Result<std::size_t> delete_redirected_dns(std::vector<IpAddress> const& services);

enum class Masqueraded : std::uint8_t { all, all_but_tcp };
/// Deletes every entry of others that left with one of `sources`: without the tunnel it would go on leaving so.
[[nodiscard]] Result<std::size_t> delete_masqueraded_as(std::vector<IpAddress> const& sources, Masqueraded which);

/// Connections begun by addresses of the two prefixes and carried elsewhere. Reads the whole table.
[[nodiscard]] Result<std::size_t> count_connections_from(Prefix const& v4, Prefix const& v6);

struct TrackedConnections {
  std::uint64_t used = 0;  ///< of this network namespace, whoever began them
  std::uint64_t max = 0;   ///< from which on the kernel drops what begins a new one; more than zero
};
/// nf_conntrack_count and nf_conntrack_max; nothing while the kernel tracks no connections. Costs two small reads.
[[nodiscard]] std::optional<TrackedConnections> read_tracked_connections();

}  // namespace pim::linux_edge
