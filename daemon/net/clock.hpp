// The one place that reads the clocks.
#pragma once

#include "base/time.hpp"

namespace pim::net {

[[nodiscard]] Time boot_now();
[[nodiscard]] WallTime wall_now();
[[nodiscard]] Now read_clocks();

}  // namespace pim::net
