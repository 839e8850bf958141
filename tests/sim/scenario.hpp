// One run: a mesh starts, loses links and nodes and falls apart again and again, and has to be whole each time it
// is given back what it lost. In the end it is left in peace, and must be nearly silent.
#pragma once

#include "sim/audit.hpp"

namespace pim::sim {

struct Options {
  std::size_t nodes = 50;
  std::uint64_t seed = 1;
  bool checks_feasibility = true;
  unsigned cuts = 50, restarts = 10, partitions = 3;  ///< at least
};

struct Report {
  std::uint64_t seed = 0;
  std::size_t nodes = 0, links = 0;
  unsigned cuts = 0, restarts = 0, partitions = 0, loops = 0;
  Duration start{};        ///< from the last start of a node until all reached all
  Duration worst{};        ///< from the first datagram over what came back until all reached all again
  Duration noticed{};      ///< the longest that routing went on to use a cut link
  Duration rerouted{};     ///< from then on, the longest until all that are still linked reached each other
  std::size_t far = 0;     ///< at most so many pairs did not reach each other, being too far apart
  std::size_t dearer = 0;  ///< pairs whose path was within the hysteresis, but not the cheapest
  double rest_bytes = 0;   ///< sent by a node in a second at rest
  Duration virtual_time{};
  World::Counts counts{};
  std::uint64_t trace = 0;
  std::string violation{};  ///< with what led to it; empty: there was none
};

[[nodiscard]] Report run(Options const& options);

}  // namespace pim::sim
