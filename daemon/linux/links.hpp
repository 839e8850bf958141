// The host's interfaces, addresses and default routes as plan::Links, and word when they changed.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "linux/netlink.hpp"
#include "plan/links.hpp"
#include "plan/names.hpp"

namespace pim::linux_edge {

/// By the names that the kernel gives Bluetooth network devices and that wpa_supplicant gives the devices of
/// Wi-Fi Direct groups. It decides what a link is called and nothing else.
[[nodiscard]] plan::Medium medium_of(std::string_view name);

/// Everything but the loopback and `names.interface`; routes in pim's own table make no uplink.
[[nodiscard]] Result<plan::Links> read_links(plan::Names const& names);

/// A route to everything, not in pim's own table.
struct DefaultRoute {
  Family family = Family::v4;
  std::uint32_t index = 0;  ///< of the interface
  std::uint32_t metric = 0;
};
/// The preferred ones first.
[[nodiscard]] Result<std::vector<DefaultRoute>> read_default_routes(plan::Names const& names);

class LinkMonitor {
 public:
  [[nodiscard]] static Result<LinkMonitor> open(plan::Names names);

  /// Readable when something may have changed.
  [[nodiscard]] int fd() const { return socket_.fd(); }
  /// Drains the descriptor; true when a new snapshot is worth taking.
  [[nodiscard]] bool on_readable();

 private:
  LinkMonitor(NetlinkSocket socket, plan::Names names) : socket_(std::move(socket)), names_(std::move(names)) {}
  NetlinkSocket socket_;
  plan::Names names_;
};

}  // namespace pim::linux_edge
