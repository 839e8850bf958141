// Whether this host can be a gateway by a given interface: every check looks at the host, and says how to
// cure what it finds.
#pragma once

#include <string>
#include <vector>

#include "plan/links.hpp"
#include "plan/names.hpp"

namespace pim::linux_edge {

struct PreflightCheck {
  std::string name;  ///< "interface", "address_v4", "forwarding_v6", "nftables", "foreign_forward_drop", ...
  bool ok = false;
  bool is_required = true;  ///< a failed one that is not required is a warning
  std::string detail;
  std::string fix{};  ///< empty when ok
};

struct Preflight {
  std::vector<PreflightCheck> checks;
  std::vector<std::string> suggested_nat_interfaces;  ///< up, with a default route; the best first
  [[nodiscard]] bool passed() const;
};

/// `nat_interface` empty: the first suggested one. Takes a few milliseconds; runs nft.
[[nodiscard]] Preflight run_preflight(plan::Names const& names, std::string const& nat_interface);

}  // namespace pim::linux_edge
