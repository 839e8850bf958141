// The contract's errors for what control and the host refuse.
#pragma once

#include <string>

#include "control/commands.hpp"
#include "linux/preflight.hpp"
#include "protocol/contract.hpp"

namespace pim::app {

[[nodiscard]] protocol::RpcError make_error(protocol::ErrorCode const& error, std::string message);
/// `path`: a JSON pointer into params.
[[nodiscard]] protocol::RpcError invalid_params(std::string path, std::string message);
/// Control answered another question than was asked: a fault of the daemon.
[[nodiscard]] protocol::RpcError unexpected_answer();
/// `parameter`: a JSON pointer to what control may have found invalid.
[[nodiscard]] protocol::RpcError to_error(control::Refused const& refused, std::string const& parameter);
/// Of a preflight that did not pass.
[[nodiscard]] protocol::RpcError to_error(linux_edge::Preflight const& preflight);
[[nodiscard]] protocol::PreflightCheck to_check(linux_edge::PreflightCheck const& check);

}  // namespace pim::app
