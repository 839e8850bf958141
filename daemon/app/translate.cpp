#include "app/translate.hpp"

#include <algorithm>
#include <map>

namespace pim::app {
namespace {

constexpr std::uint8_t mesh_v6_prefix_length = 48;

std::optional<std::string> text_of(std::optional<NodeId> const& id) {
  return id ? std::optional{to_string(*id)} : std::nullopt;
}

std::optional<std::string> unless_empty(std::string const& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

std::optional<double> milliseconds(std::optional<Duration> const& time) {
  if (!time) return std::nullopt;
  return std::chrono::duration<double, std::milli>(*time).count();
}

protocol::BlockCause to_cause(control::BlockCause cause) {
  switch (cause) {
    case control::BlockCause::no_gateway_allowed: return protocol::BlockCause::no_gateway_allowed;
    case control::BlockCause::no_gateway_yet: return protocol::BlockCause::no_gateway_yet;
    case control::BlockCause::gateway_lost: return protocol::BlockCause::gateway_lost;
    case control::BlockCause::relay_lost: return protocol::BlockCause::relay_lost;
    case control::BlockCause::interface_down: return protocol::BlockCause::interface_down;
    case control::BlockCause::arming_failed: return protocol::BlockCause::arming_failed;
  }
  return protocol::BlockCause::arming_failed;
}

protocol::PeerState to_state(control::PeerState state) {
  switch (state) {
    case control::PeerState::active: return protocol::PeerState::active;
    case control::PeerState::relayed: return protocol::PeerState::relayed;
    case control::PeerState::connecting: return protocol::PeerState::connecting;
    case control::PeerState::failed: return protocol::PeerState::failed;
  }
  return protocol::PeerState::failed;
}

protocol::PeerTransport to_transport(control::PeerView const& view) {
  if (view.state == control::PeerState::relayed) return protocol::PeerTransport::relay;
  switch (view.medium) {
    case plan::Medium::other: return protocol::PeerTransport::udp;
    case plan::Medium::bluetooth: return protocol::PeerTransport::bluetooth;
    case plan::Medium::wifi_direct: return protocol::PeerTransport::wifi_direct;
  }
  return protocol::PeerTransport::udp;
}

protocol::TrustLevel to_trust(trust::Level level) {
  switch (level) {
    case trust::Level::pending: return protocol::TrustLevel::pending;
    case trust::Level::first_use: return protocol::TrustLevel::first_use;
    case trust::Level::once: return protocol::TrustLevel::once;
    case trust::Level::listed: return protocol::TrustLevel::listed;
    case trust::Level::verified: return protocol::TrustLevel::verified;
    case trust::Level::open: return protocol::TrustLevel::open;
    case trust::Level::blocked: return protocol::TrustLevel::blocked;
  }
  return protocol::TrustLevel::pending;
}

protocol::Level to_level(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return protocol::Level::trace;
    case LogLevel::debug: return protocol::Level::debug;
    case LogLevel::info: return protocol::Level::info;
    case LogLevel::warn: return protocol::Level::warn;
    case LogLevel::error: return protocol::Level::error;
  }
  return protocol::Level::error;
}

protocol::HandshakeStep to_step(trust::Step step) {
  switch (step) {
    case trust::Step::resolving: return protocol::HandshakeStep::resolving;
    case trust::Step::key_queried: return protocol::HandshakeStep::key_query_sent;
    case trust::Step::initiation_sent: return protocol::HandshakeStep::initiation_sent;
    case trust::Step::response_received: return protocol::HandshakeStep::response_received;
    case trust::Step::initiation_received: return protocol::HandshakeStep::initiation_received;
    case trust::Step::response_sent: return protocol::HandshakeStep::response_sent;
    case trust::Step::established: return protocol::HandshakeStep::confirmed;
  }
  return protocol::HandshakeStep::confirmed;
}

protocol::RouteCourse to_course(control::Course course) {
  switch (course) {
    case control::Course::to_self: return protocol::RouteCourse::to_self;
    case control::Course::direct: return protocol::RouteCourse::direct;
    case control::Course::relayed: return protocol::RouteCourse::relayed;
    case control::Course::through_gateway: return protocol::RouteCourse::through_gateway;
    case control::Course::blocked: return protocol::RouteCourse::blocked;
    case control::Course::as_before: return protocol::RouteCourse::as_before;
    case control::Course::unreachable: return protocol::RouteCourse::unreachable;
  }
  return protocol::RouteCourse::unreachable;
}

protocol::DiscoveryMechanism to_mechanism(discovery::Mechanism mechanism) {
  switch (mechanism) {
    case discovery::Mechanism::broadcast: return protocol::DiscoveryMechanism::broadcast;
    case discovery::Mechanism::bluetooth: return protocol::DiscoveryMechanism::bluetooth;
    case discovery::Mechanism::wifi_direct: return protocol::DiscoveryMechanism::wifi_direct;
  }
  return protocol::DiscoveryMechanism::broadcast;
}

protocol::RouteEntry to_entry(control::RouteView const& view, Time now) {
  protocol::RouteEntry route;
  route.destination = to_string(view.destination);
  route.via = route.learned_from = to_string(view.via);
  route.hops = view.hops;
  route.metric = view.metric;
  route.feasible = view.feasible;
  route.doubted = view.doubted;
  route.selected = view.selected;
  if (now > view.since)
    route.age_s =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now - view.since).count());
  return route;
}

