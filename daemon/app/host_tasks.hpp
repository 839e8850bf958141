// `--release` and `--repair`: the host without a running daemon.
#pragma once

#include "app/ground.hpp"

namespace pim::app {

/// Every trace of pim goes, and routing is remembered as off: what the user asks for by `pim route off`
/// while no daemon runs.
[[nodiscard]] Ending release(Ground const& ground);

/// The host becomes what a start would make of it: a block that was on is put in force again, anything else
/// is cleaned away.
[[nodiscard]] Ending repair(Ground const& ground);

}  // namespace pim::app
