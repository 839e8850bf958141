// The one key of the configuration that clients need.
#pragma once

#include <optional>
#include <string>

namespace pim::link {

/// `[rpc] socket` of $PIM_CONFIG_PATH, else $XDG_CONFIG_HOME/pim/pim.toml; nothing when there is none or the
/// file does not parse, which the daemon reports.
[[nodiscard]] std::optional<std::string> configured_socket();

}  // namespace pim::link
