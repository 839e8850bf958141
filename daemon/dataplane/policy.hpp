// Which way a packet of this host goes, and whether a packet of a peer may come in: the forwarding
// table's rules, as questions about one packet.
#pragma once

#include <optional>

#include "base/drop.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "dataplane/asked.hpp"
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

/// Whether a packet that goes this way asks a private address behind the gateway, which may answer from then on.
[[nodiscard]] bool is_asked_of_gateway(ForwardingTable const& table, Route const& route, IpAddress const& destination);

/// The inner source check and its like for destinations: nothing when this peer may send this packet. `asked`: the
/// private addresses behind the gateway that have been asked.
[[nodiscard]] std::optional<Drop> fault_of(ForwardingTable const& table, Asked const& asked, PeerSlot peer,
                                           packet::IpView const& ip, Time now);

}  // namespace pim::dataplane
