// Who may exchange datagrams with whom: nodes scattered over a square, linked to their nearest, and a few long
// links until nobody is more than `longest_way` links from anybody.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/random.hpp"

namespace pim::sim {

using NodeNumber = std::uint32_t;
using LinkNumber = std::uint32_t;

/// Less than a transit frame's hop limit, so that detours fit as well.
inline constexpr unsigned longest_way = 10;

struct Pair {
  NodeNumber a = 0, b = 0;
  double distance = 0;  ///< on a square with sides of 1
};

struct Graph {
  std::size_t nodes = 0;
  std::vector<Pair> links;
};

[[nodiscard]] Graph make_graph(std::size_t nodes, Random& random);
/// Links on the shortest way to each node; `nodes` for those out of reach.
[[nodiscard]] std::vector<unsigned> ways_from(NodeNumber start, Graph const& graph);

/// Which nodes reach each other over the links that were joined.
class Components {
 public:
  explicit Components(std::size_t nodes);
  void join(NodeNumber a, NodeNumber b);
  [[nodiscard]] NodeNumber of(NodeNumber node) const;

 private:
  std::vector<NodeNumber> parents_;
};

}  // namespace pim::sim