/// On the wire a percentage, for clients a byte.
std::uint8_t load_of(control::GatewayOffer const& offer) {
  return static_cast<std::uint8_t>(std::min<unsigned>(offer.load, 100) * 255 / 100);
}

protocol::KnownGateway to_known(control::GatewayView const& view) {
  protocol::KnownGateway gateway;
  gateway.node_id = to_string(view.id);
  if (view.via) gateway.via = to_string(*view.via);
  gateway.hops = view.hops;
  gateway.score = static_cast<double>(view.score);
  gateway.selected = view.selected;
  gateway.healthy = view.usable;
  gateway.latency_ms = milliseconds(view.rtt);
  gateway.reason = unless_empty(view.reason);
  auto& parts = gateway.score_parts;
  parts.order = view.order;
  if (view.metric) parts.metric = *view.metric;
  if (view.usable_for)
    parts.usable_s =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(*view.usable_for).count());
  if (!view.offer) return gateway;
  gateway.priority = view.offer->priority;
  gateway.load = load_of(*view.offer);
  parts.priority = gateway.priority;
  parts.load = gateway.load;
  parts.v4 = view.offer->v4;
  parts.v6 = view.offer->v6;
  return gateway;
}

}  // namespace

bool is_active(control::PeerView const& peer) {
  return peer.id && (peer.state == control::PeerState::active || peer.state == control::PeerState::relayed);
}

protocol::RouteExplanation to_explanation(control::RouteExplained const& explained, std::string target) {
  protocol::RouteExplanation explanation;
  explanation.target = std::move(target);
  explanation.course = to_course(explained.course);
  explanation.node_id = text_of(explained.node);
  explanation.via = text_of(explained.via);
  explanation.hops = explained.hops;
  explanation.metric = explained.metric;
  explanation.reason = unless_empty(explained.reason);
  return explanation;
}

protocol::Timestamp to_timestamp(WallTime time) { return std::chrono::floor<std::chrono::milliseconds>(time); }

protocol::Status to_status(control::NodeView const& node, control::RoutingView const& routing,
                           std::uint32_t active_routes, std::string const& mesh_error) {
  protocol::Status status;
  status.node = node.name;
  status.node_id = to_string(node.id);
  status.node_id_short = short_id(node.id);
  status.x25519_pubkey = to_string(node.key);
  status.mesh_ip = to_string(node.v4) + "/" + std::to_string(node.v4_prefix_length);
  status.mesh_ipv6 = to_string(node.v6) + "/" + std::to_string(mesh_v6_prefix_length);
  status.interface.name = node.interface_name;
  status.interface.up = node.interface_up;
  status.interface.mtu = node.mtu;
  if (!node.interface_up) status.interface.reason = unless_empty(node.interface_reason);
  status.role = to_roles(node);
  status.transport.udp = protocol::PortTransport{node.listen_port};
  status.routes.active = active_routes;
  if (routing.on) status.routes.selected_gateway = text_of(routing.gateway);
  status.route_on = routing.on;
  status.started_at = to_timestamp(node.started_at);
  status.kill_switch = to_kill_switch(routing);
  status.relay.enabled = node.relays;
  status.mesh_error = unless_empty(mesh_error);
  return status;
}

