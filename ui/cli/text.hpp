// What `pim` says to people: contract values as plain sentences, the technical name in brackets after them.
#pragma once

#include <string>
#include <vector>

#include "protocol/contract.hpp"

namespace pim::cli {

[[nodiscard]] std::string text_of(protocol::Status const& status);
[[nodiscard]] std::string text_of(std::vector<protocol::PeerSummary> const& peers);
[[nodiscard]] std::string text_of(std::vector<protocol::PeerDiscovered> const& discovered);
[[nodiscard]] std::string text_of(protocol::RouteTable const& table);
[[nodiscard]] std::string text_of(protocol::RouteExplanation const& explanation);
[[nodiscard]] std::string text_of(protocol::GatewayStatus const& gateway, bool routes_its_own);
[[nodiscard]] std::string text_of(protocol::GatewayPreflight const& preflight);
[[nodiscard]] std::string text_of(std::vector<protocol::HandshakeRecord> const& records);
[[nodiscard]] std::string text_of(protocol::LogEvent const& line);
[[nodiscard]] std::string text_of(protocol::RpcError const& error);

/// One sentence for BlockCause.
[[nodiscard]] std::string cause_text(protocol::KillSwitch const& kill_switch);

}  // namespace pim::cli
