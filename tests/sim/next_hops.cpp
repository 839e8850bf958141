#include "sim/next_hops.hpp"

#include <algorithm>

namespace pim::sim {

void NextHops::set_life(NodeNumber node, Life life) {
  lives_[node] = life;
  auto const row = edges_.begin() + static_cast<std::ptrdiff_t>(node * lives_.size());
  if (life == 0) std::fill_n(row, lives_.size(), Edge{});
}

std::vector<NodeNumber> NextHops::cycle_through(NodeNumber node, NodeNumber destination) const {
  auto at = node;
  for (std::size_t steps = 0; steps < lives_.size(); ++steps) {
    auto const following = next(at, destination);
    if (following == at || following == destination) return {};
    at = following;
    if (at != node) continue;
    std::vector<NodeNumber> cycle{node};
    for (at = next(node, destination); at != node; at = next(at, destination)) cycle.push_back(at);
    return cycle;
  }
  return {};
}

}  // namespace pim::sim