protocol::KillSwitch to_kill_switch(control::RoutingView const& routing) {
  protocol::KillSwitch value;
  value.engaged = routing.engaged;
  if (routing.cause) value.cause = to_cause(*routing.cause);
  if (routing.since) value.since = to_timestamp(*routing.since);
  value.last_gateway = text_of(routing.last_gateway);
  value.trying = text_of(routing.trying);
  if (routing.verified_at) value.verified_at = to_timestamp(*routing.verified_at);
  return value;
}

std::vector<protocol::Role> to_roles(control::NodeView const& node) {
  std::vector roles{protocol::Role::client};
  if (node.relays) roles.push_back(protocol::Role::relay);
  if (node.serves_gateway) roles.push_back(protocol::Role::gateway);
  return roles;
}

protocol::PeerSummary to_peer(control::PeerView const& view) {
  protocol::PeerSummary peer;
  if (view.id) {
    peer.node_id = to_string(*view.id);
    peer.node_id_short = short_id(*view.id);
  }
  peer.label = unless_empty(view.label.empty() ? view.name : view.label);
  if (view.v4) peer.mesh_ip = to_string(*view.v4);
  peer.state = to_state(view.state);
  peer.transport = to_transport(view);
  peer.route_hops = view.hops;
  peer.via = text_of(view.via);
  peer.loss_percent = view.loss_percent;
  peer.latency_ms = milliseconds(view.rtt);
  peer.is_gateway = view.offer && view.named_gateway;
  peer.static_ = view.entry_id.has_value();
  if (view.key) peer.x25519_pubkey = to_string(*view.key);
  peer.config_entry_id = view.entry_id;
  if (view.endpoint)
    peer.endpoint = to_string(*view.endpoint);
  else
    peer.endpoint = unless_empty(view.address);
  peer.trust = to_trust(view.trust);
  peer.offers_internet = view.offer.has_value();
  return peer;
}

protocol::GatewayStatus to_gateway(control::ServingView const& serving) {
  protocol::GatewayStatus status;
  status.active = serving.active;
  if (!serving.active) return status;
  status.nat_interface = serving.settings.nat_interface;
  auto& routes = status.advertised_routes.emplace();
  if (serving.offer && serving.offer->v4) routes.emplace_back("0.0.0.0/0");
  if (serving.offer && serving.offer->v6) routes.emplace_back("::/0");
  if (serving.offer) status.load = load_of(*serving.offer);
  status.peers_through_me = static_cast<std::uint32_t>(serving.peers_through_me.size());
  std::vector<std::string> ids;
  for (auto const& id : serving.peers_through_me) ids.push_back(to_string(id));
  status.peers_through_me_ids = std::move(ids);
  if (serving.enabled_at) status.enabled_at = to_timestamp(*serving.enabled_at);
  return status;
}

protocol::LogEvent to_log_event(LogRecord const& record, protocol::Timestamp at) {
  protocol::LogEvent event;
  event.ts = at;
  event.level = to_level(record.level);
  event.source = std::string{record.source};
  event.peer_id = text_of(record.peer);
  event.message = record.message;
  return event;
}

protocol::HandshakeRecord to_handshake(trust::LedgerEntry const& entry, protocol::Timestamp at) {
  protocol::HandshakeRecord record;
  record.at = at;
  record.node_id = text_of(entry.peer ? entry.peer : entry.seen);
  record.address = unless_empty(entry.address);
  record.direction = entry.is_inbound ? protocol::HandshakeDirection::inbound : protocol::HandshakeDirection::outbound;
  record.step = to_step(entry.step);
  record.outcome = entry.reason                             ? protocol::HandshakeOutcome::failed
                   : entry.step == trust::Step::established ? protocol::HandshakeOutcome::established
                                                            : protocol::HandshakeOutcome::pending;
  if (entry.reason) record.reason = std::string{to_string(*entry.reason)};
  record.expected = text_of(entry.expected);
  record.seen = text_of(entry.seen);
  return record;
}

