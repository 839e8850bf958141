#include "config/settings.hpp"

namespace pim::config {

control::Settings settings_of(Config const& config, std::string const& host_name) {
  control::Settings settings;
  settings.name = config.node.name.empty() ? host_name : config.node.name;
  settings.interface_name = config.interface.name;
  settings.mtu = config.interface.mtu;
  settings.mesh_v4 = config.interface.mesh_ip;
  settings.accept_inbound = config.interface.accept_inbound;
  settings.listen_port = config.transport.listen_port;
  settings.discovery_port = config.discovery.port;
  if (config.discovery.enabled)
    settings.discovery = control::DiscoverySettings{config.discovery.connect, config.discovery.peer_timeout};
  settings.handshake_timeout = config.transport.handshake_timeout;
  settings.network = config.mesh.network;
  settings.secret = config.mesh.secret.reveal();
  for (auto const& peer : config.peers)
    settings.peers.push_back({.entry_id = "config:" + to_string(peer.address),
                              .address = peer.address,
                              .label = peer.label,
                              .node_id = peer.node_id,
                              .public_key = peer.public_key,
                              .mesh_v4 = peer.mesh_ip,
                              .from_config = true});
  settings.policy = config.trust.policy;
  settings.allow_list = config.trust.allow_list;
  settings.relay = config.relay.enabled;
  settings.split_default_at_first = config.routing.split_default;
  settings.gateways = config.routing.gateways;
  settings.allow_lan = config.routing.allow_lan;
  settings.hold_on_exit = config.routing.hold_on_exit;
  if (config.gateway.enabled)
    settings.gateway = control::GatewaySettings{.nat_interface = config.gateway.nat_interface,
                                                .max_connections = config.gateway.max_connections,
                                                .priority = config.gateway.priority,
                                                .allow_private = config.gateway.allow_private};
  return settings;
}

}  // namespace pim::config
