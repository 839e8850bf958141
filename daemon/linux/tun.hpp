// The tunnel device. Flags are the same at every open, since a persistent device can only be attached to
// again with the flags it was made with; offloads belong to the open file and are set each time.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "linux/fd.hpp"

namespace pim::linux_edge {

/// What the kernel will hand over and take unsegmented.
struct TunOffloads {
  bool checksum = false;
  bool tcp = false;
  bool udp = false;  ///< kernel 6.2 and later
  bool operator==(TunOffloads const&) const = default;
};

/// Each read and write is one packet behind a 10-byte virtio header (packet/vnet.hpp). Non-blocking.
struct TunDevice {
  Fd fd;
  std::string name;
  std::uint32_t index = 0;
  TunOffloads offloads;
};

inline constexpr char const* default_tun_path = "/dev/net/tun";

/// Why there is no device.
struct TunError {
  std::string what;
  std::string cure{};  ///< the command or the grant that helps, where one does
};
/// `what: cure`
[[nodiscard]] std::string to_string(TunError const& error);

/// Makes the device, or attaches to the one of that name that is there.
[[nodiscard]] Result<TunDevice, TunError> open_tun(std::string const& name,
                                                   std::string const& tun_path = default_tun_path);

/// A persistent device stays when the last descriptor is closed.
[[nodiscard]] Result<void> set_persistent(TunDevice const& device, bool on);

/// False once the device behind the descriptor has been deleted.
[[nodiscard]] bool is_attached(TunDevice const& device);

/// A second descriptor of the same queue, for another owner.
[[nodiscard]] TunDevice duplicate(TunDevice const& device);

}  // namespace pim::linux_edge
