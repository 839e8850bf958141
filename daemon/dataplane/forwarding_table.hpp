// Where packets go: a value that control computes, publishes whole, and then changes a peer at a time. The packet
// path reads it and decides nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "base/flat_table.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace pim::dataplane {

/// What one peer may do, by its slot.
struct PeerPolicy {
  bool in_use = false;  ///< admitted; who is not sends no packet in and has none relayed
  IpAddress v6{};
  std::optional<IpAddress> v4{};
  /// Packets from the internet are accepted from this peer until then: the gateway in use, or one that
  /// was in use within the last 60 s. Time{} means never. From private networks only the one in use is heard.
  Time internet_until{};
  /// This peer may send to the internet through us; only looked at while we serve as a gateway.
  bool may_use_gateway = false;
  NodeId id{};  ///< names it in the account of what it had relayed
};

struct ForwardingTable {
  std::vector<PeerPolicy> peers;                ///< index: PeerSlot::value
  FlatTable<IpAddress, PeerSlot> by_address{};  ///< every mesh address of every peer

  NodeId self{};        ///< transit frames for it end here
  bool relays = false;  ///< transit frames for others are passed on
  IpAddress own_v4{}, own_v6{};
  Prefix mesh_v4{}, mesh_v6{};
  IpAddress service_v4{}, service_v6{};  ///< DNS, delivered inside the selected gateway's session
  std::uint16_t mtu = 1344;

  bool routing_on = false;            ///< the host's internet traffic comes into the tunnel
  std::optional<PeerSlot> gateway{};  ///< where it goes; none while blocked
  bool serves_gateway = false;        ///< peers' internet traffic is handed to the host

  /// No address leads to this peer any more. Where several change at once all give up first: an address that one of
  /// them leaves to another is free then, whichever is set first.
  void give_up_addresses(PeerSlot slot);
  /// All that is known of one peer, and whether its mesh addresses lead to it. An address that another one holds stays
  /// the other's.
  void set_policy(PeerSlot slot, PeerPolicy const& policy, bool is_reachable);
};

}  // namespace pim::dataplane
