// Rules, routes, addresses and links of the kernel in the words of the plan. Reads see only what carries
// pim's numbers; writes tag everything with pim's protocol number.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "linux/netlink.hpp"
#include "plan/host_plan.hpp"

namespace pim::linux_edge {

/// Something found in the kernel, and the message that would delete it. `known` is empty when it is nothing
/// that a plan could ask for.
template <class T>
struct Found {
  std::optional<T> known;
  bool is_tagged = false;  ///< carries pim's protocol number
  Buffer message;
};

struct FoundLink {
  std::uint32_t index = 0;
  bool is_up = false;
  bool is_tun = false;
  std::uint32_t mtu = 0;
  std::uint32_t gso_max_size = 0;
  std::uint32_t queue_length = 0;
};

class Rtnl {
 public:
  explicit Rtnl(NetlinkSocket socket) : socket_(std::move(socket)) {}

  using Done = Result<void, NetlinkError>;

  /// Those at the preferences of `names`.
  [[nodiscard]] Result<std::vector<Found<plan::Rule>>, NetlinkError> rules(plan::Names const& names);
  [[nodiscard]] Done add(plan::Names const& names, plan::Rule const& rule);
  [[nodiscard]] Done remove(Found<plan::Rule> const& rule);

  /// Those in the table of `names`; `tunnel` is the index that into_tunnel means, 0 when there is none.
  [[nodiscard]] Result<std::vector<Found<plan::Route>>, NetlinkError> routes(plan::Names const& names,
                                                                             std::uint32_t tunnel);
  /// Adds, or replaces what has the same destination and metric.
  [[nodiscard]] Done put(plan::Names const& names, plan::Route const& route, std::uint32_t tunnel);
  [[nodiscard]] Done remove(Found<plan::Route> const& route);

  /// Nothing when there is no such device.
  [[nodiscard]] Result<std::optional<FoundLink>, NetlinkError> link(std::string const& name);
  /// Up, with the sizes of the plan.
  [[nodiscard]] Done bring_up(std::uint32_t index, plan::InterfacePlan const& wanted);
  [[nodiscard]] Done delete_link(std::uint32_t index);

  [[nodiscard]] Result<std::vector<plan::LinkAddress>, NetlinkError> addresses(std::uint32_t index);
  /// Without duplicate detection and without a route of the kernel's own.
  [[nodiscard]] Done add_address(std::uint32_t index, plan::LinkAddress const& address);
  [[nodiscard]] Done delete_address(std::uint32_t index, plan::LinkAddress const& address);

 private:
  NetlinkSocket socket_;
};

/// An address attribute of 4 or 16 bytes; nothing when it is of another size.
[[nodiscard]] std::optional<IpAddress> address_in(Bytes attribute);

}  // namespace pim::linux_edge
