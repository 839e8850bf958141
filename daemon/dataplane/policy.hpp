// Which way a packet of this host goes, and whether a packet of a peer may come in: the forwarding
// table's rules, as questions about one packet.
#pragma once

#include <optional>

#include "base/drop.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "dataplane/forwarding_table.hpp"
#include "packet/icmp.hpp"
#include "packet/ip.hpp"

namespace pim::dataplane {

/// Where a packet from the tunnel device goes: a peer, or nowhere and why.
struct Route {
  std::optional<PeerSlot> peer;
  Drop drop = Drop::no_route;
  std::optional<packet::Unreachable> answer{};  ///< what the host is told when there is no peer
  bool is_unheld = false;                       ///< a mesh address that no peer holds: control may know more
};
[[nodiscard]] Route route_to(ForwardingTable const& table, IpAddress const& destination);

/// The inner source check and its like for destinations: nothing when this peer may send this packet.
[[nodiscard]] std::optional<Drop> fault_of(ForwardingTable const& table, PeerSlot peer, packet::IpView const& ip,
                                           Time now);

}  // namespace pim::dataplane
