#include "ui/model/topology.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "fixtures.hpp"

using namespace pim;
using namespace pim::ui;
using namespace pim::ui::test;

namespace {

TopologyNode const& node(Topology const& topology, unsigned number) {
  auto const found = std::ranges::find(topology.nodes, id_of(number), &TopologyNode::id);
  REQUIRE(found != topology.nodes.end());
  return *found;
}

TopologyLink const* link(Topology const& topology, unsigned from, unsigned to, LinkLook look) {
  for (auto const& one : topology.links)
    if (topology.nodes[one.from].id == id_of(from) && topology.nodes[one.to].id == id_of(to) && one.look == look)
      return &one;
  return nullptr;
}

double radius(TopologyNode const& one) { return std::hypot(one.x, one.y); }
double angle(TopologyNode const& one) { return std::atan2(one.y, one.x); }

/// `count` nodes behind four neighbours.
Snapshot crowd(unsigned count) {
  std::vector<protocol::PeerSummary> peers;
  for (unsigned i = 2; i < 6; ++i) peers.push_back(peer(i, "relay-" + std::to_string(i)));
  for (unsigned i = 6; i < count + 2; ++i) peers.push_back(hearsay(i, 2 + i % 4, 2 + i % 4));
  return with(empty(), event::PeersAre{peers});
}

}  // namespace

TEST_CASE("before the daemon's first word there is no picture") {
  CHECK(topology_of(Snapshot{}).nodes.empty());
  auto const alone = topology_of(empty());
  REQUIRE(alone.nodes.size() == 1);
  CHECK(alone.nodes[0].reach == Reach::self);
  CHECK(alone.links.empty());
}

TEST_CASE("each node stands on the ring of its hops, linked with whom it is reached through") {
  auto const topology = topology_of(relayed());
  REQUIRE(topology.nodes.size() == 6);
  CHECK(topology.rings == 3);
  CHECK(radius(node(topology, 1)) == 0);
  for (unsigned const number : {2U, 3U, 6U})
    CHECK(radius(node(topology, number)) == doctest::Approx(ring_radius(1, 3)));
  CHECK(radius(node(topology, 4)) == doctest::Approx(ring_radius(2, 3)));
  CHECK(radius(node(topology, 5)) == doctest::Approx(1));
  CHECK(node(topology, 6).reach == Reach::none);
  CHECK(link(topology, 1, 2, LinkLook::proven));
  CHECK(link(topology, 2, 4, LinkLook::proven));
  CHECK(link(topology, 1, 6, LinkLook::dead));
  // Who stands between the third hop and the first is not known.
  auto const* const beyond = link(topology, 3, 5, LinkLook::beyond);
  REQUIRE(beyond);
  CHECK(beyond->hidden == 1);
  CHECK(link(topology, 3, 4, LinkLook::spare));
  CHECK(node(topology, 4).spare_ways == 1);
  // A longer spare way shows no link of its own.
  CHECK_FALSE(link(topology, 3, 2, LinkLook::spare));
  CHECK(node(topology, 2).spare_ways == 1);
}

TEST_CASE("the way that the internet takes is lit, and no other") {
  auto const topology = topology_of(relayed());
  for (unsigned const number : {1U, 2U, 4U}) CHECK(node(topology, number).is_lit);
  for (unsigned const number : {3U, 5U, 6U}) CHECK_FALSE(node(topology, number).is_lit);
  CHECK(link(topology, 1, 2, LinkLook::proven)->is_lit);
  CHECK(link(topology, 2, 4, LinkLook::proven)->is_lit);
  CHECK(std::ranges::count(topology.links, true, &TopologyLink::is_lit) == 2);
  auto const off = topology_of(one_peer());
  CHECK(std::ranges::count(off.nodes, true, &TopologyNode::is_lit) == 0);
}

TEST_CASE("nodes stand behind the neighbour that leads to them, and nobody on another's place") {
  auto const topology = topology_of(crowd(40));
  for (auto const& one : topology.nodes) {
    if (one.via.empty()) continue;
    auto const& relay = *std::ranges::find(topology.nodes, one.via, &TopologyNode::id);
    auto const apart = std::remainder(angle(one) - angle(relay), 2 * std::numbers::pi);
    CHECK(std::abs(apart) <= std::numbers::pi / 3);
    CHECK(radius(one) > radius(relay));
  }
  for (auto const& a : topology.nodes)
    for (auto const& b : topology.nodes)
      if (&a != &b) CHECK(std::hypot(a.x - b.x, a.y - b.y) > 0.01F);
}

