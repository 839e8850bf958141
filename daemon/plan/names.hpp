// Every name and number that pim leaves in the kernel, derived from the interface name alone: what one
// run made, the next run (or `--release`, which knows nothing else) finds again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pim::plan {

struct Names {
  std::string interface;
  std::string nft_table;           ///< the name of every table of pim
  std::uint32_t mark = 0;          ///< SO_MARK of the daemon's own sockets, and the connection mark
  std::uint32_t route_table = 0;   ///< pim's own table, looked up ahead of main
  std::uint8_t protocol = 0;       ///< rtm_protocol and FRA_PROTOCOL of everything pim adds
  std::uint32_t pref_gateway = 0;  ///< rule: what comes out of the tunnel looks up main
  std::uint32_t pref_mark = 0;     ///< rule: the daemon's own datagrams skip pim's table
  std::uint32_t pref_table = 0;    ///< rule: look up pim's table
  std::uint32_t pref_end = 0;      ///< rule: the target of the two skips

  bool operator==(Names const&) const = default;
};

/// 1 to 15 of [A-Za-z0-9_.-], beginning with a letter or digit: what may stand in nftables text and in a
/// path below /proc/sys.
[[nodiscard]] bool is_plain_interface_name(std::string_view name);

/// `interface` must be a plain interface name.
[[nodiscard]] Names make_names(std::string_view interface);

}  // namespace pim::plan
