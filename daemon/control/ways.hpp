// Answers to "which way": the routes, the gateways in their order, and the way to one target, each with what it rests
// on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace pim::wire {
struct GatewayOffer;
}

namespace pim::control {

struct GatewayOffer {
  std::uint8_t priority = 0;  ///< lower is preferred
  std::uint8_t load = 0;      ///< percent
  bool v4 = false, v6 = false;
  /// Families that it does not carry.
  [[nodiscard]] std::uint8_t lacking() const { return static_cast<std::uint8_t>(!v4 + !v6); }
  bool operator==(GatewayOffer const&) const = default;
};

/// As its peers understand it.
[[nodiscard]] GatewayOffer heard(wire::GatewayOffer const& offer);

/// A way to one node that a neighbour offers.
struct RouteView {
  NodeId destination, via;
  std::uint8_t hops = 1;
  std::uint16_t metric = 0;
  bool feasible = false, doubted = false, selected = false;
  Time since{};
};
/// A node that offers internet, or that the user named for it.
struct GatewayView {
  NodeId id;
  std::optional<NodeId> via{};  ///< the next hop; none where no way is known
  std::uint8_t hops = 0;        ///< 0 where no way is known
  bool named = false, selected = false;
  bool usable = false;      ///< it answers over a way that works, and offers its internet
  std::uint32_t order = 0;  ///< place in the user's list; those outside share the last
  std::optional<GatewayOffer> offer{};
  std::optional<std::uint16_t> metric{};
  std::optional<Duration> rtt{};
  std::optional<Duration> usable_for{};
  std::uint64_t score = 0;  ///< gateways::score, with the worst for what is not known
  std::string reason{};     ///< why it is in use, or is not
};
struct RoutesListed {
  std::vector<RouteView> routes;
  std::vector<GatewayView> gateways;  ///< in the order in which they would be taken
};
enum class Course : std::uint8_t { to_self, direct, relayed, through_gateway, blocked, as_before, unreachable };
struct RouteExplained {
  std::optional<NodeId> node{};  ///< whose session carries it
  Course course = Course::unreachable;
  std::optional<NodeId> via{};  ///< the next hop
  std::uint8_t hops = 0;
  std::uint16_t metric = 0;
  std::string reason{};
};

}  // namespace pim::control
