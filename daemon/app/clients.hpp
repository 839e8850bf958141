// What clients are told once, at the start: where the socket is, what this build can do, the configuration.
#pragma once

#include "app/ground.hpp"
#include "rpc/server.hpp"

namespace pim::app {

[[nodiscard]] rpc::ServerOptions server_options(Ground const& ground);
/// What the configuration says of a gateway that clients turn on.
[[nodiscard]] control::GatewaySettings gateway_defaults(Ground const& ground);
[[nodiscard]] rpc::ConfigChanged shown_config(Ground const& ground);

}  // namespace pim::app
