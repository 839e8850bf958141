// This node as a gateway: what must hold before, what is in force, what happens.
#pragma once

#include <variant>

#include "protocol/types/common.hpp"

namespace pim::protocol {

struct PreflightCheck {
  std::string name;
  bool ok = false;
  std::string detail;
  std::optional<std::string> fix;
  bool operator==(PreflightCheck const&) const = default;
};
PIM_STRUCT(PreflightCheck, "One check that really ran.",  //
           (name, "what was checked"), (ok, "it holds"), (detail, "what was found"), (fix, "the command that cures it"))

struct GatewayPreflightParams {};
PIM_EMPTY_STRUCT(GatewayPreflightParams, "Nothing.")

struct GatewayPreflight {
  bool supported = false;
  std::string platform = "linux";
  std::vector<PreflightCheck> checks;
  std::vector<std::string> suggested_nat_interfaces;
  bool operator==(GatewayPreflight const&) const = default;
};
PIM_STRUCT(GatewayPreflight, "Whether this device can share its internet.",  //
           (supported, "this system can be a gateway"), (platform, "linux"), (checks, "one by one"),
           (suggested_nat_interfaces, "uplinks, best first"))

struct GatewayEnableParams {
  std::string nat_interface;
  std::optional<std::uint32_t> max_connections;
  std::optional<std::uint8_t> priority;
};
PIM_STRUCT(GatewayEnableParams, "How to share.",  //
           (nat_interface, "the uplink"), (max_connections, "connections over the uplink for all peers together"),
           (priority, "offered to peers: of gateways that their order does not tell apart they prefer the lower one"))

struct GatewayEnableResult {
  bool active = false;
  std::string nat_interface;
  std::vector<std::string> advertised_routes;
  bool operator==(GatewayEnableResult const&) const = default;
};
PIM_STRUCT(GatewayEnableResult, "What is in force now.",  //
           (active, "the host is set up and the offer is made"), (nat_interface, "the uplink"),
           (advertised_routes, "what peers may reach through it"))

struct GatewayDisableParams {};
PIM_EMPTY_STRUCT(GatewayDisableParams, "Nothing.")

struct GatewayDisableResult {
  bool active = false;
  bool operator==(GatewayDisableResult const&) const = default;
};
PIM_STRUCT(GatewayDisableResult, "What is in force now.", (active, "false"))

struct GatewayStatusParams {};
PIM_EMPTY_STRUCT(GatewayStatusParams, "Nothing.")

struct Conntrack {
  std::uint64_t used = 0;
  std::uint64_t max = 0;
  bool operator==(Conntrack const&) const = default;
};
PIM_STRUCT(Conntrack, "Connections that the host of the gateway tracks: those of peers and its own.",  //
           (used, "now"), (max, "from which on the kernel refuses new ones"))

struct Throughput {
  std::uint64_t in_bps = 0;
  std::uint64_t out_bps = 0;
  std::uint64_t in_total_bytes = 0;
  std::uint64_t out_total_bytes = 0;
  bool operator==(Throughput const&) const = default;
};
PIM_STRUCT(Throughput, "Traffic of peers through this gateway.",  //
           (in_bps, "from the internet, bits per second"), (out_bps, "to the internet, bits per second"),
           (in_total_bytes, "from the internet since it was enabled"),
           (out_total_bytes, "to the internet since it was enabled"))

struct GatewayStatus {
  bool active = false;
  Nullable<std::string> nat_interface;
  std::optional<std::vector<std::string>> advertised_routes;
  std::optional<std::uint8_t> load;
  std::optional<Conntrack> conntrack;
  std::optional<Throughput> throughput;
  std::optional<std::uint32_t> peers_through_me;
  std::optional<std::vector<std::string>> peers_through_me_ids;
  std::optional<Timestamp> enabled_at;
  bool operator==(GatewayStatus const&) const = default;
};
PIM_STRUCT(GatewayStatus, "This node as a gateway.",  //
           (active, "it shares its internet"), (nat_interface, "the uplink"),
           (advertised_routes, "what peers may reach through it now: none while the uplink leads nowhere"),
           (load, "of the connections that it admits, 0 none to 255 all in use, as peers were told"),
           (conntrack, "connections; absent until the host was asked"),
           (throughput, "traffic; absent until the host was asked"), (peers_through_me, "how many peers use it"),
           (peers_through_me_ids, "their node_ids"), (enabled_at, "since when"))

PIM_ENUM(GatewayEventKind, "What happened to the gateway.",  //
         (enabled, "it shares; detail has nat_interface"), (disabled, "it stopped"),
         (conntrack_pressure, "80 % (level 1) or 95 % (level 2) of the connections are used"),
         (throughput_sample, "at most once a second; detail is Throughput"),
         (peer_through_me_added, "a peer began to use it; detail has node_id"),
         (peer_through_me_removed, "a peer stopped using it; detail has node_id"))

struct NatInterfaceDetail {
  std::string nat_interface;
  bool operator==(NatInterfaceDetail const&) const = default;
};
PIM_STRUCT(NatInterfaceDetail, "Detail of enabled.", (nat_interface, "the uplink"))

struct PressureDetail {
  std::uint8_t level = 1;
  std::uint64_t used = 0;
  std::uint64_t max = 0;
  std::uint8_t pct = 0;
  bool operator==(PressureDetail const&) const = default;
};
PIM_STRUCT(PressureDetail, "Detail of conntrack_pressure.",  //
           (level, "1 at 80 %, 2 at 95 %"), (used, "connections now"), (max, "connections at most"), (pct, "percent"))

struct GatewayPeerDetail {
  std::string node_id;
  bool operator==(GatewayPeerDetail const&) const = default;
};
PIM_STRUCT(GatewayPeerDetail, "Detail of the peer_through_me events.", (node_id, "who"))

struct GatewayEvent {
  GatewayEventKind kind = GatewayEventKind::enabled;
  Timestamp at{};
  std::optional<std::variant<NatInterfaceDetail, PressureDetail, Throughput, GatewayPeerDetail>> detail;
  bool operator==(GatewayEvent const&) const = default;
};
PIM_STRUCT(GatewayEvent, "Something happened to the gateway.",  //
           (kind, "what happened"), (at, "when"), (detail, "by kind"))

}  // namespace pim::protocol
