#include "plan/host_plan.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "plan/local_groups.hpp"
#include "plan/surroundings.hpp"
#include "plan/tables.hpp"

namespace pim::plan {
namespace {

constexpr auto worst_metric = std::numeric_limits<std::uint32_t>::max();

// 65535 less what sealing adds to a segmented packet, rounded down: one super-packet fits one buffer.
constexpr std::uint32_t gso_limit = 62000;
// What comes from a gateway's uplink is joined up to this size already, and the kernel would cut all of it into single
// packets for a device that takes less. One super-packet then leaves as two trains.
constexpr std::uint32_t gso_limit_of_gateway = 65536;

// 15 ms of single packets at 130,000 a second: what the daemon may miss while others have its core. The kernel's own
// 500 overflow within 4 ms. TCP fills neither, as its super-packets count as one.
constexpr std::uint32_t queue_of_tunnel = 2000;

Prefix literal(std::string_view text) { return parse_prefix(text).value(); }
Prefix host(std::string_view v4) { return make_prefix(parse_ip(v4).value(), 32); }

// The skip goes past pim's table only: rules of the user's behind it still count, and nothing falls into it.
std::vector<Rule> make_rules(Names const& names, bool is_gateway) {
  std::vector<Rule> rules;
  for (auto const family : {Family::v4, Family::v6}) {
    rules.push_back({.family = family, .preference = names.pref_end, .action = RuleAction::nothing});
    rules.push_back({.family = family,
                     .preference = names.pref_mark,
                     .action = RuleAction::skip_to,
                     .target = names.pref_end,
                     .mark = names.mark});
    // What peers send to the internet follows the host's own routes, even where those overlap the mesh.
    if (is_gateway)
      rules.push_back({.family = family,
                       .preference = names.pref_gateway,
                       .action = RuleAction::skip_to,
                       .target = names.pref_end,
                       .from_interface = names.interface});
    rules.push_back(
        {.family = family, .preference = names.pref_table, .action = RuleAction::lookup, .target = names.route_table});
  }
  return rules;
}

Route throw_out(Prefix const& destination) { return {.destination = destination, .kind = RouteKind::throw_out}; }

void add_throws(std::vector<Route>& routes, Input const& input, Surroundings const& around) {
  std::vector<Prefix> prefixes = {literal("fe80::/10")};
  for (auto const& segment : input.allow_lan ? around.lan : around.inside)
    prefixes.insert(prefixes.end(), segment.prefixes.begin(), segment.prefixes.end());
  if (input.allow_lan) {
    for (auto const& group : local_groups) prefixes.push_back(host(group.v4));
    prefixes.push_back(host(limited_broadcast));
  }
  std::ranges::sort(prefixes);
  prefixes.erase(std::ranges::unique(prefixes).begin(), prefixes.end());
  for (auto const& prefix : prefixes) routes.push_back(throw_out(prefix));
}

// Outermost first: while this list is being added there is never a moment without an answer for the internet.
std::vector<Route> make_routes(Input const& input, Surroundings const& around) {
  std::vector<Route> routes;
  auto const into_tunnel = [&](Prefix const& destination) {
    routes.push_back({.destination = destination, .source = destination.ip.is_v4() ? input.own_v4 : input.own_v6});
  };
  if (input.routing == Routing::on) {
    for (auto const* all : {"0.0.0.0/0", "::/0"})
      routes.push_back({.destination = literal(all), .kind = RouteKind::unreachable, .metric = worst_metric});
    add_throws(routes, input, around);
  }
  into_tunnel(input.mesh_v4);
  into_tunnel(input.mesh_v6);
  if (input.routing == Routing::on)
    for (auto const* half : {"0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"}) into_tunnel(literal(half));
  return routes;
}

// A name that text and paths cannot hold carries nothing; preflight says so to the user.
bool carries(Input const& input) {
  return input.routing == Routing::off && input.gateway && is_plain_interface_name(input.gateway->uplink);
}

std::vector<Sysctl> make_sysctls(Input const& input) {
  auto const own_v4 = "net/ipv4/conf/" + input.interface + "/";
  auto const own_v6 = "net/ipv6/conf/" + input.interface + "/";
  std::vector<Sysctl> out = {
      {.path = own_v6 + "disable_ipv6", .value = "0", .on_own_device = true},
      // No link-local address of the kernel's own: it would speak into the tunnel when nobody else does.
      {.path = own_v6 + "addr_gen_mode", .value = "1", .on_own_device = true}};
  if (input.routing == Routing::on) {
    // Without it a strict reverse path check ignores the mark and drops every answer to the daemon.
    out.push_back({.path = "net/ipv4/conf/all/src_valid_mark", .value = "1"});
  } else if (carries(input)) {
    auto const& uplink = input.gateway->uplink;
    // IPv4 forwards by incoming device, so no other device begins to. IPv6 has one switch for all, and a host
    // that forwards ignores router advertisements unless told otherwise.
    out.push_back({.path = "net/ipv4/conf/" + uplink + "/forwarding", .value = "1"});
    out.push_back({.path = own_v4 + "forwarding", .value = "1", .on_own_device = true});
    out.push_back({.path = "net/ipv6/conf/" + uplink + "/accept_ra", .value = "2", .only_if = "1"});
    out.push_back({.path = "net/ipv6/conf/all/forwarding", .value = "1"});
  }
  return out;
}

std::vector<Table> make_tables(Input const& input, Names const& names, Surroundings const& around) {
  if (input.routing == Routing::on) return {client_table(input, names, around), arp_table(names)};
  if (carries(input)) return {gateway_table(input, names)};
  return {idle_table(input, names)};
}

}  // namespace

IpAddress dns_service(Prefix const& mesh) {
  auto service = mesh.ip;
  if (mesh.ip.is_v4()) {
    service.bytes[2] = 255;
    service.bytes[3] = 53;
  } else {
    service.bytes[15] = 0x53;
  }
  return service;
}

HostPlan make_plan(Input const& input) {
  HostPlan plan;
  plan.names = make_names(input.interface);
  auto const around = make_surroundings(input);
  auto const on = input.routing == Routing::on;
  plan.blocks = on;
  plan.interface = InterfacePlan{.persistent = on,
                                 .mtu = input.mtu,
                                 .gso_max_size = carries(input) ? gso_limit_of_gateway : gso_limit,
                                 .queue_length = queue_of_tunnel,
                                 .addresses = {{input.own_v4, 32}, {input.own_v6, 128}}};
  plan.rules = make_rules(plan.names, carries(input));
  plan.routes = make_routes(input, around);
  plan.sysctls = make_sysctls(input);
  plan.tables = make_tables(input, plan.names, around);
  plan.dns_services = {dns_service(input.mesh_v4), dns_service(input.mesh_v6)};
  plan.overlaps = around.overlaps;
  return plan;
}

HostPlan make_release_plan(Names names) {
  HostPlan plan;
  plan.names = std::move(names);
  return plan;
}

}  // namespace pim::plan
