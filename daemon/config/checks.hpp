// Texts of the configuration into values, with an error that completes "KEY ..." in a sentence.
#pragma once

#include <string>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace pim::config {

/// Valid as one line for people: no control characters, `max` bytes at most.
Result<std::string> check_line(std::string const& text, std::size_t max);
/// As the kernel and nftables both take it.
Result<std::string> check_interface_name(std::string const& text);
Result<std::string> check_absolute_path(std::string const& text, std::size_t max);
Result<std::string> check_secret(std::string const& text);
Result<NodeId> check_node_id(std::string const& text);
Result<PublicKey> check_public_key(std::string const& text);
Result<HostPort> check_peer_address(std::string const& text);
/// An alias that a node may hold in 10.77.0.0/16, also written with "/16".
Result<IpAddress> check_mesh_ip(std::string const& text);

}  // namespace pim::config
