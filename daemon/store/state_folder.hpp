// The folder that holds the identity and everything a node remembers: 0700, of the user that runs the daemon.
#pragma once

#include <string>

#include "base/result.hpp"

namespace pim::store {

/// Creates `path` and what is missing above it, 0700. A folder that others may enter, or that belongs to
/// another user, is refused with the command that helps.
Result<void> prepare_state_folder(std::string const& path);

/// Text of a command line that names `path` safely.
[[nodiscard]] std::string quoted(std::string const& path);

[[nodiscard]] inline std::string identity_path(std::string const& folder) { return folder + "/identity"; }
[[nodiscard]] inline std::string trust_path(std::string const& folder) { return folder + "/trust"; }
[[nodiscard]] inline std::string state_path(std::string const& folder) { return folder + "/state"; }
[[nodiscard]] inline std::string lock_path(std::string const& folder) { return folder + "/lock"; }

}  // namespace pim::store
