// What control is started with: the part of the configuration that it needs, and what the last run left.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "trust/trust.hpp"

namespace pim::control {

/// A peer as the user named it: from the configuration, or added over RPC.
struct PeerEntry {
  std::string entry_id;  ///< stable: what peers.remove takes
  HostPort address;
  std::string label{};
  std::optional<NodeId> node_id{};
  std::optional<PublicKey> public_key{};
  std::optional<IpAddress> mesh_v4{};  ///< the alias that the user gave this peer
  bool from_config = false;
  bool operator==(PeerEntry const&) const = default;
};

enum class AcceptInbound : std::uint8_t { none, paired, all };

/// Which of the nodes heard on the local links are called: all that the trust policy admits, those that were
/// met before or are listed, or none.
enum class Connect : std::uint8_t { automatic, known, never };

struct DiscoverySettings {
  Connect connect = Connect::automatic;
  Duration peer_timeout = std::chrono::seconds{180};  ///< a node that is not heard for so long is gone
};

struct GatewaySettings {
  std::string nat_interface;
  std::uint32_t max_connections = 1024;
  std::uint8_t priority = 100;
  bool allow_private = false;
  bool operator==(GatewaySettings const&) const = default;
};

struct Settings {
  std::string name;
  std::string interface_name = "pim0";
  std::uint16_t mtu = 1344;
  std::optional<IpAddress> mesh_v4{};  ///< own alias; derived from the node id when absent
  AcceptInbound accept_inbound = AcceptInbound::paired;
  std::uint16_t listen_port = 9100;
  std::uint16_t discovery_port = 9101;
  std::optional<DiscoverySettings> discovery{};  ///< absent: neither sends beacons nor hears them
  Duration handshake_timeout = std::chrono::seconds{5};
  std::string network = "pim";
  std::string secret{};
  std::vector<PeerEntry> peers{};
  trust::Policy policy = trust::Policy::trust_on_first_use;
  std::vector<NodeId> allow_list{};
  bool relay = true;  ///< passes on what others send each other, and announces them
  bool split_default_at_first = false;
  std::vector<NodeId> gateways{};
  bool allow_lan = true;
  bool hold_on_exit = true;
  std::optional<GatewaySettings> gateway{};
  /// Off only in tests that have to notice; no key of the configuration leads here.
  bool checks_feasibility = true;
};

/// What survives a restart beside the trust store. Written whole, by value, on the host thread.
struct SavedState {
  std::optional<bool> routing_answer{};  ///< the user's last answer; the configuration gives only the first
  std::vector<PeerEntry> added_peers{};
  std::vector<NodeId> gateways_allowed{};     ///< by command, before they were met
  std::vector<NodeId> gateways_disallowed{};  ///< beats every way in which the user named them before
  bool gateway_decided = false;               ///< the user enabled or disabled the gateway: wins over the configuration
  std::optional<GatewaySettings> gateway{};
  WallTime timestamps_reserved_until{};                      ///< no handshake of ours carried a later timestamp
  std::optional<std::uint16_t> seqno_reserved{};             ///< ahead of all announced ones, but of a last leap
  std::optional<IpAddress> own_alias{};                      ///< the one with which others met this node
  std::map<std::string, std::vector<IpAddress>> resolved{};  ///< last good addresses of peer names
  bool operator==(SavedState const&) const = default;
};

}  // namespace pim::control
