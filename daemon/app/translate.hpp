// From control's values to the contract's: names, units and what may be absent. Pure.
#pragma once

#include "control/views.hpp"
#include "protocol/contract.hpp"

namespace pim::app {

[[nodiscard]] protocol::Timestamp to_timestamp(WallTime time);

/// Everything but counters, uptime and peers, which move without being an event.
[[nodiscard]] protocol::Status to_status(control::NodeView const& node, control::RoutingView const& routing,
                                         std::uint32_t active_routes, std::string const& mesh_error);
[[nodiscard]] protocol::KillSwitch to_kill_switch(control::RoutingView const& routing);
[[nodiscard]] std::vector<protocol::Role> to_roles(control::NodeView const& node);
/// Everything but counters and ages.
[[nodiscard]] protocol::PeerSummary to_peer(control::PeerView const& view);
[[nodiscard]] protocol::GatewayStatus to_gateway(control::ServingView const& serving);
[[nodiscard]] protocol::LogEvent to_log_event(LogRecord const& record, protocol::Timestamp at);
[[nodiscard]] protocol::HandshakeRecord to_handshake(trust::LedgerEntry const& entry, protocol::Timestamp at);

/// Ways to and gateways among `peers`; `selected` is the gateway in use.
/// Up and answering, whatever the way.
[[nodiscard]] bool is_active(control::PeerView const& peer);
[[nodiscard]] protocol::RouteExplanation to_explanation(control::RouteExplained const& explained, std::string target);
[[nodiscard]] protocol::RouteTable to_routes(control::RoutesListed const& listed, Time now);

/// Nodes heard on the local links, with their ages.
[[nodiscard]] std::vector<protocol::PeerDiscovered> to_discovered(std::vector<control::NeighbourView> const& neighbours,
                                                                  Time now);

[[nodiscard]] protocol::StatusEventKind to_kind(control::StatusEventKind kind);
[[nodiscard]] protocol::PeerEventKind to_kind(control::PeerEventKind kind);
[[nodiscard]] protocol::GatewayEventKind to_kind(control::ServingEventKind kind);

}  // namespace pim::app
