#include "protocol/socket_path.hpp"

#include <unistd.h>

#include <cstdlib>

namespace pim::protocol {
namespace {

std::optional<std::string> variable(char const* name) {
  char const* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

SocketEnvironment socket_environment() {
  return {variable("PIM_RPC_SOCKET"), std::nullopt, variable("XDG_RUNTIME_DIR"), ::geteuid()};
}

}  // namespace pim::protocol
