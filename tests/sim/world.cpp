#include "sim/world.hpp"

#include <algorithm>
#include <utility>

#include "control/phases.hpp"

namespace pim::sim {
namespace {

constexpr Duration wall_offset = std::chrono::hours{24 * 365 * 50};
/// A node that wants to be called more often at one instant would hang its daemon.
constexpr unsigned max_wakes = 1000;
constexpr std::size_t ip6_destination = 24;
constexpr std::size_t headers_below = 20 + 8;  ///< IPv4 and UDP

std::string name(NodeNumber node) { return "n" + std::to_string(node); }

}  // namespace

World::World(Graph const& graph, std::uint64_t seed, bool checks_feasibility)
    : underlay_([&] {
        Random random(seed);
        return Underlay(graph, random);
      }()),
      next_hops_(graph.nodes),
      armed_(graph.nodes, never),
      wakes_(graph.nodes),
      bytes_sent_(graph.nodes) {
  Surroundings& surroundings = *this;
  for (NodeNumber number = 0; number < graph.nodes; ++number) {
    nodes_.push_back(std::make_unique<Node>(number, seed, surroundings, desk_));
    by_id_.emplace(nodes_.back()->id(), number);
    if (!checks_feasibility) nodes_.back()->weaken();
  }
  for (auto const& link : underlay_.links()) nodes_[link.a]->add_entry(*nodes_[link.b], Underlay::endpoint_of(link.b));
}

void World::start(NodeNumber node) {
  next_hops_.set_life(node, ++last_life_);
  nodes_[node]->start();
  finish(node);
}

void World::kill(NodeNumber node) {
  nodes_[node]->kill();
  next_hops_.set_life(node, 0);
  armed_[node] = never;
  for (auto const link : underlay_.links_of(node)) underlay_.forget_crossing(link);
}

void World::cut(LinkNumber link) {
  underlay_.link(link).is_up = false;
  underlay_.forget_crossing(link);
}

void World::heal(LinkNumber link) { underlay_.link(link).is_up = true; }

void World::run(Duration duration) {
  auto const end = time_ + duration;
  while (!events_.empty() && events_.top().at <= end) step();
  time_ = end;
}

std::uint64_t World::send_probe(NodeNumber from, NodeNumber to) {
  auto const number = ++counts_.probes_sent;
  auto packet = make_probe({from, to, number}, nodes_[from]->address(), nodes_[to]->address());
  nodes_[from]->send_packet(packet);
  finish(from);
  return number;
}

bool World::works(Link const& link) const {
  return link.is_up && nodes_[link.a]->is_running() && nodes_[link.b]->is_running();
}

bool World::is_used(Link const& link) const {
  return cost(link.a, link.b) != mesh::infinite || cost(link.b, link.a) != mesh::infinite;
}

bool World::is_used_both_ways(Link const& link) const {
  return cost(link.a, link.b) != mesh::infinite && cost(link.b, link.a) != mesh::infinite;
}

mesh::Metric World::cost(NodeNumber from, NodeNumber to) const {
  if (!nodes_[from]->is_running()) return mesh::infinite;
  auto const* const peer = nodes_[from]->control().peer(nodes_[to]->id());
  return peer && peer->is_neighbour ? peer->link.cost() : mesh::infinite;
}

bool World::doubts(NodeNumber from, NodeNumber to, NodeNumber destination) const {
  auto const* const peer = nodes_[from]->control().peer(nodes_[to]->id());
  return peer && nodes_[from]->control().routes().is_doubted(nodes_[destination]->id(), peer->slot);
}

Now World::now() const { return {time_, WallTime{wall_offset} + time_.time_since_epoch()}; }

void World::step() {
  auto const event = events_.top();
  events_.pop();
  time_ = std::max(time_, event.at);
  switch (event.kind) {
    case Event::Kind::datagram: return arrive(event.subject);
    case Event::Kind::deadline: return meet_deadline(event.subject, event.at);
  }
}

void World::arrive(std::uint32_t number) {
  auto parcel = std::move(parcels_[number]);
  free_parcels_.push_back(number);
  auto& link = underlay_.link(parcel.link);
  bool const arrives = works(link);
  trace_.note({time_, parcel.from, parcel.to, parcel.datagram.size(), parcel.datagram.front(),
               arrives ? Fate::arrived : Fate::missed},
              {});
  if (!arrives) return;
  ++counts_.turns;
  nodes_[parcel.to]->on_datagram(parcel.source, parcel.datagram);
  finish(parcel.to);
  if (parcel.source != Underlay::source_of(link, parcel.from)) return;
  if (link.crossed_at == never) link.crossed_at = time_;
}

void World::meet_deadline(NodeNumber node, Time at) {
  if (armed_[node] != at) return;
  armed_[node] = never;
  auto& wakes = wakes_[node];
  wakes = {time_, wakes.at == time_ ? wakes.count + 1 : 1};
  if (wakes.count > max_wakes) throw Violation(name(node) + " does not stop calling for its deadline", {node});
  ++counts_.turns;
  nodes_[node]->on_deadline();
  finish(node);
}

void World::finish(NodeNumber node) {
  arm(node);
  check_bounds(node);
  std::erase_if(dead_cycles_, [this](DeadCycle const& known) { return !is_dead_cycle(known); });
}

void World::arm(NodeNumber node) {
  auto const due = nodes_[node]->control().next_deadline();
  auto const at = due == never ? never : std::max(due, time_);
  if (at == armed_[node]) return;
  armed_[node] = at;
  if (at != never) push(at, Event::Kind::deadline, node);
}

void World::push(Time at, Event::Kind kind, std::uint32_t subject) {
  events_.push({at, ++last_sequence_, kind, subject});
}

std::uint32_t World::stow(Parcel parcel) {
  if (free_parcels_.empty()) {
    free_parcels_.push_back(static_cast<std::uint32_t>(parcels_.size()));
    parcels_.emplace_back();
  }
  auto const number = free_parcels_.back();
  free_parcels_.pop_back();
  parcels_[number] = std::move(parcel);
  return number;
}

void World::on_sent(NodeNumber from, Endpoint const& endpoint, Bytes datagram) {
  auto const to = Underlay::node_at(endpoint);
  if (to >= size()) throw Violation(name(from) + " sends to nowhere: " + to_string(endpoint), {from});
  if (shows_probe(datagram)) throw Violation(name(from) + " shows " + name(to) + " what a probe says", {from, to});
  bytes_sent_[from] += datagram.size() + headers_below;
  auto const link = underlay_.between(from, to);
  auto const& [fate, arrivals] = link ? underlay_.send(*link, from, endpoint, time_) : Journey{};
  ++counts_.datagrams[static_cast<std::size_t>(fate)];
  trace_.note({time_, from, to, datagram.size(), datagram.front(), fate}, datagram);
  for (auto const at : arrivals) {
    auto const source = Underlay::source_of(underlay_.link(*link), from);
    push(at, Event::Kind::datagram, stow({from, to, *link, source, Buffer(datagram.begin(), datagram.end())}));
  }
}

void World::on_delivered(NodeNumber node, Bytes packet) {
  auto const to = IpAddress::from_bytes(packet.subspan(ip6_destination, 16));
  if (to != nodes_[node]->address()) throw Violation(name(node) + " was given a packet for " + to_string(to), {node});
  auto const probe = parse_probe(packet);
  if (!probe) return;  // word of the packet path that something did not work
  if (probe->to != node) throw Violation(name(node) + " was given a probe for " + name(probe->to), {node, probe->to});
  if (!delivered_.insert(probe->number).second)
    throw Violation(name(node) + " was given a probe twice", {node, probe->from});
  ++counts_.probes_delivered;
}

void World::on_routes(NodeNumber node, std::vector<mesh::RouteChange> const& changes) {
  counts_.route_changes += changes.size();
  for (auto const& change : changes) take(node, change);
  for (auto const& change : changes) {
    DeadCycle const found{node, by_id_.at(change.destination)};
    if (!is_dead_cycle(found)) continue;
    ++counts_.dead_cycles;
    dead_cycles_.push_back(found);
  }
}

void World::check_bounds(NodeNumber node) const {
  auto const& control = nodes_[node]->control();
  auto const [nodes, peers, handshakes, indices, endpoints] = control.sizes();
  auto const sessions = nodes_[node]->dataplane().session_count();
  auto const keys = session::Keyring::max_keys * peers;
  bool const holds = nodes <= size() && peers < size() && handshakes < size() && endpoints <= peers &&
                     sessions <= keys && indices <= keys + control::max_pending * handshakes;
  if (holds) return;
  throw Violation(name(node) + " holds too much: nodes " + std::to_string(nodes) + ", peers " + std::to_string(peers) +
                      ", handshakes " + std::to_string(handshakes) + ", indices " + std::to_string(indices) +
                      ", endpoints " + std::to_string(endpoints) + ", sessions " + std::to_string(sessions),
                  {node});
}

void World::take(NodeNumber node, mesh::RouteChange const& change) {
  auto const destination = by_id_.at(change.destination);
  auto const& control = nodes_[node]->control();
  auto const route = control.routes().route(change.destination);
  if (nodes_[node]->dataplane().next_hop(change.destination) != (route ? std::optional(route->next_hop) : std::nullopt))
    throw Violation(name(node) + " sends what is for " + name(destination) + " where routing does not", {node});
  if (!route) return next_hops_.set(node, destination, node, 0);
  auto const next = by_id_.at(route->neighbour);
  auto const* const peer = control.peer(route->neighbour);
  bool const is_present = nodes_[next]->is_running() && peer && peer->life == nodes_[next]->control().life();
  next_hops_.set(node, destination, next, is_present ? next_hops_.life(next) : 0);
}

/// Next hops go round here, but not all over a session of both ends. A Loop when they do.
bool World::is_dead_cycle(DeadCycle const& through) const {
  auto const& [node, destination] = through;
  auto const cycle = next_hops_.cycle_through(node, destination);
  for (std::size_t i = 0; i < cycle.size(); ++i)
    if (!share_session(cycle[i], cycle[(i + 1) % cycle.size()])) return true;
  if (cycle.empty()) return false;
  std::string text = "a cycle to " + name(destination) + ":";
  for (auto const one : cycle) text += " " + name(one) + " ->";
  throw Loop(text + " " + name(node), cycle);
}

/// Each holds the other in its present life, so what one seals the other opens.
bool World::share_session(NodeNumber node, NodeNumber next) const {
  auto const* const there = nodes_[node]->control().peer(nodes_[next]->id());
  auto const* const here = nodes_[next]->control().peer(nodes_[node]->id());
  return there && here && there->life == nodes_[next]->control().life() && here->life == nodes_[node]->control().life();
}

}  // namespace pim::sim
