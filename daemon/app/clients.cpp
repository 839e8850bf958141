#include "app/clients.hpp"

#include "app/translate.hpp"
#include "config/render.hpp"
#include "protocol/codec.hpp"

namespace pim::app {

rpc::ServerOptions server_options(Ground const& ground) {
  rpc::ServerOptions options;
  options.where = protocol::socket_environment();
  auto const& rpc = ground.config().rpc;
  if (!rpc.socket.empty()) options.where.configured_path = rpc.socket;
  if (!rpc.group.empty()) options.group = rpc.group;
  options.daemon_name = std::string{"pim-daemon "} + PIM_VERSION;
  options.features = {"seq", "snapshot", "split_default", "gateway", "discovery"};
  return options;
}

control::GatewaySettings gateway_defaults(Ground const& ground) {
  auto const& configured = ground.config().gateway;
  control::GatewaySettings settings;
  settings.max_connections = configured.max_connections;
  settings.priority = configured.priority;
  settings.allow_private = configured.allow_private;
  return settings;
}

rpc::ConfigChanged shown_config(Ground const& ground) {
  rpc::ConfigChanged shown;
  shown.toml.format = protocol::ConfigFormat::toml;
  shown.toml.config.text.clear();
  protocol::encode_string(config::render_toml(ground.config()), shown.toml.config.text);
  shown.json.format = protocol::ConfigFormat::json;
  shown.json.config.text = config::render_json(ground.config());
  for (auto* const one : {&shown.toml, &shown.json}) {
    if (!ground.loaded.last_modified) continue;  // built in
    one->source_path = ground.loaded.source_path;
    one->last_modified = to_timestamp(*ground.loaded.last_modified);
  }
  return shown;
}

}  // namespace pim::app
