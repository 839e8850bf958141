#include "sim/audit.hpp"

#include <algorithm>

namespace pim::sim {
namespace {

constexpr unsigned hysteresis_percent = mesh::RoutingSettings{}.hysteresis_percent;
constexpr unsigned max_hops = mesh::RoutingSettings{}.max_hops;
constexpr unsigned out_of_reach = ~0U;

std::string way(NodeNumber from, NodeNumber to) { return "n" + std::to_string(from) + " -> n" + std::to_string(to); }

}  // namespace

Components Audit::reachable() const {
  Components components(world_.size());
  for (auto const& link : world_.underlay().links())
    if (world_.works(link) && link.crossed_at != never) components.join(link.a, link.b);
  return components;
}

std::optional<Fault> Audit::missing_chain(Components const& components) {
  for (std::size_t i = 0; i < world_.size(); ++i) {
    auto const destination = static_cast<NodeNumber>((first_chain_ + i) % world_.size());
    auto fault = missing_chain_to(destination, components);
    if (!fault) continue;
    first_chain_ = destination;
    return fault;
  }
  return std::nullopt;
}

std::optional<Fault> Audit::missing_chain_to(NodeNumber destination, Components const& components) {
  marks_.assign(world_.size(), Mark::unknown);
  marks_[destination] = Mark::reaches;
  std::vector<Path> cheapest;
  for (NodeNumber node = 0; node < world_.size(); ++node) {
    if (components.of(node) != components.of(destination)) continue;
    if (follow(node, destination) != Mark::breaks) continue;
    if (cheapest.empty()) cheapest = cheapest_to(destination, mesh::perfect_cost);
    if (cheapest[node].hops > max_hops) continue;
    return Fault{node, destination,
                 way(node, destination) + ": no chain of next hops over working links" + broken_end(node, destination)};
  }
  return std::nullopt;
}

/// Where the chain ends, and what is known there.
std::string Audit::broken_end(NodeNumber node, NodeNumber destination) const {
  for (auto steps = world_.size(); steps > 0; --steps) node = world_.next_hops().next(node, destination);
  auto text = "; it ends at n" + std::to_string(node);
  if (!world_.node(node).is_running()) return text;
  for (auto const number : world_.underlay().links_of(node)) {
    auto const& link = world_.underlay().links()[number];
    auto const other = link.a == node ? link.b : link.a;
    text +=
        ", n" + std::to_string(other) + (world_.works(link) ? "" : " (cut)") + " costs " +
        std::to_string(world_.cost(node, other)) + " loses " + std::to_string(link.loss / 10) + " %" +
        (link.crossed_at == never
             ? ", not crossed"
             : ", crossed for " + std::to_string((world_.time() - link.crossed_at) / std::chrono::seconds{1}) + " s");
  }
  world_.node(node).control().routes().for_each_route([&](mesh::OfferedRoute const& offer) {
    if (offer.destination != world_.node(destination).id()) return;
    text += ", offered " + std::to_string(offer.announced) + " seqno " + std::to_string(offer.seqno) +
            (offer.feasible ? "" : " (not feasible)");
  });
  return text;
}

Audit::Mark Audit::follow(NodeNumber node, NodeNumber destination) {
  chain_.clear();
  for (; marks_[node] == Mark::unknown;
       chain_.push_back(std::exchange(node, world_.next_hops().next(node, destination)))) {
    auto const next = world_.next_hops().next(node, destination);
    auto const link = next == node ? std::nullopt : world_.underlay().between(node, next);
    if (!link || !world_.works(world_.underlay().links()[*link]) || chain_.size() > world_.size()) {
      marks_[node] = Mark::breaks;
      break;
    }
  }
  for (auto const passed : chain_) marks_[passed] = marks_[node];
  return marks_[node];
}

std::optional<Fault> Audit::costly_path() {
  unequal_ = 0;
  for (std::size_t i = 0; i < world_.size(); ++i) {
    auto const destination = static_cast<NodeNumber>((first_path_ + i) % world_.size());
    auto fault = costly_path_to(destination);
    if (!fault) continue;
    first_path_ = destination;
    return fault;
  }
  return std::nullopt;
}

std::optional<Fault> Audit::costly_path_to(NodeNumber destination) {
  auto const cheapest = cheapest_to(destination, mesh::infinite);
  auto const& id = world_.node(destination).id();
  for (NodeNumber node = 0; node < world_.size(); ++node) {
    auto const least = cheapest[node].cost;
    if (node == destination || least == out_of_reach || cheapest[node].hops > max_hops) continue;
    unsigned cost = 0;
    for (auto at = node; at != destination;) {
      auto const next = world_.next_hops().next(at, destination);
      auto const step = next == at ? mesh::infinite : world_.cost(at, next);
      if (step == mesh::infinite) return Fault{node, destination, way(node, destination) + ": no path"};
      cost += step;
      at = next;
      if (cost > mesh::infinite) break;
    }
    auto const selected = world_.node(node).control().routes().route(id);
    if (cost != least) ++unequal_;
    if (cost * 100 > least * (100 + hysteresis_percent) || !selected || selected->metric != cost)
      return Fault{node, destination,
                   way(node, destination) + ": costs " + std::to_string(cost) + ", announced " +
                       std::to_string(selected ? selected->metric : mesh::infinite) + ", cheapest " +
                       std::to_string(least)};
  }
  return std::nullopt;
}

/// Dijkstra against the direction of the packets.
std::vector<Audit::Path> Audit::cheapest_to(NodeNumber destination, mesh::Metric unproven) const {
  using Entry = std::pair<Path, NodeNumber>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  std::vector<Path> paths(world_.size(), {out_of_reach, 0});
  open.emplace(paths[destination] = {}, destination);
  while (!open.empty()) {
    auto const [path, node] = open.top();
    open.pop();
    if (path != paths[node]) continue;
    for (auto const number : world_.underlay().links_of(node)) {
      auto const& link = world_.underlay().links()[number];
      auto const before = link.a == node ? link.b : link.a;
      auto const proven = world_.cost(before, node);
      auto const cost = !world_.works(link) ? mesh::infinite : proven == mesh::infinite ? unproven : proven;
      Path const longer{path.cost + cost, path.hops + 1};
      if (cost == mesh::infinite || longer >= paths[before]) continue;
      open.emplace(paths[before] = longer, before);
    }
  }
  return paths;
}

std::optional<unsigned> Audit::hops(NodeNumber from, NodeNumber to) const {
  for (unsigned hops = 0; hops <= world_.size(); ++hops) {
    if (from == to) return hops;
    auto const next = world_.next_hops().next(from, to);
    if (next == from) break;
    from = next;
  }
  return std::nullopt;
}

void Audit::check_matrix() const {
  for (NodeNumber node = 0; node < world_.size(); ++node) {
    if (!world_.node(node).is_running()) continue;
    for (NodeNumber to = 0; to < world_.size(); ++to) {
      auto const next = world_.next_hops().next(node, to);
      auto const route = world_.node(node).control().routes().route(world_.node(to).id());
      if (next != node && (!route || route->neighbour != world_.node(next).id()))
        throw Violation(way(node, to) + ": the packet path was told another next hop than routing has", {node});
    }
  }
}

}  // namespace pim::sim
