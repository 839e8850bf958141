// pim's nftables tables: loaded by the nft program (linking libnftables would bind pim to the GPL-2),
// read back and deleted by netlink, which needs no program.
#pragma once

#include <map>
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

/// What the kernel holds of pim's tables, without what changes by itself.
struct TableState {
  std::vector<std::string> families;                   ///< in which there is a table of the name
  std::string fingerprint;                             ///< equal exactly when every table, chain and rule is
  std::map<std::string, std::size_t> rules_per_chain;  ///< "inet out" -> 12
};
[[nodiscard]] Result<TableState> read_tables(NetlinkSocket& netfilter, plan::Names const& names);

struct CounterValue {
  std::uint64_t packets = 0, bytes = 0;
};
/// What a named counter of pim's inet table has counted since the table was loaded; zero when there is no such counter.
[[nodiscard]] Result<CounterValue> read_counter(NetlinkSocket& netfilter, plan::Names const& names,
                                                std::string_view counter);

/// All of pim's tables but those of the plan's families. Nothing to delete is success.
[[nodiscard]] Result<void> delete_other_tables(NetlinkSocket& netfilter, plan::HostPlan const& plan);

/// True for a multicast message that tells of a change of such a table, its chains or its rules.
[[nodiscard]] bool is_about_tables(nlmsghdr const& message, plan::Names const& names);

}  // namespace pim::linux_edge
