// What control shows of itself: plain values, sent as deltas whenever one changes, in the order of the
// changes. Counters are not here: they stand in the shared array, by slot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "control/commands.hpp"
#include "discovery/values.hpp"
#include "plan/links.hpp"
#include "trust/ledger.hpp"
#include "trust/trust.hpp"

namespace pim::control {

enum class PeerState : std::uint8_t { active, relayed, connecting, failed };

/// One line of the peer list: a peer met, an entry that has not answered yet, or both; else a node of which only
/// routing tells. Of such a one the alias is a hint, and the state relayed.
struct PeerView {
  std::uint32_t row = 0;  ///< names this line for its whole life
  std::optional<NodeId> id{};
  std::optional<PublicKey> key{};
  std::string label{};
  std::string name{};  ///< what the peer calls itself
  std::optional<std::string> entry_id{};
  std::string address{};  ///< of the entry, as the user wrote it
  std::optional<Endpoint> endpoint{};
  plan::Medium medium = plan::Medium::other;  ///< of the link on which the endpoint lies
  std::optional<IpAddress> v4{};
  std::optional<IpAddress> v6{};
  PeerState state = PeerState::connecting;
  trust::Level trust = trust::Level::pending;
  bool named_gateway = false;
  std::optional<GatewayOffer> offer{};
  std::optional<PeerSlot> slot{};
  std::optional<NodeId> via{};  ///< the neighbour through which a relayed peer is reached
  std::uint8_t hops = 1;
  unsigned loss_percent = 0;  ///< of probes on the direct link
  std::optional<Duration> rtt{};
  std::optional<Time> last_handshake{};
  bool operator==(PeerView const&) const = default;
};

struct PeerGone {
  std::uint32_t row = 0;
  std::optional<NodeId> id{};
};

/// A node heard on a local link, whether or not there is a session with it.
struct NeighbourView {
  std::uint32_t number = 0;  ///< names this line for its whole life
  NodeId id;
  Endpoint address;
  discovery::Mechanism mechanism = discovery::Mechanism::broadcast;
  Time first_seen{}, last_seen{};
  bool operator==(NeighbourView const&) const = default;
};

struct NeighbourGone {
  std::uint32_t number = 0;
};

struct NodeView {
  std::string name;
  NodeId id;
  PublicKey key;
  IpAddress v4, v6;
  std::uint8_t v4_prefix_length = 16;
  bool relays = false;
  bool serves_gateway = false;
  std::string interface_name;
  bool interface_up = false;
  std::string interface_reason;  ///< why it is not up and what to do
  std::uint16_t mtu = 0;
  std::uint16_t listen_port = 0;
  WallTime started_at{};
  bool operator==(NodeView const&) const = default;
};

enum class BlockCause : std::uint8_t {
  no_gateway_allowed,
  no_gateway_yet,
  gateway_lost,
  relay_lost,
  interface_down,
  arming_failed
};

struct RoutingView {
  bool on = false;
  std::optional<NodeId> gateway{};
  bool engaged = false;  ///< on, and nothing may pass
  std::optional<BlockCause> cause{};
  std::string detail{};  ///< of arming_failed
  std::optional<WallTime> since{};
  std::optional<NodeId> last_gateway{};
  std::optional<NodeId> trying{};
  std::optional<WallTime> verified_at{};
  bool operator==(RoutingView const&) const = default;
};

struct ServingView {
  bool active = false;
  GatewaySettings settings{};
  std::optional<GatewayOffer> offer{};  ///< as peers are told; none while the uplink leads nowhere
  std::optional<WallTime> enabled_at{};
  std::vector<NodeId> peers_through_me{};
  bool operator==(ServingView const&) const = default;
};

enum class StatusEventKind : std::uint8_t {
  role_changed,
  interface_up,
  interface_down,
  gateway_selected,
  gateway_lost,
  route_on,
  route_off,
  kill_switch,
};

/// The views sent before it hold the detail: a client sees both together.
struct StatusEvent {
  StatusEventKind kind;
  std::optional<NodeId> node{};  ///< of gateway_selected and gateway_lost
};

enum class PeerEventKind : std::uint8_t {
  connected,
  disconnected,
  state_changed,
  discovered,
  pair_failed,
  trusted,
  forgotten,
  left  ///< the list: no way leads to it any more
};

struct PeerEvent {
  PeerEventKind kind;
  PeerView peer;
  std::string reason{};  ///< of pair_failed: exact words first, then the detail
};

enum class ServingEventKind : std::uint8_t { enabled, disabled, peer_through_me_added, peer_through_me_removed };

struct ServingEvent {
  ServingEventKind kind;
  std::optional<NodeId> peer{};
};

/// The daemon is done: everything that had to be applied and stored was.
struct Finished {};

/// Everything for clients, in the order in which it happened.
using Note = std::variant<NodeView, PeerView, PeerGone, NeighbourView, NeighbourGone, RoutingView, ServingView,
                          trust::LedgerEntry, StatusEvent, PeerEvent, ServingEvent, LogRecord, Reply, Finished>;

}  // namespace pim::control
