// Firewalls of others that would drop what a gateway forwards: an accept in pim's table does not overrule a
// drop in another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "plan/names.hpp"

namespace pim::linux_edge {

/// A forward chain that drops unless told otherwise, and that nothing tells so about the tunnel.
struct ForeignDrop {
  std::string family;  ///< "ip", "ip6", "inet"
  std::string table;
  std::string chain;
  bool has_docker_user = false;  ///< the chain in which Docker leaves room for rules of others
};

/// `ruleset` is what `nft -j list ruleset` prints.
[[nodiscard]] Result<std::vector<ForeignDrop>> find_foreign_drops(std::string_view ruleset, plan::Names const& names);

/// The commands that let the tunnel pass.
[[nodiscard]] std::string fix_of(ForeignDrop const& drop, plan::Names const& names);

}  // namespace pim::linux_edge
