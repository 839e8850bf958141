// Answers to "which way": what routing knows, and what becomes of a packet to one target now.
#include <algorithm>

#include "control/machine.hpp"
#include "mesh/addresses.hpp"
#include "plan/local_groups.hpp"
#include "plan/surroundings.hpp"

namespace pim::control {
namespace {

bool has_address(plan::Links const& links, IpAddress const& address) {
  return std::ranges::any_of(links.links, [&](plan::Link const& link) {
    return std::ranges::find(link.addresses, address, &plan::LinkAddress::ip) != link.addresses.end();
  });
}

bool holds(std::vector<plan::Segment> const& segments, IpAddress const& address) {
  return std::ranges::any_of(segments, [&](plan::Segment const& segment) {
    return std::ranges::any_of(segment.prefixes, [&](Prefix const& prefix) { return prefix.contains(address); });
  });
}

RouteExplained explain_group(IpAddress const& group, bool allow_lan, plan::Surroundings const& around) {
  auto const is = [&](std::string_view text) { return group == parse_ip(text); };
  auto const known =
      std::ranges::find_if(plan::local_groups, [&](plan::LocalGroup const& one) { return is(one.v4) || is(one.v6); });
  if (allow_lan && known != plan::local_groups.end())
    return {.course = Course::as_before,
            .reason = "on the local network, UDP port " + std::string(known->ports) + " (" +
                      std::string(known->protocols) + ") alone (allow_lan)"};
  if (allow_lan && is(plan::limited_broadcast) && plan::has_v4(around.lan))
    return {.course = Course::as_before, .reason = "a broadcast on the local network (allow_lan)"};
  return {.course = Course::unreachable,
          .reason =
              "while routing is on no multicast or broadcast leaves, but for what keeps the links (DHCP, IGMP, "
              "neighbour discovery)"};
}

}  // namespace

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
  bool const is_self = refused.why == Refusal::peer_not_found && trust::matches_prefix(command.target, self_);
  if (is_self) return reply(id, explain(self_), turn);
  if (refused.why == Refusal::invalid_parameter)
    refused.message = "not an address and not an id: " + command.target + "; names are not resolved here";
  reply(id, std::move(refused), turn);
}

RouteExplained Machine::explain(IpAddress const& address) const {
  if (address == own_v4_ || address == own_v6_) return explain(self_);
  if (has_address(links_, address))
    return {.node = self_, .course = Course::to_self, .reason = "another address of this host"};
  if (address == mesh::service_v4() || address == mesh::service_v6(mesh_v6_)) return explain_internet();
  if (mesh_v4_.contains(address) || mesh_v6_.contains(address)) {
    if (auto const node = holder_of(address)) return explain(*node);
    return {.course = Course::unreachable, .reason = "nobody is known to hold this mesh address"};
  }
  if (is_loopback(address)) return {.course = Course::as_before, .reason = "it never leaves this host"};
  bool const is_off = routing_.phase == Routing::Phase::off;
  if (is_link_local(address) && (is_off || !address.is_v4()))
    return {.course = Course::as_before, .reason = "it never leaves the link"};
  return is_off ? explain_internet() : explain_armed(address);
}

/// As the host plan that is in force has it.
RouteExplained Machine::explain_armed(IpAddress const& address) const {
  auto const around = planning_.input ? plan::make_surroundings(*planning_.input) : plan::Surroundings{};
  if (is_multicast(address)) return explain_group(address, settings_.allow_lan, around);
  if (settings_.allow_lan && holds(around.lan, address))
    return {.course = Course::as_before, .reason = "a private address of the local network (allow_lan)"};
  if (holds(around.inside, address))
    return {.course = Course::unreachable,
            .reason =
                "a network inside this host: without allow_lan containers reach each other there, and this host "
                "does not reach them"};
  if (is_link_local(address))
    return {.course = Course::unreachable, .reason = "a link-local address of no link that is let through"};
  auto found = explain_internet();
  if (found.course != Course::through_gateway || !is_private(address)) return found;
  found.reason += found.reason.empty() ? "" : "; ";
  found.reason += "a private address: a gateway refuses those unless its allow_private is set";
  return found;
}

RouteExplained Machine::explain_internet() const {
  if (routing_.phase == Routing::Phase::off)
    return {.course = Course::as_before, .reason = "routing through the mesh is off"};
  if (auto const cause = block_cause())
    return {.course = Course::blocked, .reason = "the internet is blocked until a gateway is usable"};
  auto through = explain(*routing_.gateway);
  if (through.course != Course::unreachable) through.course = Course::through_gateway;
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
  bool const is_alive = known && known->alive;
  if (route && !is_alive && !may_be_met(node)) {
    found.reason = "trust does not admit it, so no session with it begins";
  } else if (route) {
    bool const is_direct = route->neighbour == node;
    found.course = is_direct ? Course::direct : Course::relayed;
    found.via = route->neighbour;
    found.hops = route->hops;
    found.metric = route->metric;
    if (!is_alive) found.reason = "no session yet; the first packet starts one";
  } else if (is_alive && seeks_way(*known)) {
    found.reason = "the way to it broke; another one is being sought";
  } else if (is_alive) {
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

}  // namespace pim::control
