// Whose daemon is meant by a command that runs as root: by sudo that of the user who called it, for it is that user who
// has a configuration, a state folder and a socket.
#pragma once

#include <optional>
#include <string>

namespace pim::protocol {

struct Caller {
  unsigned uid = 0, gid = 0;
  std::string name, home;
};

/// Nothing unless this process is root and sudo was called by a user of this system who is not.
[[nodiscard]] std::optional<Caller> sudo_caller();

}  // namespace pim::protocol
