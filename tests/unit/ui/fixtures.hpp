// Recorded states for the tests of the window: built through reduce(), as the link builds them.
#pragma once

#include "ui/model/reduce.hpp"

namespace pim::ui::test {

using namespace std::chrono_literals;

inline constexpr Now now{Time{5000s}, WallTime{std::chrono::seconds(1'800'000'000)}};

inline std::string id_of(unsigned number) {
  std::string id = "00000000000000000000000000000000";
  constexpr auto digits = "0123456789abcdef";
  for (std::size_t i = 0; i < 8; ++i) id[7 - i] = digits[number * 2654435761U >> (4 * i) & 15];
  return id;
}

inline protocol::PeerSummary peer(unsigned number, std::string label,
                                  protocol::PeerState state = protocol::PeerState::active) {
  protocol::PeerSummary p;
  p.node_id = id_of(number);
  p.node_id_short = p.node_id.substr(0, 8);
  if (!label.empty()) p.label = std::move(label);
  p.mesh_ip = "10.77.0." + std::to_string(number % 250);
  p.state = state;
  p.route_hops = state == protocol::PeerState::relayed ? 2 : 1;
  if (state != protocol::PeerState::failed) p.latency_ms = 5.0 + number;
  p.endpoint = "192.0.2.1:" + std::to_string(9000 + number);
  p.last_handshake_s = number % 100;
  p.rx_bytes = number * 1000;
  return p;
}

inline protocol::Status status() {
  protocol::Status s;
  s.node = "laptop";
  s.node_id = id_of(1);
  s.node_id_short = s.node_id.substr(0, 8);
  s.mesh_ip = "10.77.0.1/16";
  s.mesh_ipv6 = "fd00::1/48";
  s.interface = {"pim0", true, 1344, {}, {}};
  s.role = {protocol::Role::client};
  s.uptime_s = 100;
  return s;
}

inline protocol::KnownGateway gateway(unsigned number, bool healthy = true) {
  protocol::KnownGateway g;
  g.node_id = g.via = id_of(number);
  g.healthy = healthy;
  return g;
}

inline Snapshot with(Snapshot snapshot, Event const& event) { return reduce(std::move(snapshot), event, now); }

inline Link online() {
  Link link;
  link.state = LinkState::online;
  link.daemon = "pim-daemon 0.1.0";
  return link;
}

/// A daemon without peers.
inline Snapshot empty() { return with(with(Snapshot{}, event::StatusIs{status()}), event::LinkChanged{online()}); }

/// One peer, which is an allowed gateway that answers.
inline Snapshot one_peer() {
  auto home = peer(2, "home-server");
  home.is_gateway = home.offers_internet = true;
  protocol::RouteTable table;
  table.gateways = {gateway(2)};
  return with(with(empty(), event::PeersAre{{home}}), event::RoutesAre{table});
}

inline Snapshot many_peers(unsigned count = 500) {
  using protocol::PeerState;
  constexpr std::array states{PeerState::active, PeerState::relayed, PeerState::connecting, PeerState::failed};
  std::vector<protocol::PeerSummary> peers;
  for (unsigned i = 2; i < count + 2; ++i) peers.push_back(peer(i, "node-" + std::to_string(i), states[i % 4]));
  return with(one_peer(), event::PeersAre{peers});
}

inline protocol::PeerSummary relayed_peer(unsigned number, std::string label, unsigned hops, unsigned via) {
  auto p = peer(number, std::move(label), protocol::PeerState::relayed);
  p.transport = protocol::PeerTransport::relay;
  p.route_hops = hops;
  p.via = id_of(via);
  p.endpoint.reset();
  return p;
}

/// A node of which only routing tells.
inline protocol::PeerSummary hearsay(unsigned number, unsigned hops, unsigned via) {
  auto p = relayed_peer(number, "", hops, via);
  p.latency_ms.reset();
  p.last_handshake_s.reset();
  p.trust = protocol::TrustLevel::pending;
  p.rx_bytes = 0;
  return p;
}

inline protocol::RouteEntry route(unsigned to, unsigned via, unsigned hops, bool selected = true) {
  protocol::RouteEntry r;
  r.destination = id_of(to);
  r.via = r.learned_from = id_of(via);
  r.hops = hops;
  r.metric = 128 * hops;
  r.selected = selected;
  return r;
}

/// Two neighbours, a gateway behind the first (and, as a spare, behind the second), a node three hops away and one that
/// failed; internet goes out at the gateway.
inline Snapshot relayed() {
  using protocol::StatusEventKind;
  auto far = relayed_peer(4, "far-gateway", 2, 2);
  far.is_gateway = far.offers_internet = true;
  protocol::RouteTable table;
  table.routes = {route(2, 2, 1),        route(3, 3, 1),        route(4, 2, 2),
                  route(4, 3, 2, false), route(2, 3, 3, false), route(5, 3, 3)};
  table.gateways = {gateway(4)};
  table.gateways[0].via = id_of(2);
  table.gateways[0].hops = 2;
  table.gateways[0].selected = true;
  table.gateways[0].score_parts = {0, 100U, true, true, 256U, std::uint8_t{5}, std::uint64_t{90}};
  table.gateways[0].reason = "the only usable one";
  auto snapshot = with(empty(), event::PeersAre{{peer(2, "attic"), peer(3, "phone"), far, hearsay(5, 3, 3),
                                                 peer(6, "old", protocol::PeerState::failed)}});
  snapshot = with(std::move(snapshot), event::RoutesAre{table});
  snapshot =
      with(std::move(snapshot),
           Event{protocol::StatusEvent{StatusEventKind::gateway_selected, {}, protocol::GatewayDetail{id_of(4)}}});
  snapshot = with(std::move(snapshot), Event{protocol::StatusEvent{StatusEventKind::route_on, {}, {}}});
  snapshot.status->refused_inbound = protocol::RefusedInbound{12, 400};
  snapshot.status->refused_claims = {{"false_key", 0}, {"outdated", 5}, {"own_id", 2}, {"taken_alias", 1030}};
  snapshot.status->relay = {
      true, 1200, 3'400'000, 7, {{id_of(5), id_of(3), 1000, 3'000'000, 0}, {id_of(4), id_of(4), 200, 400'000, 7}}};
  return snapshot;
}

/// The way to the internet as relayed() would have it explained.
inline protocol::RouteExplanation explained() {
  protocol::RouteExplanation way;
  way.target = "203.0.113.7";
  way.course = protocol::RouteCourse::through_gateway;
  way.node_id = id_of(4);
  way.via = id_of(2);
  way.hops = 2;
  return way;
}

inline protocol::StatusEvent happened(protocol::StatusEventKind kind) { return {kind, {}, {}}; }

template <class Detail>
protocol::StatusEvent happened(protocol::StatusEventKind kind, Detail detail) {
  return {kind, {}, std::move(detail)};
}

inline Snapshot routing() {
  using protocol::StatusEventKind;
  auto snapshot =
      with(one_peer(), Event{happened(StatusEventKind::gateway_selected, protocol::GatewayDetail{id_of(2)})});
  return with(std::move(snapshot), Event{happened(StatusEventKind::route_on)});
}

inline protocol::KillSwitch engaged(protocol::BlockCause cause) {
  protocol::KillSwitch kill_switch;
  kill_switch.engaged = true;
  kill_switch.cause = cause;
  kill_switch.last_gateway = id_of(2);
  kill_switch.trying = "home-server, each second";
  kill_switch.since = protocol::Timestamp{std::chrono::seconds(1'799'999'875)};
  kill_switch.verified_at = protocol::Timestamp{std::chrono::seconds(1'799'999'999)};
  return kill_switch;
}

inline Snapshot blocked(protocol::BlockCause cause = protocol::BlockCause::gateway_lost) {
  using protocol::StatusEventKind;
  auto snapshot = with(routing(), Event{happened(StatusEventKind::gateway_lost, protocol::GatewayDetail{id_of(2)})});
  return with(std::move(snapshot), Event{happened(StatusEventKind::kill_switch, engaged(cause))});
}

/// The daemon went away while it was routing.
inline Snapshot disconnected() {
  auto link = online();
  link.state = LinkState::lost;
  link.detail = "pim is stopped (pim-daemon exited)";
  link.retry_at = now.boot + 2s;
  link.attempt = 3;
  return with(routing(), event::LinkChanged{link});
}

}  // namespace pim::ui::test
