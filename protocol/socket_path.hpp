// Where the daemon's socket may be, in the order in which the daemon chooses and clients try.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace pim::protocol {

struct SocketEnvironment {
  std::optional<std::string> explicit_path;    ///< $PIM_RPC_SOCKET, or --socket of a client
  std::optional<std::string> configured_path;  ///< [rpc] socket
  std::optional<std::string> xdg_runtime_dir;  ///< $XDG_RUNTIME_DIR
  unsigned uid = 0;
};

/// A path that was named stands alone: falling back to another would talk to a daemon that nobody meant.
[[nodiscard]] inline std::vector<std::string> socket_candidates(SocketEnvironment const& environment) {
  if (environment.explicit_path) return {*environment.explicit_path};
  if (environment.configured_path) return {*environment.configured_path};
  std::vector<std::string> paths;
  if (environment.xdg_runtime_dir) paths.push_back(*environment.xdg_runtime_dir + "/pim.sock");
  paths.push_back("/run/pim/pim.sock");
  paths.push_back("/tmp/pim-" + std::to_string(environment.uid) + "/pim.sock");
  return paths;
}

/// From the process environment; empty variables count as unset. `configured_path` is left to the caller.
[[nodiscard]] SocketEnvironment socket_environment();

}  // namespace pim::protocol
