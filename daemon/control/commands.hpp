// What a client may ask of control, and what it answers. Every command gets exactly one reply.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "control/settings.hpp"
#include "control/ways.hpp"

namespace pim::control {

/// Chosen by who asks; comes back in the reply.
using CommandId = std::uint64_t;

/// A node as the user names it: a prefix of 8 or more hex digits of its id.
struct NodeName {
  std::string text;
};

struct AddPeer {
  std::string address;
  std::string label{};
  std::optional<NodeId> node_id{};
  std::optional<PublicKey> public_key{};
};
struct RemovePeer {
  std::optional<NodeName> node{};
  std::optional<std::string> entry_id{};
};
struct ForgetPeer {
  NodeName node;
};
struct VerifyPeer {
  NodeName node;
};
struct AllowGateway {
  NodeName node;
  bool allowed = true;
};
struct SetSplitDefault {
  bool on = false;
};
/// The preflight has passed already: it is the host's to run.
struct EnableGateway {
  GatewaySettings settings;
};
struct DisableGateway {};
/// Ends the daemon once the host is as it must stay: with `release` nothing of pim is left.
struct Shutdown {
  bool release = false;
};

struct ListRoutes {};
/// An IP address, or a node by id.
struct ExplainRoute {
  std::string target;
};

using Command = std::variant<AddPeer, RemovePeer, ForgetPeer, VerifyPeer, AllowGateway, SetSplitDefault, EnableGateway,
                             DisableGateway, Shutdown, ListRoutes, ExplainRoute>;

enum class Refusal : std::uint8_t {
  not_ready,
  invalid_parameter,
  peer_not_found,
  peer_exists,
  invalid_address,
  ambiguous_id,
  route_failed,
  preflight_failed,
  gateway_unsupported,
  identity_mismatch,
  internal,
};

struct Refused {
  Refusal why;
  std::string message;
  std::vector<NodeId> candidates{};  ///< of an ambiguous id
};

struct Done {};
struct PeerAdded {
  std::optional<NodeId> node_id;
  std::string entry_id;
};
struct PeerForgotten {
  NodeId node_id;
  bool forgot_identity = false;
};
struct SplitDefaultSet {
  bool on = false;
  std::optional<NodeId> via;
};

using Answer = std::variant<Done, PeerAdded, PeerForgotten, SplitDefaultSet, RoutesListed, RouteExplained, Refused>;

struct Reply {
  CommandId id;
  Answer answer;
};

}  // namespace pim::control
