// Opening the block when no daemon runs: `pim-daemon --release` does it, from beside this program or PATH.
#pragma once

namespace pim::cli {

/// Its exit code, passed on; says which command to run where it failed.
[[nodiscard]] int release_without_daemon();

}  // namespace pim::cli
