#include "linux/preflight.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "linux/capabilities.hpp"
#include "linux/fd.hpp"
#include "linux/foreign_drops.hpp"
#include "linux/links.hpp"
#include "linux/nft.hpp"
#include "linux/resolvers.hpp"
#include "linux/sysctls.hpp"

namespace pim::linux_edge {
namespace {

using plan::Link;
using Checks = std::vector<PreflightCheck>;

PreflightCheck passed(std::string name, std::string detail) {
  return {.name = std::move(name), .ok = true, .detail = std::move(detail)};
}
PreflightCheck failed(std::string name, std::string detail, std::string fix) {
  return {.name = std::move(name), .detail = std::move(detail), .fix = std::move(fix)};
}
PreflightCheck warning(std::string name, std::string detail, std::string fix) {
  return {.name = std::move(name), .is_required = false, .detail = std::move(detail), .fix = std::move(fix)};
}

bool has_default_route(std::vector<DefaultRoute> const& routes, Link const& link, Family family) {
  return std::ranges::any_of(
      routes, [&](DefaultRoute const& route) { return route.index == link.index && route.family == family; });
}

std::optional<IpAddress> global_address(Link const& link, Family family) {
  for (auto const& address : link.addresses)
    if (address.ip.family == family && !is_link_local(address.ip)) return address.ip;
  return std::nullopt;
}

std::vector<std::string> suggest(plan::Links const& links, std::vector<DefaultRoute> const& routes) {
  std::vector<std::string> out;
  for (auto const& route : routes) {
    auto const link = std::ranges::find(links.links, route.index, &Link::index);
    if (link == links.links.end() || !link->up || !plan::is_plain_interface_name(link->name)) continue;
    if (std::ranges::find(out, link->name) == out.end()) out.push_back(link->name);
  }
  return out;
}

// One family is enough to be of use; the other one missing is said, not held against the gateway.
void check_families(Checks& checks, Link const& link, std::vector<DefaultRoute> const& routes) {
  int usable = 0;
  for (auto const family : {Family::v4, Family::v6}) {
    std::string const suffix = family == Family::v4 ? "_v4" : "_v6";
    std::string const word = family == Family::v4 ? "IPv4" : "IPv6";
    auto const address = global_address(link, family);
    auto const has_route = has_default_route(routes, link, family);
    if (address) checks.push_back(passed("address" + suffix, link.name + " has " + to_string(*address)));
    if (has_route)
      checks.push_back(passed("default_route" + suffix, link.name + " leads to the " + word + " internet"));
    if (!address)
      checks.push_back(warning("address" + suffix, link.name + " has no " + word + " address",
                               "connect it to a network with " + word + ", or offer the other family alone"));
    if (!has_route)
      checks.push_back(warning("default_route" + suffix, "no " + word + " default route leaves by " + link.name,
                               "choose the interface of `ip -" + suffix.substr(2) + " route show default`"));
    usable += address && has_route ? 1 : 0;
  }
  if (usable == 0)
    for (auto& check : checks)
      if (!check.ok) check.is_required = true;
}

void check_interface(Checks& checks, Preflight const& preflight, plan::Links const& links,
                     std::vector<DefaultRoute> const& routes, std::string const& name) {
  auto const& suggested = preflight.suggested_nat_interfaces;
  auto const choose = suggested.empty() ? std::string{"connect this host to the internet first"}
                                        : "choose another, such as " + suggested.front();
  auto const link = std::ranges::find(links.links, name, &Link::name);
  if (name.empty()) return checks.push_back(failed("interface", "no interface has a default route", choose));
  if (link == links.links.end() || !plan::is_plain_interface_name(name))
    return checks.push_back(failed("interface", "there is no usable interface " + name, choose));
  checks.push_back(passed("interface", name + " exists"));
  if (!link->up)
    return checks.push_back(failed("interface_up", name + " is down or has no carrier",
                                   "run `sudo ip link set " + name + " up`, or plug it in"));
  checks.push_back(passed("interface_up", name + " is up"));
  check_families(checks, *link, routes);
}

// Opening for writing asks the kernel's own permission check and changes nothing.
PreflightCheck check_forwarding(std::string name, std::string const& path) {
  auto const value = read_sysctl(path);
  auto const file = "/proc/sys/" + path;
  if (!value) return warning(std::move(name), file + " does not exist: this family is off", "enable it in the kernel");
  if (*value == "1") return passed(std::move(name), "forwarding is on already");
  Fd const writable{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
  if (writable.is_open()) return passed(std::move(name), "forwarding is off and will be switched on");
  return failed(std::move(name), file + " cannot be written: " + std::generic_category().message(errno),
                "run `sudo sysctl -w " + path + "=1`, or give the daemon a writable /proc/sys");
}

PreflightCheck check_nftables(plan::Names const& names, std::string const& nat_interface) {
  plan::Input input;
  input.interface = names.interface;
  input.mesh_v4 = parse_prefix("10.77.0.0/16").value();
  input.mesh_v6 = parse_prefix("fd77::/48").value();
  input.own_v4 = parse_ip("10.77.0.1").value();
  input.own_v6 = parse_ip("fd77::1").value();
  input.gateway = plan::GatewayInput{.uplink = nat_interface.empty() ? "lo" : nat_interface};
  input.gateway->upstream_v4 = parse_ip("192.0.2.53").value();
  input.gateway->upstream_v6 = parse_ip("2001:db8::53").value();
  auto const plan = plan::make_plan(input);
  auto const checked = check_ruleset(find_nft(), plan::to_nft(plan));
  if (checked) return passed("nftables", "the gateway's table loads (dry run)");
  return failed("nftables", checked.error().message,
                find_nft().empty() ? "run `sudo apt-get install nftables`" : "run a kernel with nftables and NAT");
}

void check_foreign_drops(Checks& checks, plan::Names const& names) {
  auto const ruleset = list_ruleset(find_nft());
  auto const drops =
      ruleset ? find_foreign_drops(*ruleset, names) : Result<std::vector<ForeignDrop>>{fail_with(ruleset.error())};
  if (!drops)
    return checks.push_back(
        warning("foreign_forward_drop", drops.error().message, "look at `sudo nft list ruleset` for forward chains"));
  for (auto const& drop : *drops)
    checks.push_back(failed("foreign_forward_drop",
                            "chain " + drop.chain + " of table " + drop.family + " " + drop.table +
                                " drops what it does not know, " + names.interface + " included",
                            fix_of(drop, names)));
  if (drops->empty()) checks.push_back(passed("foreign_forward_drop", "no other firewall drops forwarded traffic"));
}

PreflightCheck check_resolver() {
  auto const upstreams = upstreams_of(read_uplink_resolvers());
  if (upstreams.v4) return passed("resolver", "clients' DNS goes to " + to_string(*upstreams.v4));
  if (upstreams.v6) return passed("resolver", "clients' DNS goes to " + to_string(*upstreams.v6));
  return warning("resolver", "no resolver but the loopback is known: clients resolve no names here",
                 "name one in /etc/resolv.conf that is not on the loopback");
}

PreflightCheck check_capability() {
  if (has_net_admin()) return passed("net_admin", "CAP_NET_ADMIN is held");
  return failed("net_admin", "CAP_NET_ADMIN is missing", how_to_grant_net_admin());
}

}  // namespace

bool Preflight::passed() const {
  return std::ranges::all_of(checks, [](PreflightCheck const& check) { return check.ok || !check.is_required; });
}

Preflight run_preflight(plan::Names const& names, std::string const& nat_interface) {
  Preflight out;
  auto const links = read_links(names);
  auto const routes = read_default_routes(names);
  if (!links || !routes) {
    out.checks.push_back(
        failed("interface", links ? routes.error().message : links.error().message, "check that /proc is mounted"));
    return out;
  }
  out.suggested_nat_interfaces = suggest(*links, *routes);
  auto const& suggested = out.suggested_nat_interfaces;
  auto const name = !nat_interface.empty() ? nat_interface : suggested.empty() ? std::string{} : suggested.front();
  out.checks.push_back(check_capability());
  check_interface(out.checks, out, *links, *routes, name);
  out.checks.push_back(check_forwarding(
      "forwarding_v4", "net/ipv4/conf/" + (plan::is_plain_interface_name(name) ? name : "all") + "/forwarding"));
  out.checks.push_back(check_forwarding("forwarding_v6", "net/ipv6/conf/all/forwarding"));
  out.checks.push_back(check_nftables(names, plan::is_plain_interface_name(name) ? name : std::string{}));
  check_foreign_drops(out.checks, names);
  out.checks.push_back(check_resolver());
  return out;
}

}  // namespace pim::linux_edge
