// CAP_NET_ADMIN and nothing else: what the process holds, and how a child gets it. Raw system calls.
#pragma once

#include <string>

#include "base/result.hpp"

namespace pim::linux_edge {

/// True when the calling thread may use CAP_NET_ADMIN now.
[[nodiscard]] bool has_net_admin();

/// Call once, before any thread starts. Raises CAP_NET_ADMIN into the effective set where it is permitted,
/// clears the ambient and inheritable sets so that no child gets it by accident, and makes the process not
/// dumpable. The error, when the capability is not permitted, names the command that grants it.
[[nodiscard]] Result<void> settle_capabilities();

/// For root, before any thread starts: goes on as that user for good, with CAP_NET_ADMIN and nothing else.
[[nodiscard]] Result<void> continue_as(std::string const& user, unsigned uid, unsigned gid);

/// For a child between fork and exec of a program that needs it: keeps CAP_NET_ADMIN alone through the exec.
/// Async-signal-safe; false when the system refuses.
[[nodiscard]] bool keep_net_admin_for_exec();

/// "sudo setcap cap_net_admin+ep /path/of/this/program", or the systemd unit.
[[nodiscard]] std::string how_to_grant_net_admin();

}  // namespace pim::linux_edge
