#include "ui/model/path.hpp"

#include <algorithm>

#include "ui/model/peer_rows.hpp"

namespace pim::ui {
namespace {

std::string short_name(Snapshot const& snapshot, std::string const& id) {
  auto const* peer = find_peer(snapshot, id);
  return peer != nullptr ? title_of(peer->summary) : id.substr(0, 8);
}

std::optional<double> latency_to(Snapshot const& snapshot, std::string const& id) {
  auto const* peer = find_peer(snapshot, id);
  return peer != nullptr ? latency_of(peer->summary) : std::nullopt;
}

PathHop self_hop(Snapshot const& snapshot) {
  auto const& ip = snapshot.status->mesh_ip;
  return {HopRole::self, "you", ip.substr(0, ip.find('/'))};
}

InternetPath blocked_path(Snapshot const& snapshot) {
  auto const& last = snapshot.status->kill_switch.last_gateway;
  PathHop gateway{HopRole::lost_gateway, "gateway", "none yet"};
  if (last) gateway = {HopRole::lost_gateway, short_name(snapshot, *last), "unreachable"};
  return {PathState::blocked, {self_hop(snapshot), gateway, {HopRole::internet, "internet", "blocked"}}};
}

InternetPath mesh_path(Snapshot const& snapshot, std::string const& gateway_id) {
  InternetPath path{PathState::through_mesh, {self_hop(snapshot)}};
  auto const& gateways = snapshot.routes->gateways;
  auto const known = std::ranges::find(gateways, gateway_id, &protocol::KnownGateway::node_id);
  auto const* peer = find_peer(snapshot, gateway_id);
  // The list of peers moves with events, the table is read again after them.
  auto const hops = peer != nullptr ? peer->summary.route_hops : known != gateways.end() ? known->hops : 1;
  auto via = peer != nullptr ? peer->summary.via.value_or("") : std::string();
  if (via.empty() && known != gateways.end()) via = known->via;
  if (hops > 1) path.hops.push_back({HopRole::relay, short_name(snapshot, via), "relay", latency_to(snapshot, via)});
  if (hops > 2) {
    auto const count = std::to_string(hops - 2);
    path.hops.push_back({HopRole::relays_between, "+ " + count, hops == 3 ? "relay" : "relays"});
  }
  auto latency = latency_to(snapshot, gateway_id);
  if (!latency && known != gateways.end() && known->latency_ms) latency = *known->latency_ms;
  path.hops.push_back({HopRole::gateway, short_name(snapshot, gateway_id), "gateway", latency});
  path.hops.push_back({HopRole::internet, "internet", ""});
  return path;
}

}  // namespace

InternetPath internet_path(Snapshot const& snapshot) {
  auto const& status = *snapshot.status;
  if (!status.route_on) return {PathState::direct, {self_hop(snapshot), {HopRole::internet, "internet", ""}}};
  if (status.kill_switch.engaged || !status.routes.selected_gateway) return blocked_path(snapshot);
  return mesh_path(snapshot, *status.routes.selected_gateway);
}

}  // namespace pim::ui
