#include "net/socket_address.hpp"

#include <arpa/inet.h>

namespace pim::net {

socklen_t to_socket_address(Endpoint const& from, SocketAddress& to) {
  if (from.ip.is_v4()) {
    to.v4 = {};
    to.v4.sin_family = AF_INET;
    to.v4.sin_port = htons(from.port);
    std::memcpy(&to.v4.sin_addr, from.ip.bytes.data(), 4);
    return sizeof to.v4;
  }
  to.v6 = {};
  to.v6.sin6_family = AF_INET6;
  to.v6.sin6_port = htons(from.port);
  to.v6.sin6_scope_id = from.scope;
  std::memcpy(&to.v6.sin6_addr, from.ip.bytes.data(), 16);
  return sizeof to.v6;
}

std::optional<Endpoint> to_endpoint(SocketAddress const& from) {
  Endpoint endpoint;
  if (from.any.sa_family == AF_INET) {
    std::memcpy(endpoint.ip.bytes.data(), &from.v4.sin_addr, 4);
    endpoint.port = ntohs(from.v4.sin_port);
    return endpoint;
  }
  if (from.any.sa_family != AF_INET6) return std::nullopt;
  endpoint.ip.family = Family::v6;
  std::memcpy(endpoint.ip.bytes.data(), &from.v6.sin6_addr, 16);
  endpoint.port = ntohs(from.v6.sin6_port);
  if (is_link_local(endpoint.ip)) endpoint.scope = from.v6.sin6_scope_id;
  return endpoint;
}

}  // namespace pim::net
