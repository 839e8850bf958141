#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "example.hpp"

using namespace pim;
using namespace pim::plan;
using namespace example;

namespace {

Route const* route_to(HostPlan const& plan, std::string_view destination) {
  auto const found = std::ranges::find(plan.routes, prefix(destination), &Route::destination);
  return found == plan.routes.end() ? nullptr : &*found;
}

std::size_t position(HostPlan const& plan, std::string_view destination) {
  auto const* route = route_to(plan, destination);
  REQUIRE(route);
  return static_cast<std::size_t>(route - plan.routes.data());
}

bool throws(HostPlan const& plan, std::string_view destination) {
  auto const* route = route_to(plan, destination);
  return route && route->kind == RouteKind::throw_out;
}

Sysctl const* sysctl(HostPlan const& plan, std::string_view path) {
  auto const found = std::ranges::find(plan.sysctls, path, &Sysctl::path);
  return found == plan.sysctls.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("equal inputs make equal plans and any difference shows") {
  CHECK(make_plan(armed_laptop()) == make_plan(armed_laptop()));
  auto other = armed_laptop();
  other.allow_lan = false;
  CHECK(make_plan(other) != make_plan(armed_laptop()));
  CHECK(make_plan(laptop()) != make_plan(armed_laptop()));
}

TEST_CASE("armed, both halves of both families go into the tunnel with an unreachable default behind them") {
  auto const plan = make_plan(armed_laptop());
  CHECK(plan.blocks);
  CHECK(plan.interface->persistent);
  for (auto const* half : {"0.0.0.0/1", "128.0.0.0/1", "10.77.0.0/16", "::/1", "8000::/1", "fd77:1:2::/48"}) {
    REQUIRE(route_to(plan, half));
    CHECK(route_to(plan, half)->kind == RouteKind::into_tunnel);
    CHECK(route_to(plan, half)->source == (prefix(half).ip.is_v4() ? ip("10.77.0.2") : ip("fd77:1:2::2")));
  }
  for (auto const* all : {"0.0.0.0/0", "::/0"}) {
    REQUIRE(route_to(plan, all));
    CHECK(route_to(plan, all)->kind == RouteKind::unreachable);
    CHECK(route_to(plan, all)->metric == std::numeric_limits<std::uint32_t>::max());
    CHECK(position(plan, all) < position(plan, "0.0.0.0/1"));
    CHECK(position(plan, all) < position(plan, "::/1"));
  }
}

TEST_CASE("idle, only the mesh goes into the tunnel and nothing outlives the daemon") {
  auto const plan = make_plan(laptop());
  CHECK_FALSE(plan.blocks);
  CHECK_FALSE(plan.interface->persistent);
  CHECK(plan.routes.size() == 2);
  CHECK_FALSE(sysctl(plan, "net/ipv4/conf/all/src_valid_mark"));
}

TEST_CASE("the daemon's mark skips pim's table and the rule's target is there first") {
  auto const plan = make_plan(armed_laptop());
  for (auto const family : {Family::v4, Family::v6}) {
    std::vector<Rule> rules;
    for (auto const& rule : plan.rules)
      if (rule.family == family) rules.push_back(rule);
    REQUIRE(rules.size() == 3);
    CHECK(rules[0] == Rule{.family = family, .preference = 5209, .action = RuleAction::nothing});
    CHECK(
        rules[1] ==
        Rule{.family = family, .preference = 5200, .action = RuleAction::skip_to, .target = 5209, .mark = 0x70696d30});
    CHECK(rules[2] == Rule{.family = family, .preference = 5205, .action = RuleAction::lookup, .target = 5200});
  }
}

TEST_CASE("allow_lan throws the connected private prefixes and the groups of local discovery") {
  auto input = armed_laptop();
  auto const with = make_plan(input);
  for (auto const* destination :
       {"192.168.1.0/24", "fd12::/64", "172.17.0.0/16", "224.0.0.251/32", "239.255.255.250/32", "255.255.255.255/32"})
    CHECK(throws(with, destination));
  CHECK(throws(with, "fe80::/10"));
  CHECK_FALSE(route_to(with, "2001:db8:1::/64"));

  input.allow_lan = false;
  auto const without = make_plan(input);
  for (auto const* destination : {"192.168.1.0/24", "fd12::/64", "224.0.0.251/32", "255.255.255.255/32"})
    CHECK_FALSE(route_to(without, destination));
  CHECK(throws(without, "172.17.0.0/16"));
  CHECK(throws(without, "fe80::/10"));
}

TEST_CASE("a public on-link range is not LAN, nor is the provider's shared range at an uplink") {
  auto input = armed_laptop();
  input.links.links[0].addresses = {{ip("203.0.113.9"), 24}, {ip("100.64.3.4"), 10}, {ip("10.0.0.1"), 7}};
  input.links.links[1].addresses = {{ip("100.64.0.1"), 16}, {ip("198.51.100.1"), 24}};
  auto const plan = make_plan(input);
  CHECK_FALSE(route_to(plan, "203.0.113.0/24"));
  CHECK_FALSE(route_to(plan, "100.64.0.0/10"));
  CHECK_FALSE(route_to(plan, "10.0.0.0/7"));
  CHECK_FALSE(route_to(plan, "198.51.100.0/24"));
  CHECK(throws(plan, "100.64.0.0/16"));
}

TEST_CASE("the mesh wins over a LAN that overlaps it, and the overlap is reported") {
  auto input = armed_laptop();
  input.links.links[0].addresses = {{ip("10.77.3.9"), 24}};
  auto const inside = make_plan(input);
  CHECK_FALSE(route_to(inside, "10.77.3.0/24"));
  CHECK(inside.overlaps == std::vector{prefix("10.77.3.0/24")});

  input.links.links[0].addresses = {{ip("10.1.1.1"), 8}};
  auto const around = make_plan(input);
  CHECK(throws(around, "10.0.0.0/8"));
  CHECK(around.overlaps == std::vector{prefix("10.0.0.0/8")});
}

TEST_CASE("links that are down or have names that text cannot hold get no exception") {
  auto input = armed_laptop();
  input.links.links[0].up = false;
  input.links.links[1].name = "a\" accept; #";
  auto const plan = make_plan(input);
  CHECK_FALSE(route_to(plan, "192.168.1.0/24"));
  CHECK_FALSE(route_to(plan, "172.17.0.0/16"));
  CHECK(text_of(plan).find("accept; #") == std::string::npos);
}

TEST_CASE("the client touches one sysctl beside those of its own device") {
  auto const plan = make_plan(armed_laptop());
  for (auto const& entry : plan.sysctls)
    CHECK((entry.on_own_device || entry.path == "net/ipv4/conf/all/src_valid_mark"));
  CHECK(sysctl(plan, "net/ipv4/conf/all/src_valid_mark")->value == "1");
}

TEST_CASE("a gateway forwards by device where it can and keeps hearing router advertisements") {
  auto const plan = make_plan(gateway());
  CHECK_FALSE(plan.blocks);
  CHECK(sysctl(plan, "net/ipv4/conf/up0/forwarding")->value == "1");
  CHECK(sysctl(plan, "net/ipv4/conf/pim0/forwarding")->on_own_device);
  CHECK(sysctl(plan, "net/ipv6/conf/up0/accept_ra")->only_if == "1");
  CHECK(sysctl(plan, "net/ipv6/conf/all/forwarding")->value == "1");
  CHECK_FALSE(sysctl(plan, "net/ipv4/ip_forward"));
  CHECK(std::ranges::any_of(plan.rules, [](Rule const& rule) {
    return rule.preference == 5199 && rule.from_interface == "pim0" && rule.target == 5209;
  }));
}

TEST_CASE("a gateway takes super-packets as large as its uplink joins them, others such as fit one train") {
  CHECK(make_plan(gateway()).interface->gso_max_size == 65536);
  CHECK(make_plan(laptop()).interface->gso_max_size == 62000);
  CHECK(make_plan(armed_laptop()).interface->gso_max_size == 62000);
}

TEST_CASE("packets may wait for a daemon that others keep from its core, longer than the kernel would let them") {
  for (auto const& input : {laptop(), armed_laptop(), gateway()})
    CHECK(make_plan(input).interface->queue_length == 2000);
}

TEST_CASE("routing on and being a gateway exclude each other, and routing on wins") {
  auto input = gateway();
  input.routing = Routing::on;
  CHECK(make_plan(input) == make_plan(armed_laptop()));
}

TEST_CASE("a gateway with an uplink that text cannot hold is none") {
  auto input = gateway();
  input.gateway->uplink = "up0\" accept #";
  CHECK(make_plan(input) == make_plan(laptop()));
}

TEST_CASE("the release plan wants nothing") {
  auto const plan = make_release_plan(make_names("pim0"));
  CHECK_FALSE(plan.interface);
  CHECK(plan.tables.empty());
  CHECK(plan.rules.empty());
  CHECK(plan.routes.empty());
  CHECK(plan.sysctls.empty());
}

TEST_CASE("the service addresses are those of the mesh's own prefixes") {
  CHECK(to_string(dns_service(prefix("10.77.0.0/16"))) == "10.77.255.53");
  CHECK(to_string(dns_service(prefix("fd77:1:2::/48"))) == "fd77:1:2::53");
}