protocol::RouteTable to_routes(control::RoutesListed const& listed, Time now) {
  protocol::RouteTable table;
  std::map<NodeId, control::GatewayView const*> offering;
  for (auto const& view : listed.gateways) {
    if (view.offer) offering.emplace(view.id, &view);
    (view.named ? table.gateways : table.offers).push_back(to_known(view));
  }
  for (auto const& view : listed.routes) {
    table.routes.push_back(to_entry(view, now));
    auto const gateway = offering.find(view.destination);
    if (gateway == offering.end()) continue;
    table.routes.back().is_gateway = gateway->second->named;
    table.routes.back().load = load_of(*gateway->second->offer);
  }
  return table;
}

protocol::StatusEventKind to_kind(control::StatusEventKind kind) {
  switch (kind) {
    case control::StatusEventKind::role_changed: return protocol::StatusEventKind::role_changed;
    case control::StatusEventKind::interface_up: return protocol::StatusEventKind::interface_up;
    case control::StatusEventKind::interface_down: return protocol::StatusEventKind::interface_down;
    case control::StatusEventKind::gateway_selected: return protocol::StatusEventKind::gateway_selected;
    case control::StatusEventKind::gateway_lost: return protocol::StatusEventKind::gateway_lost;
    case control::StatusEventKind::route_on: return protocol::StatusEventKind::route_on;
    case control::StatusEventKind::route_off: return protocol::StatusEventKind::route_off;
    case control::StatusEventKind::kill_switch: return protocol::StatusEventKind::kill_switch;
  }
  return protocol::StatusEventKind::kill_switch;
}

std::vector<protocol::PeerDiscovered> to_discovered(std::vector<control::NeighbourView> const& neighbours, Time now) {
  auto const age = [=](Time then) {
    auto const passed = std::chrono::duration_cast<std::chrono::seconds>(std::max(now, then) - then);
    return static_cast<std::uint64_t>(passed.count());
  };
  std::vector<protocol::PeerDiscovered> list;
  for (auto const& neighbour : neighbours) {
    auto& one = list.emplace_back();
    one.node_id = to_string(neighbour.id);
    one.address = to_string(neighbour.address);
    one.mechanism = to_mechanism(neighbour.mechanism);
    one.first_seen_s = age(neighbour.first_seen);
    one.last_seen_s = age(neighbour.last_seen);
  }
  return list;
}

protocol::PeerEventKind to_kind(control::PeerEventKind kind) {
  switch (kind) {
    case control::PeerEventKind::connected: return protocol::PeerEventKind::connected;
    case control::PeerEventKind::disconnected: return protocol::PeerEventKind::disconnected;
    case control::PeerEventKind::state_changed: return protocol::PeerEventKind::state_changed;
    case control::PeerEventKind::discovered: return protocol::PeerEventKind::discovered;
    case control::PeerEventKind::pair_failed: return protocol::PeerEventKind::pair_failed;
    case control::PeerEventKind::trusted: return protocol::PeerEventKind::trusted;
    case control::PeerEventKind::forgotten: return protocol::PeerEventKind::forgotten;
    case control::PeerEventKind::left: return protocol::PeerEventKind::left;
  }
  return protocol::PeerEventKind::state_changed;
}

protocol::GatewayEventKind to_kind(control::ServingEventKind kind) {
  switch (kind) {
    case control::ServingEventKind::enabled: return protocol::GatewayEventKind::enabled;
    case control::ServingEventKind::disabled: return protocol::GatewayEventKind::disabled;
    case control::ServingEventKind::peer_through_me_added: return protocol::GatewayEventKind::peer_through_me_added;
    case control::ServingEventKind::peer_through_me_removed: return protocol::GatewayEventKind::peer_through_me_removed;
  }
  return protocol::GatewayEventKind::disabled;
}

}  // namespace pim::app
