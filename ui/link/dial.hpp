// Finds the daemon: tries the socket's places in order and makes sure that it is the daemon's owner who
// answers there.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pim::link {

/// The places to try: `option` (--socket) or $PIM_RPC_SOCKET alone, else `[rpc] socket` of the configuration
/// alone, else the defaults. By sudo those of the user who called it.
[[nodiscard]] std::vector<std::string> socket_places(std::optional<std::string> const& option);

struct Dialled {
  int socket = -1;  ///< connected, blocking, close-on-exec; the caller closes it
  std::string path;
};

struct NoDaemon {
  std::string message;     ///< where it was sought and what was found
  bool may_exist = false;  ///< something is there that this user may not use or trust
};

[[nodiscard]] std::variant<Dialled, NoDaemon> dial(std::vector<std::string> const& places);

/// True when the socket's other end is this user, root, or the owner of the folder that holds the path: in a
/// folder that anyone can write, anyone could have put it there.
[[nodiscard]] bool is_trusted_server(int connected_socket, std::string const& path);

}  // namespace pim::link
