#include "dataplane/policy.hpp"

#include <algorithm>

namespace pim::dataplane {
namespace {

bool is_mesh(ForwardingTable const& table, IpAddress const& ip) {
  return table.mesh_v4.contains(ip) || table.mesh_v6.contains(ip);
}

/// A table without service addresses holds unspecified ones.
bool is_service(ForwardingTable const& table, IpAddress const& ip) {
  return (ip == table.service_v4 || ip == table.service_v6) && !is_unspecified(ip);
}

bool is_own(ForwardingTable const& table, IpAddress const& ip) {
  return (ip == table.own_v4 || ip == table.own_v6) && !is_unspecified(ip);
}

/// The last address of the mesh's IPv4 prefix.
bool is_mesh_broadcast(ForwardingTable const& table, IpAddress const& ip) {
  if (!ip.is_v4() || !table.mesh_v4.contains(ip) || table.mesh_v4.length > 30) return false;
  auto const host_bits = 0xffffffffU >> table.mesh_v4.length;
  return (ip.v4() & host_bits) == host_bits;
}

Route to_internet(ForwardingTable const& table) {
  if (!table.routing_on) return {{}, Drop::no_route, packet::Unreachable::no_route};
  if (!table.gateway) return {{}, Drop::blocked, packet::Unreachable::prohibited};
  return {table.gateway};
}

bool belongs_to(PeerPolicy const& peer, IpAddress const& ip) { return ip == peer.v6 || (peer.v4 && ip == *peer.v4); }

bool is_of_one_host(IpAddress const& ip) {
  return !is_loopback(ip) && !is_multicast(ip) && !is_link_local(ip) && !is_unspecified(ip);
}

/// What a gateway may hand over from behind it. From private networks only answers, and only the gateway in use:
/// it must not speak for hosts of this host's own network.
bool may_come_through(ForwardingTable const& table, Asked const& asked, PeerSlot gateway, IpAddress const& source) {
  if (is_service(table, source)) return true;
  if (is_mesh(table, source) || !is_of_one_host(source)) return false;
  return !is_private(source) || (table.gateway == gateway && asked.contains(source));
}

}  // namespace

Route route_to(ForwardingTable const& table, IpAddress const& destination) {
  if (is_multicast(destination) || is_mesh_broadcast(table, destination)) return {{}, Drop::not_unicast};
  if (is_service(table, destination)) return to_internet(table);
  if (is_mesh(table, destination)) {
    if (auto const* const peer = table.by_address.find(destination)) return {*peer};
    return {{}, Drop::no_route, packet::Unreachable::no_route, !is_own(table, destination)};
  }
  if (!is_of_one_host(destination)) return {{}, Drop::no_route};
  return to_internet(table);
}

bool is_asked_of_gateway(ForwardingTable const& table, Route const& route, IpAddress const& destination) {
  return route.peer && route.peer == table.gateway && is_private(destination);
}

std::optional<Drop> fault_of(ForwardingTable const& table, Asked const& asked, PeerSlot peer, packet::IpView const& ip,
                             Time now) {
  if (peer.value >= table.peers.size() || !table.peers[peer.value].in_use) return Drop::bad_inner_source;
  auto const& policy = table.peers[peer.value];
  auto const source = ip.source(), destination = ip.destination();
  bool const to_us = is_own(table, destination);

  bool const from_itself = is_mesh(table, source) && !is_service(table, source) && belongs_to(policy, source);
  if (!from_itself) {
    bool const is_gateway = table.routing_on && policy.internet_until > now;
    if (!is_gateway) return Drop::bad_inner_source;
    if (!may_come_through(table, asked, peer, source)) return Drop::bad_inner_source;
  }
  if (to_us) return std::nullopt;
  bool const is_client = table.serves_gateway && policy.may_use_gateway && from_itself;
  if (!is_client) return Drop::bad_inner_destination;
  if (is_service(table, destination)) return std::nullopt;
  if (is_mesh(table, destination) || !is_of_one_host(destination)) return Drop::bad_inner_destination;
  return std::nullopt;
}

}  // namespace pim::dataplane
