// Turning routing on over an ssh session from outside the LAN would cut that session: its answers would leave
// through the mesh.
#pragma once

#include <string_view>
#include <vector>

#include "base/address.hpp"

namespace pim::cli {

/// An address of this host's interfaces and the network that it is in.
struct LocalAddress {
  IpAddress address;
  Prefix network;
};

/// `ssh_connection` as sshd sets it: "client port server port". Safe are loopback and link-local clients, those in
/// a connected private network (which keeps its direct route), and a session that does not end on this host's
/// addresses, as in a network namespace entered from elsewhere.
[[nodiscard]] bool would_cut_ssh(std::string_view ssh_connection, std::vector<LocalAddress> const& local);

[[nodiscard]] std::vector<LocalAddress> local_addresses();

}  // namespace pim::cli
