// What the window may ask of the daemon: the parameters of the method are the request.
#pragma once

#include <string>
#include <variant>

#include "protocol/types/gateway.hpp"
#include "protocol/types/handshakes.hpp"
#include "protocol/types/peers.hpp"
#include "protocol/types/routes.hpp"

namespace pim::ui {

using Call = std::variant<protocol::RouteSetSplitDefaultParams, protocol::RouteTableParams,
                          protocol::RouteExplainParams, protocol::GatewaysAllowParams, protocol::GatewaysDisallowParams,
                          protocol::PeersAddStaticParams, protocol::PeersRemoveParams, protocol::PeersForgetParams,
                          protocol::PeersVerifyParams, protocol::HandshakesListParams, protocol::GatewayPreflightParams,
                          protocol::GatewayEnableParams, protocol::GatewayDisableParams>;

/// Names a request among those under way: `peers.verify a1b2…`. Two with one key would be the same request.
[[nodiscard]] std::string key_of(Call const& call);

}  // namespace pim::ui
