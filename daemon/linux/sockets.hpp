// Connections of this host's programs, by sock_diag(7).
#pragma once

#include <cstddef>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"

namespace pim::linux_edge {

/// Ends every TCP connection and every connected UDP socket whose own address is one of `addresses`; the program sees
/// ECONNABORTED. Listening sockets and unconnected ones stay. The number ended: 0 on a kernel that cannot (without
/// CONFIG_INET_DIAG_DESTROY).
[[nodiscard]] Result<std::size_t> end_connections_from(std::vector<IpAddress> const& addresses);

}  // namespace pim::linux_edge
