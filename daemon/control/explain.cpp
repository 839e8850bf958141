// Answers to "which way": what routing knows, and what becomes of a packet to one target now.
#include <algorithm>

#include "control/machine.hpp"
#include "mesh/addresses.hpp"

namespace pim::control {

void Machine::on(CommandId id, ListRoutes&, Turn& turn) {
  RoutesListed listed;
  mesh_.for_each_route([&](mesh::OfferedRoute const& route) {
    listed.routes.push_back({route.destination, route.neighbour, route.hops, route.metric, route.feasible,
                             route.doubted, route.selected, route.since});
  });
  listed.gateways = list_gateways(turn.now.boot);
  reply(id, std::move(listed), turn);
}

void Machine::on(CommandId id, ExplainRoute& command, Turn& turn) {
  if (auto const address = parse_ip(command.target)) return reply(id, explain(*address), turn);
  auto const node = resolve({command.target});
  if (node) return reply(id, explain(*node), turn);
  auto refused = node.error();
  if (refused.why == Refusal::invalid_parameter)
    refused.message = "not an address and not an id: " + command.target + "; names are not resolved here";
  reply(id, std::move(refused), turn);
}

RouteExplained Machine::explain(IpAddress const& address) const {
  if (address == own_v4_ || address == own_v6_) return explain(self_);
  if (address == mesh::service_v4() || address == mesh::service_v6(mesh_v6_)) return explain_internet();
  if (mesh_v4_.contains(address) || mesh_v6_.contains(address)) {
    if (auto const node = holder_of(address)) return explain(*node);
    return {.course = Course::unreachable, .reason = "nobody is known to hold this mesh address"};
  }
  bool const is_near = is_loopback(address) || is_link_local(address) || is_multicast(address);
  if (is_near) return {.course = Course::as_before, .reason = "it never leaves the link"};
  bool const is_lan = settings_.allow_lan && is_private(address) && is_connected(address);
  if (is_lan && routing_.phase != Routing::Phase::off)
    return {.course = Course::as_before, .reason = "a private address of the local network (allow_lan)"};
  return explain_internet();
}

RouteExplained Machine::explain_internet() const {
  if (routing_.phase == Routing::Phase::off)
    return {.course = Course::as_before, .reason = "routing through the mesh is off"};
  if (auto const cause = block_cause())
    return {.course = Course::blocked, .reason = "the internet is blocked until a gateway is usable"};
  auto through = explain(*routing_.gateway);
  through.course = Course::through_gateway;
  return through;
}

RouteExplained Machine::explain(NodeId const& node) const {
  RouteExplained found{.node = node};
  if (node == self_) {
    found.course = Course::to_self;
    return found;
  }
  auto const route = mesh_.route(node);
  auto const* const known = peer(node);
  if (route) {
    bool const is_direct = route->neighbour == node;
    found.course = is_direct ? Course::direct : Course::relayed;
    found.via = route->neighbour;
    found.hops = route->hops;
    found.metric = route->metric;
    if (!known || !known->alive) found.reason = "no session yet; the first packet starts one";
  } else if (known && known->alive) {
    found.course = Course::direct;
    found.via = node;
    found.hops = 1;
    found.reason = "the link has not been proven in both directions yet";
  } else {
    found.reason = "no neighbour announces a way to it that is free of loops";
  }
  return found;
}

/// A peer that claims the address in its own session; else, as a hint, the node of which others say so.
std::optional<NodeId> Machine::holder_of(IpAddress const& address) const {
  if (auto const holder = alias_holder(address)) return holder;
  for (auto const& peer : slots_)
    if (peer && !peer->provisional && mesh::v6_address(mesh_v6_, peer->id) == address) return peer->id;
  return mesh_.find_by_address(address);
}

bool Machine::is_connected(IpAddress const& address) const {
  return std::any_of(links_.links.begin(), links_.links.end(), [&](plan::Link const& link) {
    return std::any_of(link.addresses.begin(), link.addresses.end(),
                       [&](plan::LinkAddress const& own) { return make_prefix(own.ip, own.length).contains(address); });
  });
}

}  // namespace pim::control