TEST_CASE("the same lists in another order give the same picture") {
  auto peers = *relayed().peers;
  auto snapshot = relayed();
  auto const before = topology_of(snapshot);
  std::reverse(peers.begin(), peers.end());
  snapshot.peers = std::make_shared<PeerList>(peers);
  auto const after = topology_of(snapshot);
  REQUIRE(after.nodes.size() == before.nodes.size());
  for (std::size_t i = 0; i < before.nodes.size(); ++i) {
    CHECK(after.nodes[i].id == before.nodes[i].id);
    CHECK(after.nodes[i].x == before.nodes[i].x);
    CHECK(after.nodes[i].y == before.nodes[i].y);
  }
}

TEST_CASE("beyond 200 nodes the picture leaves out the farthest, never the way in use") {
  auto snapshot = crowd(700);
  auto far = relayed_peer(900, "far", 12, 5);
  far.is_gateway = far.offers_internet = true;
  snapshot =
      with(std::move(snapshot), Event{protocol::PeerEvent{protocol::PeerEventKind::state_changed, far, {}, {}, {}}});
  snapshot.status->route_on = true;
  snapshot.status->routes.selected_gateway = id_of(900);
  auto const topology = topology_of(snapshot);
  CHECK(topology.nodes.size() == 702);  // the table has all
  CHECK(std::ranges::count(topology.nodes, true, &TopologyNode::is_drawn) == max_drawn_nodes);
  CHECK(topology.left_out == 702 - max_drawn_nodes);
  CHECK(node(topology, 900).is_drawn);
  for (unsigned number = 2; number < 6; ++number) CHECK(node(topology, number).is_drawn);
  for (auto const& one : topology.links) {
    CHECK(topology.nodes[one.from].is_drawn);
    CHECK(topology.nodes[one.to].is_drawn);
  }
}

TEST_CASE("a daemon that does not name the first hop in its list is understood by its routes") {
  auto snapshot = relayed();
  auto peers = *snapshot.peers;
  for (auto& one : peers) one.summary.via.reset();
  snapshot.peers = std::make_shared<PeerList>(peers);
  auto const topology = topology_of(snapshot);
  CHECK(link(topology, 2, 4, LinkLook::proven));
  CHECK(link(topology, 3, 5, LinkLook::beyond));
}

TEST_CASE("rings lie apart, from the middle to the edge") {
  CHECK(ring_radius(0, 5) == 0);
  CHECK(ring_radius(5, 5) == 1);
  for (std::uint32_t ring = 1; ring <= 5; ++ring) CHECK(ring_radius(ring, 5) > ring_radius(ring - 1, 5) + 0.1);
}

TEST_CASE("a crowded ring spreads, and stays outside the one before it") {
  std::vector<protocol::PeerSummary> peers;
  for (unsigned i = 2; i < 150; ++i) peers.push_back(peer(i, "n"));
  peers.push_back(hearsay(200, 2, 2));
  auto const topology = topology_of(with(empty(), event::PeersAre{peers}));
  std::set<int> distances;
  for (auto const& one : topology.nodes)
    if (one.hops == 1) distances.insert(static_cast<int>(radius(one) * 1000));
  CHECK(distances.size() >= 4);
  CHECK(*distances.rbegin() < 1000 * ring_radius(2, 2));
  CHECK(*distances.begin() > 0);
}

TEST_CASE("a word takes the first of its places that is free") {
  Box const mark{0, 0, 10, 10}, beside{10, 0, 20, 10}, across{5, 0, 15, 10}, far{50, 0, 60, 10};
  CHECK(place_words({}, {}).empty());
  auto const places = place_words({mark}, {{across, beside}, {beside, far}, {across, beside}});
  REQUIRE(places.size() == 3);
  REQUIRE(places[0]);
  CHECK(places[0]->left == beside.left);
  REQUIRE(places[1]);
  CHECK(places[1]->left == far.left);
  CHECK_FALSE(places[2]);
}
