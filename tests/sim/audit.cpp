#include "sim/audit.hpp"

#include <algorithm>

namespace pim::sim {
namespace {

constexpr unsigned max_hops = mesh::RoutingSettings{}.max_hops;
constexpr unsigned out_of_reach = ~0U;

/// The cheapest path has few enough hops, whatever it is.
bool is_near(unsigned cheapest) { return cheapest <= max_hops * mesh::perfect_cost; }

std::string way(NodeNumber from, NodeNumber to) { return "n" + std::to_string(from) + " -> n" + std::to_string(to); }

}  // namespace

Components Audit::reachable() const {
  Components components(world_.size());
  for (auto const& link : world_.underlay().links())
    if (is_open(link)) components.join(link.a, link.b);
  return components;
}

/// It works, and something has crossed it since it does.
bool Audit::is_open(Link const& link) const { return world_.works(link) && link.crossed_at != never; }

std::optional<Fault> Audit::missing_chain(Components const& components) {
  far_ = 0;
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
  for (NodeNumber node = 0; node < world_.size(); ++node) {
    if (components.of(node) != components.of(destination)) continue;
    if (follow(node, destination) != Mark::breaks) continue;
    if (is_too_far(node, destination)) {
      ++far_;
      continue;
    }
    auto const end = end_of_chain(node, destination);
    return Fault{{end},
                 way(node, destination) + ": no chain of next hops over working links; it ends at n" +
                     std::to_string(end) + describe(end, destination)};
  }
  return std::nullopt;
}

/// Nobody who is next to it could tell it of a path that it may use.
bool Audit::is_too_far(NodeNumber node, NodeNumber destination) {
  auto const& id = world_.node(destination).id();
  for (auto const number : world_.underlay().links_of(node)) {
    auto const& link = world_.underlay().links()[number];
    auto const other = link.a == node ? link.b : link.a;
    if (!is_open(link) || follow(other, destination) == Mark::breaks) continue;
    auto const route = world_.node(other).control().routes().route(id);
    if (other == destination || !route || route->hops < max_hops) return false;
  }
  return true;
}

NodeNumber Audit::end_of_chain(NodeNumber node, NodeNumber destination) const {
  for (auto steps = world_.size(); steps > 0; --steps) node = world_.next_hops().next(node, destination);
  return node;
}

/// What is known there.
std::string Audit::describe(NodeNumber node, NodeNumber destination) const {
  std::string text;
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
  beyond_ = 0;
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
  auto const cheapest = cheapest_to(destination);
  auto const& id = world_.node(destination).id();
  for (NodeNumber node = 0; node < world_.size(); ++node) {
    auto const least = cheapest[node];
    if (node == destination || least == out_of_reach) continue;
    if (!is_near(least)) {
      ++beyond_;
      continue;
    }
    unsigned cost = 0;
    for (auto at = node; at != destination && cost < mesh::infinite;) {
      auto const next = world_.next_hops().next(at, destination);
      cost += next == at ? mesh::infinite : world_.cost(at, next);
      at = next;
    }
    auto const selected = world_.node(node).control().routes().route(id);
    auto const known = selected ? selected->metric : mesh::infinite;
    if (cost > least || known != cost)
      return Fault{{node, destination},
                   way(node, destination) + ": costs " + std::to_string(cost) + ", known as " + std::to_string(known) +
                       ", cheapest " + std::to_string(least) + describe(node, destination)};
  }
  return std::nullopt;
}

std::uint64_t Audit::costs() const {
  std::uint64_t sum = 0;
  for (auto const& link : world_.underlay().links())
    for (auto const cost : {world_.cost(link.a, link.b), world_.cost(link.b, link.a)}) sum = sum * 31 + cost;
  return sum;
}

/// Dijkstra against the direction of the packets.
std::vector<unsigned> Audit::cheapest_to(NodeNumber destination) const {
  using Entry = std::pair<unsigned, NodeNumber>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  std::vector<unsigned> costs(world_.size(), out_of_reach);
  open.emplace(costs[destination] = 0, destination);
  while (!open.empty()) {
    auto const [cost, node] = open.top();
    open.pop();
    if (cost != costs[node]) continue;
    for (auto const number : world_.underlay().links_of(node)) {
      auto const& link = world_.underlay().links()[number];
      auto const before = link.a == node ? link.b : link.a;
      auto const step =
          is_open(link) && !world_.doubts(before, node, destination) ? world_.cost(before, node) : mesh::infinite;
      if (step == mesh::infinite || cost + step >= costs[before]) continue;
      open.emplace(costs[before] = cost + step, before);
    }
  }
  return costs;
}

bool Audit::leads(NodeNumber from, NodeNumber to) const {
  for (std::size_t steps = 0; from != to && steps < world_.size(); ++steps) {
    auto const next = world_.next_hops().next(from, to);
    if (next == from) return false;
    from = next;
  }
  return from == to;
}

void Audit::check_packet_paths() const {
  for (NodeNumber node = 0; node < world_.size(); ++node) {
    auto const& control = world_.node(node).control();
    auto const& packets = world_.node(node).dataplane();
    for (NodeNumber to = 0; to < world_.size(); ++to) {
      auto const& id = world_.node(to).id();
      auto const next = world_.next_hops().next(node, to);
      auto const* const neighbour = next == node ? nullptr : control.peer(world_.node(next).id());
      auto const hop = neighbour ? std::optional(neighbour->slot) : std::nullopt;
      auto const* const peer = control.peer(id);
      bool const is_own_right = !peer || !hop || packets.relay(peer->slot) == (next == to ? std::nullopt : hop);
      if (to != node && (packets.next_hop(id) != hop || !is_own_right))
        throw Violation(way(node, to) + ": the packet path sends elsewhere than routing", {node});
    }
  }
}

}  // namespace pim::sim
