// The two directions, each a loop for a thread of its own.
#pragma once

namespace pim::ceiling {

struct Options {
  bool is_sealed = true;         ///< else copied only
  bool inner_checksums = false;  ///< computed and verified, as between strangers
};

/// TUN -> UDP. `tun` does not block; `socket` is connected. Does not return while both work.
void pump_up(int tun, int socket, Options const& options);
/// UDP -> TUN. `socket` has UDP_GRO on. Does not return while it works.
void pump_down(int socket, int tun, Options const& options);

}  // namespace pim::ceiling
