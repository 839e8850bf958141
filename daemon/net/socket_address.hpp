// Between pim's endpoints and the kernel's socket addresses.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "base/address.hpp"

namespace pim::net {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// Fills `to`; the length that belongs to it.
socklen_t to_socket_address(Endpoint const& from, SocketAddress& to);
/// Nothing for other families. The scope is kept for link-local addresses alone: elsewhere it would
/// make two endpoints of one.
[[nodiscard]] std::optional<Endpoint> to_endpoint(SocketAddress const& from);

}  // namespace pim::net
