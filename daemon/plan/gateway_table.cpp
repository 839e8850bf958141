// Routing off, gateway on: the mesh's traffic leaves by the uplink and by nothing else, with our address.
#include <algorithm>

#include "plan/tables.hpp"

namespace pim::plan {
namespace {

std::string accept_counted(std::string_view counter) { return "counter name " + std::string{counter} + " accept"; }

std::vector<std::string> refused_v4(GatewayInput const& gateway) {
  std::vector<std::string> out = {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"};
  if (!gateway.allow_private) out.insert(out.end(), {"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"});
  return out;
}

// ::/96 and ::ffff:0:0/96 embed IPv4 addresses, 64:ff9b:1::/48 is NAT64 for local use (RFC 8215).
std::vector<std::string> refused_v6(GatewayInput const& gateway) {
  std::vector<std::string> out = {"fe80::/10", "ff00::/8", "::/96", "::ffff:0:0/96", "64:ff9b:1::/48"};
  if (!gateway.allow_private) out.emplace_back("fc00::/7");
  return out;
}

Chain redirect_dns(Input const& input) {
  Chain chain{"nat_pre", "type nat hook prerouting priority dstnat; policy accept;", {}};
  auto const from = "iifname " + quoted(input.interface);
  auto const& gateway = *input.gateway;
  if (gateway.upstream_v4)
    chain.rules.push_back(from + " ip daddr " + to_string(dns_service(input.mesh_v4)) + " " + std::string{dns_port} +
                          "dnat ip to " + to_string(*gateway.upstream_v4));
  if (gateway.upstream_v6)
    chain.rules.push_back(from + " ip6 daddr " + to_string(dns_service(input.mesh_v6)) + " " + std::string{dns_port} +
                          "dnat ip6 to " + to_string(*gateway.upstream_v6));
  return chain;
}

// A port range of its own: a client that picks the port of a listening service here would shadow it.
Chain masquerade(Input const& input) {
  Chain chain{"nat_post", "type nat hook postrouting priority srcnat; policy accept;", {}};
  chain.rules.push_back("iifname != " + quoted(input.interface) + " return");
  for (auto const& source : {"ip saddr " + to_string(input.mesh_v4), "ip6 saddr " + to_string(input.mesh_v6)}) {
    chain.rules.push_back(source + " meta l4proto { tcp, udp } masquerade to :32768-60999");
    chain.rules.push_back(source + " masquerade");
  }
  return chain;
}

Chain from_mesh(Input const& input) {
  Chain chain{"from_mesh", "", {}};
  auto const& gateway = *input.gateway;
  auto& rules = chain.rules;
  auto const away = "oifname != " + quoted(gateway.uplink) + " ";
  std::string const refuse = "counter name refused reject with icmpx admin-prohibited";
  rules.push_back("ct state established,related " + accept_counted(to_internet_counter));
  rules.emplace_back("ct state invalid drop");
  rules.push_back("meta nfproto ipv4 ip saddr != " + to_string(input.mesh_v4) + " counter name refused drop");
  rules.push_back("meta nfproto ipv6 ip6 saddr != " + to_string(input.mesh_v6) + " counter name refused drop");
  // The one private destination that is always open.
  auto const dns = " " + std::string{dns_port} + "ct status dnat goto admit";
  if (gateway.upstream_v4) rules.push_back("ip daddr " + to_string(*gateway.upstream_v4) + dns);
  if (gateway.upstream_v6) rules.push_back("ip6 daddr " + to_string(*gateway.upstream_v6) + dns);
  rules.push_back(away + refuse);
  rules.push_back("ip daddr " + braces(refused_v4(gateway)) + " " + refuse);
  rules.push_back("ip6 daddr " + braces(refused_v6(gateway)) + " " + refuse);
  rules.push_back("ip daddr " + to_string(input.mesh_v4) + " " + refuse);
  rules.push_back("ip6 daddr " + to_string(input.mesh_v6) + " " + refuse);
  rules.emplace_back("goto admit");
  return chain;
}

// All clients together are bounded by what the user allows, and one client leaves a quarter for the others.
Chain admit(GatewayInput const& gateway) {
  auto const all = std::max<std::uint32_t>(gateway.max_connections, 1);
  auto const one = std::to_string(std::max<std::uint32_t>(all - all / 4, 1));
  std::string const refuse = " counter name over reject with icmpx admin-prohibited";
  return {"admit",
          "",
          {"ct state new add @clients_v4 { ip saddr ct count over " + one + " }" + refuse,
           "ct state new add @clients_v6 { ip6 saddr ct count over " + one + " }" + refuse,
           "ct state new ct count over " + std::to_string(all) + refuse, accept_counted(to_internet_counter)}};
}

Chain forward(Input const& input) {
  auto const tunnel = quoted(input.interface);
  Chain chain{"fwd_all",
              "type filter hook forward priority filter; policy accept;",
              {"iifname " + tunnel + " jump from_mesh",
               "oifname " + tunnel + " ct state established,related " + accept_counted(from_internet_counter),
               "oifname " + tunnel + " counter name refused drop"}};
  for (auto& rule : refuse_begun_in_tunnel(input)) chain.rules.push_back(std::move(rule));
  return chain;
}

}  // namespace

Table gateway_table(Input const& input, Names const&) {
  Table table;
  table.objects = {"set clients_v4 { type ipv4_addr; size 1024; flags dynamic; }",
                   "set clients_v6 { type ipv6_addr; size 1024; flags dynamic; }",
                   "counter refused {}",
                   "counter over {}",
                   "counter " + std::string{to_internet_counter} + " {}",
                   "counter " + std::string{from_internet_counter} + " {}"};
  table.chains = {admit(*input.gateway), from_mesh(input), redirect_dns(input),
                  masquerade(input),     mss_chain(input), forward(input)};
  add_input_chain(table, input);
  add_own_chain(table, input);
  return table;
}

}  // namespace pim::plan
