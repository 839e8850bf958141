// The steps by which the adapter makes one part of the host equal to a plan, and the comparison of the whole.
// Each step looks before it writes, so it may be repeated at any time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "linux/host_adapter.hpp"
#include "linux/nft.hpp"
#include "linux/rtnl.hpp"
#include "linux/steady_count.hpp"
#include "linux/sysctls.hpp"
#include "linux/tun.hpp"
#include "plan/host_plan.hpp"

namespace pim::linux_edge {

class HostState {
 public:
  [[nodiscard]] static Result<HostState> open(HostSettings settings);

  [[nodiscard]] Result<void> load_tables(plan::HostPlan const& plan);
  /// True when the kernel holds a table of pim's name, whatever is in it.
  [[nodiscard]] Result<bool> has_tables(plan::Names const& names);
  [[nodiscard]] Result<void> delete_tables(plan::HostPlan const& plan);
  /// What the tables loaded here have counted, over all of them.
  [[nodiscard]] Result<TableCounts> counts();

  [[nodiscard]] Result<void> add_rules(plan::HostPlan const& plan);
  [[nodiscard]] Result<void> remove_other_rules(plan::HostPlan const& plan);

  /// Those that need no device, which go in before there is one.
  [[nodiscard]] Result<void> add_fixed_routes(plan::HostPlan const& plan) { return add_routes(plan, false); }
  [[nodiscard]] Result<void> add_tunnel_routes(plan::HostPlan const& plan) { return add_routes(plan, true); }
  [[nodiscard]] Result<void> remove_other_routes(plan::HostPlan const& plan);

  /// Makes the device or attaches to it; nothing comes up by that. The device, where it had to be.
  [[nodiscard]] Result<std::optional<TunDevice>, TunError> attach_device(plan::Names const& names);
  /// Persistence, settings, addresses, size, up. Needs an attached device.
  [[nodiscard]] Result<void> set_up_device(plan::HostPlan const& plan);
  [[nodiscard]] Result<void> delete_device(plan::Names const& names);
  /// The device's own addresses, none when there is no device.
  [[nodiscard]] Result<std::vector<IpAddress>> tunnel_addresses(plan::Names const& names);

  [[nodiscard]] SysctlKeeper& sysctls() { return sysctls_; }

  /// What is not as the plan wants it, in words; nothing when all is.
  [[nodiscard]] Result<std::optional<std::string>> difference(plan::HostPlan const& plan);
  /// True when unbound traffic is held by routes of an earlier block.
  [[nodiscard]] Result<bool> has_block(plan::Names const& names);

 private:
  HostState(HostSettings settings, NetlinkSocket route, NetlinkSocket netfilter);
  [[nodiscard]] Result<void> add_routes(plan::HostPlan const& plan, bool into_tunnel);
  [[nodiscard]] Result<void> set_addresses(plan::HostPlan const& plan);
  [[nodiscard]] std::uint32_t tunnel_index(plan::Names const& names);
  [[nodiscard]] Result<std::optional<std::string>> tables_difference(plan::HostPlan const& plan);
  [[nodiscard]] Result<std::optional<std::string>> device_difference(plan::HostPlan const& plan);
  [[nodiscard]] Result<std::optional<std::string>> routing_difference(plan::HostPlan const& plan);
  void changed(std::string_view what) const;

  HostSettings settings_;
  Rtnl rtnl_;
  NetlinkSocket netfilter_;
  SysctlKeeper sysctls_;
  std::optional<TunDevice> tun_;  // holds the device while this process lives

  // What was loaded here last, and how the kernel showed it then.
  std::string loaded_text_;
  std::string loaded_fingerprint_;
  plan::Names loaded_names_;
  SteadyCount refused_inbound_, to_internet_, from_internet_;
};

}  // namespace pim::linux_edge
