// The node itself: identity, interface, routing switch, kill-switch, counters, and its events.
#pragma once

#include <variant>

#include "protocol/types/peers.hpp"

namespace pim::protocol {

PIM_ENUM(Role, "What this node does for others.",  //
         (client, "uses the mesh"), (relay, "passes traffic of others"), (gateway, "shares its internet"))

PIM_ENUM(BlockCause, "Why internet is blocked.",  //
         (no_gateway_allowed, "nobody was named as a gateway"),
         (no_gateway_yet, "a named gateway was not reached since routing was turned on"),
         (gateway_lost, "the gateway in use stopped answering or sharing, or the way broke beyond the first relay"),
         (relay_lost, "the first device on the way to the gateway is gone"),
         (interface_down, "the tunnel interface is not there"),
         (arming_failed, "the block could not be put in force; traffic may leak"))

struct InterfaceStatus {
  std::string name;
  bool up = false;
  std::uint32_t mtu = 0;
  std::optional<std::string> reason;
  std::optional<std::string> cure;
  bool operator==(InterfaceStatus const&) const = default;
};
PIM_STRUCT(InterfaceStatus, "The tunnel interface.",  //
           (name, "as the system calls it"), (up, "it carries packets"), (mtu, "largest packet, bytes"),
           (reason, "why it is not up"), (cure, "the command or grant that helps"))

struct PortTransport {
  std::uint16_t port = 0;
  bool operator==(PortTransport const&) const = default;
};
PIM_STRUCT(PortTransport, "A transport with a port.", (port, "where it listens"))

struct SwitchTransport {
  bool enabled = false;
  bool operator==(SwitchTransport const&) const = default;
};
PIM_STRUCT(SwitchTransport, "A transport that is on or off.", (enabled, "it is in use"))

struct TransportStatus {
  std::optional<PortTransport> udp;
  std::optional<PortTransport> tcp;
  std::optional<SwitchTransport> bluetooth;
  std::optional<SwitchTransport> wifi_direct;
  bool operator==(TransportStatus const&) const = default;
};
PIM_STRUCT(TransportStatus, "Transports that exist here.",  //
           (udp, "UDP over IPv4 and IPv6"), (tcp, "TCP"), (bluetooth, "Bluetooth"), (wifi_direct, "Wi-Fi Direct"))

struct RouteSummary {
  std::uint32_t active = 0;
  std::uint32_t expired = 0;
  Nullable<std::string> selected_gateway;
  bool operator==(RouteSummary const&) const = default;
};
PIM_STRUCT(RouteSummary, "Routes in short.",  //
           (active, "in use"), (expired, "always 0: what is stale is not kept"),
           (selected_gateway, "node_id; while route_on null exactly when kill_switch.engaged"))

struct Stats {
  std::uint64_t forwarded_bytes = 0;
  std::uint64_t forwarded_packets = 0;
  std::uint64_t dropped = 0;
  Nullable<std::string> dropped_reason;
  std::uint64_t congestion_drops = 0;
  std::uint64_t conntrack_size = 0;
  std::optional<std::uint64_t> conntrack_max;
  bool operator==(Stats const&) const = default;
};
PIM_STRUCT(Stats, "Counters since start.",  //
           (forwarded_bytes, "payload bytes carried"), (forwarded_packets, "packets carried"),
           (dropped, "packets thrown away, all reasons"), (dropped_reason, "the most frequent reason"),
           (congestion_drops, "thrown away because a queue was full"),
           (conntrack_size, "connections that the host of a gateway tracks; 0 where this is none"),
           (conntrack_max, "how many it can track; absent where this is no gateway"))

struct RelayedFor {
  std::string node_id;
  std::string handed_over_by;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dropped = 0;
  bool operator==(RelayedFor const&) const = default;
};
PIM_STRUCT(RelayedFor, "What one node had this one pass on.",  //
           (node_id, "whose datagrams, as the neighbour says; the first 24 digits alone while nobody is known by them"),
           (handed_over_by, "node_id of the neighbour that they came from; may be the node itself"),
           (packets, "passed on"), (bytes, "passed on, sealed datagrams"),
           (dropped, "thrown away: beyond its share, or no way on"))

struct RelayStatus {
  bool enabled = false;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dropped = 0;
  std::vector<RelayedFor> for_;
  bool operator==(RelayStatus const&) const = default;
};
PIM_STRUCT(RelayStatus, "Traffic of others that this node passes on, unread.",  //
           (enabled, "it passes traffic of others"), (packets, "passed on since start"),
           (bytes, "passed on since start, sealed datagrams"), (dropped, "thrown away of those"),
           (for_, "for whom most, at most eight, the most first"))

struct KillSwitch {
  bool engaged = false;
  Nullable<BlockCause> cause;
  Nullable<Timestamp> since;
  Nullable<std::string> last_gateway;
  Nullable<std::string> trying;
  Nullable<Timestamp> verified_at;
  bool operator==(KillSwitch const&) const = default;
};
PIM_STRUCT(KillSwitch, "Whether internet is blocked because no gateway is usable.",  //
           (engaged, "internet is blocked"), (cause, "why"), (since, "since when"),
           (last_gateway, "node_id of the gateway that was in use"), (trying, "what is being tried now"),
           (verified_at, "when the block was last seen in force"))

struct RefusedInbound {
  std::uint64_t packets = 0;
  std::uint64_t age_ms = 0;
  bool operator==(RefusedInbound const&) const = default;
};
PIM_STRUCT(RefusedInbound, "What other nodes sent to this host and interface.accept_inbound did not let in.",  //
           (packets, "since the daemon started"), (age_ms, "milliseconds since the host was asked"))

struct Status {
  std::string node;
  std::string node_id;
  std::string node_id_short;
  std::string x25519_pubkey;
  std::string mesh_ip;
  std::string mesh_ipv6;
  InterfaceStatus interface;
  std::vector<Role> role;
  TransportStatus transport;
  std::vector<PeerSummary> peers;
  RouteSummary routes;
  Stats stats;
  std::uint64_t uptime_s = 0;
  bool route_on = false;
  Timestamp started_at{};
  KillSwitch kill_switch;
  Counters drops;
  Counters refused_claims;
  std::optional<RefusedInbound> refused_inbound;
  RelayStatus relay;
  std::optional<std::string> mesh_error;
  bool operator==(Status const&) const = default;
};
PIM_STRUCT(Status, "The node as a whole.",  //
           (node, "its name"), (node_id, "32 hex digits: SHA-256 of its key, first half"),
           (node_id_short, "the first 8 digits, for display only"), (x25519_pubkey, "public key, 64 hex digits"),
           (mesh_ip, "IPv4 address on the mesh with prefix length"),
           (mesh_ipv6, "IPv6 address on the mesh with prefix length"), (interface, "the tunnel interface"),
           (role, "what it does for others"), (transport, "how it reaches others"), (peers, "all known peers"),
           (routes, "routes in short"), (stats, "counters since start"), (uptime_s, "seconds since start"),
           (route_on, "internet goes through the mesh or not at all"), (started_at, "when the daemon started"),
           (kill_switch, "whether internet is blocked"), (drops, "packets thrown away by reason"),
           (refused_claims, "what nodes said and was not believed or used, by reason"),
           (refused_inbound, "absent until the host was asked once, and while there is no tunnel"),
           (relay, "traffic of others that passes here"), (mesh_error, "why the mesh is off, when it is"))

struct StatusParams {};
PIM_EMPTY_STRUCT(StatusParams, "Nothing.")

PIM_ENUM(StatusEventKind, "What happened to the node.",  //
         (role_changed, "detail has role"), (interface_up, "detail has interface"),
         (interface_down, "detail has interface"), (gateway_selected, "detail has node_id"),
         (gateway_lost, "detail has node_id"), (route_on, "split-default routing was turned on"),
         (route_off, "split-default routing was turned off and the block is gone"),
         (kill_switch, "detail is KillSwitch"),
         (sample, "rates and counters, at most once a second and only while subscribed; detail is Sample"))

struct GatewayDetail {
  std::string node_id;
  bool operator==(GatewayDetail const&) const = default;
};
PIM_STRUCT(GatewayDetail, "Detail of gateway_selected and gateway_lost.", (node_id, "which gateway"))

struct InterfaceDetail {
  std::string interface;
  std::optional<std::string> reason;
  std::optional<std::string> cure;
  bool operator==(InterfaceDetail const&) const = default;
};
PIM_STRUCT(InterfaceDetail, "Detail of interface_up and interface_down.",  //
           (interface, "its name"), (reason, "why it went down"), (cure, "the command or grant that helps"))

struct RoleDetail {
  std::vector<Role> role;
  bool operator==(RoleDetail const&) const = default;
};
PIM_STRUCT(RoleDetail, "Detail of role_changed.", (role, "all roles now"))

struct PeerCounters {
  std::string node_id;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t last_seen_s = 0;
  Nullable<double> latency_ms;
  double loss_percent = 0;
  bool operator==(PeerCounters const&) const = default;
};
PIM_STRUCT(PeerCounters, "Counters of one peer.",  //
           (node_id, "who"), (rx_bytes, "received from it"), (tx_bytes, "sent to it"),
           (last_seen_s, "seconds since its last authenticated packet"), (latency_ms, "round trip"),
           (loss_percent, "share of probes lost lately"))

struct Sample {
  std::uint64_t rx_bps = 0;
  std::uint64_t tx_bps = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
  Stats stats;
  Counters drops;
  std::optional<Counters> refused_claims;
  std::optional<RefusedInbound> refused_inbound;
  std::optional<Timestamp> verified_at;
  std::optional<RelayStatus> relay;
  std::vector<PeerCounters> peers;
  bool operator==(Sample const&) const = default;
};
PIM_STRUCT(Sample, "Rates and counters of one second.",  //
           (rx_bps, "payload received, bits per second"), (tx_bps, "payload sent, bits per second"),
           (rx_bytes, "payload received since start"), (tx_bytes, "payload sent since start"), (stats, "counters"),
           (drops, "packets thrown away by reason"),
           (refused_claims, "what nodes said and was not believed or used, by reason"),
           (refused_inbound, "absent until the host was asked once, and while there is no tunnel"),
           (verified_at, "when the block was last seen in force; absent while routing is off"),
           (relay, "absent while nothing of others passed"), (peers, "peers whose counters moved"))

struct StatusEvent {
  StatusEventKind kind = StatusEventKind::sample;
  Timestamp at{};
  std::optional<std::variant<KillSwitch, Sample, GatewayDetail, InterfaceDetail, RoleDetail>> detail;
  bool operator==(StatusEvent const&) const = default;
};
PIM_STRUCT(StatusEvent, "Something happened to the node.",  //
           (kind, "what happened"), (at, "when"), (detail, "by kind"))

}  // namespace pim::protocol
