// Connection tracking by ctnetlink: deleting redirected DNS, counting what a gateway carries.
#pragma once

#include <cstddef>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"

namespace pim::linux_edge {

/// Deletes every entry to port 53 whose answers come from one of `services`. The number deleted.
[[nodiscard]] Result<std::size_t> delete_redirected_dns(std::vector<IpAddress> const& services);

/// Connections begun by addresses of the two prefixes and carried elsewhere. Reads the whole table.
[[nodiscard]] Result<std::size_t> count_connections_from(Prefix const& v4, Prefix const& v6);

}  // namespace pim::linux_edge
