// pim's one nftables table: loaded by the nft program (linking libnftables would bind pim to the GPL-2),
// read back and deleted by netlink, which needs no program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "linux/netlink.hpp"
#include "plan/host_plan.hpp"

namespace pim::linux_edge {

/// Where nft lies on this system; empty when it is not installed. Never looked up in PATH, since it is run
/// with a capability.
[[nodiscard]] std::string find_nft();

/// One transaction: all of `text` or nothing.
[[nodiscard]] Result<void> load_ruleset(std::string const& nft_program, std::string_view text);
/// The same without the commit.
[[nodiscard]] Result<void> check_ruleset(std::string const& nft_program, std::string_view text);
/// The whole ruleset as nft prints it in JSON.
[[nodiscard]] Result<std::string> list_ruleset(std::string const& nft_program);

/// What the kernel holds of the table, without what changes by itself; nothing when there is no table.
struct TableState {
  std::string fingerprint;                                           ///< equal exactly when every chain and rule is
  std::vector<std::pair<std::string, std::size_t>> rules_per_chain;  ///< by chain name, in the kernel's order
};
[[nodiscard]] Result<std::optional<TableState>> read_table(NetlinkSocket& netfilter, plan::Names const& names);

/// Nothing to delete is success.
[[nodiscard]] Result<void> delete_table(NetlinkSocket& netfilter, plan::Names const& names);

/// True for a multicast message that tells of a change of the table, its chains or its rules.
[[nodiscard]] bool is_about_table(nlmsghdr const& message, plan::Names const& names);

}  // namespace pim::linux_edge
