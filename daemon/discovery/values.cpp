#include "discovery/values.hpp"

#include <algorithm>

namespace pim::discovery {

bool Interface::speaks(Family family) const {
  return std::ranges::any_of(addresses, [=](IpAddress const& address) {
    return address.family == family && (address.is_v4() || is_link_local(address));
  });
}

bool Interface::holds(IpAddress const& sender) const {
  if (!sender.is_v4()) return is_link_local(sender);
  if (is_multicast(sender) || is_loopback(sender) || is_unspecified(sender)) return false;
  return std::ranges::any_of(networks, [&](Prefix const& network) { return network.contains(sender); });
}

}  // namespace pim::discovery
