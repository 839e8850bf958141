#include "sim/graph.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace pim::sim {
namespace {

struct Place {
  double x = 0, y = 0;
};

double distance(Place const& one, Place const& other) { return std::hypot(one.x - other.x, one.y - other.y); }

std::vector<Place> scatter(std::size_t nodes, Random& random) {
  std::vector<Place> places(nodes);
  for (auto& place : places) place = {random.below(10000) / 10000.0, random.below(10000) / 10000.0};
  return places;
}

bool is_linked(Graph const& graph, NodeNumber a, NodeNumber b) {
  return std::any_of(graph.links.begin(), graph.links.end(),
                     [&](Pair const& one) { return (one.a == a && one.b == b) || (one.a == b && one.b == a); });
}

void link(Graph& graph, std::vector<Place> const& places, NodeNumber a, NodeNumber b) {
  if (a != b && !is_linked(graph, a, b)) graph.links.push_back({a, b, distance(places[a], places[b])});
}

/// The first is linked to the nearest of those before it, so that all hang together; further ones to any.
void link_to_nearest(Graph& graph, std::vector<Place> const& places, NodeNumber node, Random& random) {
  std::vector<NodeNumber> others(places.size());
  std::iota(others.begin(), others.end(), NodeNumber{0});
  std::sort(others.begin(), others.end(), [&](NodeNumber one, NodeNumber other) {
    return distance(places[node], places[one]) < distance(places[node], places[other]);
  });
  auto const before = std::find_if(others.begin(), others.end(), [&](NodeNumber other) { return other < node; });
  if (before != others.end()) link(graph, places, node, *before);
  auto const wanted = std::min<std::size_t>(others.size() - 1, 1 + random.below(2));
  for (std::size_t i = 1; i <= wanted; ++i) link(graph, places, node, others[i]);
}

/// Of those that are more than `ways` links away, the one that is most.
std::optional<NodeNumber> farthest_beyond(unsigned ways, NodeNumber node, Graph const& graph) {
  auto const all = ways_from(node, graph);
  auto const farthest = std::max_element(all.begin(), all.end());
  return *farthest > ways ? std::optional(static_cast<NodeNumber>(farthest - all.begin())) : std::nullopt;
}

}  // namespace

Graph make_graph(std::size_t nodes, Random& random) {
  Graph graph{nodes, {}};
  auto const places = scatter(nodes, random);
  for (NodeNumber node = 0; node < nodes; ++node) link_to_nearest(graph, places, node, random);
  for (NodeNumber node = 0; node < nodes; ++node)
    while (auto const far = farthest_beyond(longest_way, node, graph)) link(graph, places, node, *far);
  return graph;
}

std::vector<unsigned> ways_from(NodeNumber start, Graph const& graph) {
  std::vector<std::vector<NodeNumber>> adjacent(graph.nodes);
  for (auto const& [a, b, distance] : graph.links) {
    adjacent[a].push_back(b);
    adjacent[b].push_back(a);
  }
  std::vector<unsigned> ways(graph.nodes, static_cast<unsigned>(graph.nodes));
  std::vector<NodeNumber> reached{start};
  ways[start] = 0;
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (auto const next : adjacent[reached[i]]) {
      if (ways[next] != graph.nodes) continue;
      ways[next] = ways[reached[i]] + 1;
      reached.push_back(next);
    }
  }
  return ways;
}

Components::Components(std::size_t nodes) : parents_(nodes) {
  std::iota(parents_.begin(), parents_.end(), NodeNumber{0});
}

void Components::join(NodeNumber a, NodeNumber b) {
  a = of(a);
  b = of(b);
  parents_[std::max(a, b)] = std::min(a, b);
}

NodeNumber Components::of(NodeNumber node) const {
  while (parents_[node] != node) node = parents_[node];
  return node;
}

}  // namespace pim::sim
