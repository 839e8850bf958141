// What the host should look like, as one value computed from what control knows. The adapter in linux/
// makes the host equal to it, checks it and keeps it so; nothing computes what to undo. Compare two plans
// with == to see whether there is anything to apply.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "plan/links.hpp"
#include "plan/names.hpp"

namespace pim::plan {

/// `on` arms the block and routes the internet into the tunnel; whether a gateway answers there changes
/// nothing on the host.
enum class Routing : std::uint8_t { off, on };

/// Whose new connections over the tunnel end at this host. ICMP echo is always answered.
enum class AcceptInbound : std::uint8_t { none, paired, all };

/// This host carries its peers' internet traffic. Ignored while routing is on.
struct GatewayInput {
  std::string uplink;
  std::uint32_t max_connections = 4096;  ///< of all clients together; one client gets at most three quarters
  bool allow_private = false;            ///< clients may reach RFC 1918 and ULA addresses behind the uplink
  std::optional<IpAddress> upstream_v4;  ///< where clients' DNS goes; without one that family is refused
  std::optional<IpAddress> upstream_v6;
  bool operator==(GatewayInput const&) const = default;
};

struct Input {
  std::string interface = "pim0";  ///< a plain interface name
  std::uint32_t mtu = 1344;        ///< 1280 to 65535
  Prefix mesh_v4;                  ///< 10.77.0.0/16
  IpAddress own_v4;
  Prefix mesh_v6;  ///< fdxx:xxxx:xxxx::/48
  IpAddress own_v6;
  std::uint16_t listen_port = 9100;
  std::uint16_t discovery_port = 9101;

  Routing routing = Routing::off;
  bool allow_lan = true;
  bool dns = true;  ///< redirect port 53 to the service addresses; when false it still never leaves outside the tunnel
  std::vector<IpAddress> resolvers;  ///< of the uplink: the daemon's own marked lookups may reach their port 53

  std::optional<GatewayInput> gateway;

  AcceptInbound accept_inbound = AcceptInbound::paired;
  std::vector<IpAddress> admitted;  ///< mesh addresses of the peers that `paired` admits, both families

  Links links;

  bool operator==(Input const&) const = default;
};

/// The constant addresses that redirected DNS is sent to: 10.77.255.53 and fdxx:xxxx:xxxx::53.
[[nodiscard]] IpAddress dns_service(Prefix const& mesh);

struct InterfacePlan {
  bool persistent = false;  ///< outlives the daemon: a device that goes away takes its routes along
  std::uint32_t mtu = 0;
  std::uint32_t gso_max_size = 0;
  std::uint32_t queue_length = 0;      ///< packets of this host that wait for the daemon
  std::vector<LinkAddress> addresses;  ///< exactly these; no automatic link-local address
  bool operator==(InterfacePlan const&) const = default;
};

enum class RouteKind : std::uint8_t { into_tunnel, unreachable, throw_out };

/// In pim's own table, tagged with pim's protocol number, scope global.
struct Route {
  Prefix destination;
  RouteKind kind = RouteKind::into_tunnel;
  std::uint32_t metric = 0;         ///< 0: the kernel's default
  std::optional<IpAddress> source;  ///< preferred source address
  bool operator==(Route const&) const = default;
};

enum class RuleAction : std::uint8_t { lookup, skip_to, nothing };

struct Rule {
  Family family = Family::v4;
  std::uint32_t preference = 0;
  RuleAction action = RuleAction::nothing;
  std::uint32_t target = 0;    ///< the table of lookup, the preference of skip_to
  std::uint32_t mark = 0;      ///< 0: any
  std::string from_interface;  ///< empty: any
  bool operator==(Rule const&) const = default;
};

struct Sysctl {
  std::string path;  ///< below /proc/sys: "net/ipv4/conf/all/src_valid_mark"
  std::string value;
  std::optional<std::string> only_if{};  ///< write it only where this is the value found
  bool on_own_device = false;            ///< goes away with the tunnel: its old value is not kept
  bool operator==(Sysctl const&) const = default;
};

struct Chain {
  std::string name;
  std::string hook;  ///< "type filter hook output priority 10; policy drop;", empty for a called chain
  std::vector<std::string> rules;
  bool operator==(Chain const&) const = default;
};

/// Each table counts by this name the packets out of the tunnel that `accept_inbound` did not let in.
inline constexpr std::string_view inbound_counter = "refused_inbound";

/// The table of a gateway counts by these names what it carried for peers, in bytes of IP.
inline constexpr std::string_view to_internet_counter = "to_internet";
inline constexpr std::string_view from_internet_counter = "from_internet";

/// A whole nftables table; all of pim's have the same name, and at most one is of a family.
struct Table {
  std::string family = "inet";       ///< "inet" or "arp"
  std::vector<std::string> objects;  ///< sets and counters, each a complete declaration
  std::vector<Chain> chains;
  bool operator==(Table const&) const = default;
};

struct HostPlan {
  Names names;
  bool blocks = false;  ///< the internet is closed but through the tunnel: applied inwards first, opened last
  std::optional<InterfacePlan> interface;
  std::vector<Rule> rules;    ///< in the order in which they are added
  std::vector<Route> routes;  ///< in the order in which they are added
  std::vector<Sysctl> sysctls;
  std::vector<Table> tables;
  std::vector<IpAddress> dns_services;  ///< conntrack entries redirected to them end with the block
  std::vector<Prefix> overlaps;         ///< networks of this host that lie in the mesh's: the mesh wins, to be reported
  bool operator==(HostPlan const&) const = default;
};

[[nodiscard]] HostPlan make_plan(Input const& input);

/// The plan of a host without pim: every trace goes.
[[nodiscard]] HostPlan make_release_plan(Names names);

/// The one transaction that replaces whatever tables of these families hold by the plan's, for `nft -f -`.
[[nodiscard]] std::string to_nft(HostPlan const& plan);

}  // namespace pim::plan
