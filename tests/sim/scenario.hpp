// One run: a mesh starts, loses links and nodes and falls apart again and again, and has to be whole each time it
// is given back what it lost. In the end it is left in peace, and must be nearly silent.
#pragma once

#include "sim/judge.hpp"

namespace pim::sim {

struct Options {
  std::size_t nodes = 50;
  std::uint64_t seed = 1;
  bool checks_feasibility = true;
  bool rests_with_losses = false;                     ///< once more, while links go on losing
  unsigned cuts = 50, restarts = 10, partitions = 3;  ///< at least
};

[[nodiscard]] Report run(Options const& options);
/// Of the run under way: for one that ends with the process.
[[nodiscard]] std::string last_flows();

}  // namespace pim::sim
