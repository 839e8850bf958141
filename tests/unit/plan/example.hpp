// A laptop with one uplink on a LAN and one container bridge, in the mesh 10.77.0.0/16.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "plan/host_plan.hpp"

namespace example {

inline pim::IpAddress ip(std::string_view text) { return pim::parse_ip(text).value(); }
inline pim::Prefix prefix(std::string_view text) { return pim::parse_prefix(text).value(); }

inline pim::plan::Input laptop() {
  pim::plan::Input input;
  input.mesh_v4 = prefix("10.77.0.0/16");
  input.own_v4 = ip("10.77.0.2");
  input.mesh_v6 = prefix("fd77:1:2::/48");
  input.own_v6 = ip("fd77:1:2::2");
  input.resolvers = {ip("192.168.1.1"), ip("2001:db8::53")};
  input.links.links = {
      {.name = "up0",
       .index = 2,
       .up = true,
       .is_uplink = true,
       .addresses = {{ip("192.168.1.20"), 24}, {ip("2001:db8:1::20"), 64}, {ip("fe80::1"), 64}, {ip("fd12::20"), 64}},
       .has_default_v4 = true,
       .has_default_v6 = true},
      {.name = "docker0", .index = 3, .up = true, .kind = "bridge", .addresses = {{ip("172.17.0.1"), 16}}},
  };
  return input;
}

inline pim::plan::Input armed_laptop() {
  auto input = laptop();
  input.routing = pim::plan::Routing::on;
  return input;
}

inline pim::plan::Input gateway() {
  auto input = laptop();
  input.gateway = pim::plan::GatewayInput{
      .uplink = "up0", .max_connections = 100, .upstream_v4 = ip("192.168.1.1"), .upstream_v6 = ip("2001:db8::53")};
  return input;
}

inline std::string text_of(pim::plan::HostPlan const& plan) { return to_nft(plan); }

inline pim::plan::Chain chain_of(pim::plan::HostPlan const& plan, std::string_view name) {
  auto const& chains = plan.tables.at(0).chains;
  auto const found = std::ranges::find(chains, name, &pim::plan::Chain::name);
  return found == chains.end() ? pim::plan::Chain{} : *found;
}

inline bool has_rule(pim::plan::Chain const& chain, std::string_view rule) {
  return std::ranges::find(chain.rules, rule) != chain.rules.end();
}

}  // namespace example
