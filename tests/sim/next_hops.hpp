// The next hop of every node to every other as one matrix, and the search for cycles in it.
//
// An edge leads to a neighbour in one of its lives: it counts while the neighbour runs and is in the life in which
// the route was learned. A restarted node knows nothing of what it announced before, so an edge into its last life
// carries nothing: whoever has it finds no keys there. Only edges that count can make packets go round.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/graph.hpp"

namespace pim::sim {

/// Numbered through the whole run, from 1; 0 is none.
using Life = std::uint32_t;

class NextHops {
 public:
  explicit NextHops(std::size_t nodes) : lives_(nodes), edges_(nodes * nodes) {}

  /// `life` 0: the node does not run; its edges are gone.
  void set_life(NodeNumber node, Life life);
  [[nodiscard]] Life life(NodeNumber node) const { return lives_[node]; }
  /// `learned_in` 0: there is no next hop, or it is in no life that counts.
  void set(NodeNumber node, NodeNumber destination, NodeNumber next, Life learned_in) {
    edges_[node * lives_.size() + destination] = {next, learned_in};
  }
  /// The next hop by an edge that counts; the node itself when there is none.
  [[nodiscard]] NodeNumber next(NodeNumber node, NodeNumber destination) const {
    auto const& edge = edges_[node * lives_.size() + destination];
    return edge.learned_in != 0 && edge.learned_in == lives_[edge.next] ? edge.next : node;
  }
  /// The nodes of the cycle that passes `node`; empty when there is none. A new cycle passes a changed edge, so
  /// that looking from each changed node finds every one.
  [[nodiscard]] std::vector<NodeNumber> cycle_through(NodeNumber node, NodeNumber destination) const;

 private:
  struct Edge {
    NodeNumber next = 0;
    Life learned_in = 0;
  };
  std::vector<Life> lives_;
  std::vector<Edge> edges_;
};

}  // namespace pim::sim
