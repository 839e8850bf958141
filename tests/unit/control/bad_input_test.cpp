// What a peer or somebody on the wire can send wrong: counted by name, and without effect on anything else.
#include <doctest/doctest.h>

#include <algorithm>

#include "mesh/addresses.hpp"
#include "support/virtual_network.hpp"
#include "wire/control.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// Far apart, with a node between them that both have a session with.
struct Row {
  VirtualNetwork net;
  Node& left = net.add("left", "192.0.2.1", dialling({"192.0.2.9"}));
  Node& middle = net.add("middle", "192.0.2.9");
  Node& right = net.add("right", "192.0.2.2", dialling({"192.0.2.9"}));
  bool is_cut = false;

  Row() {
    net.loses = [this](Endpoint const& from, Endpoint const& to, Bytes) {
      bool const is_between = from != middle.endpoint() && to != middle.endpoint();
      bool const is_right = from == right.endpoint() || to == right.endpoint();
      return is_between || (is_cut && is_right);
    };
    for (auto* const node : {&middle, &left, &right}) node->start();
    net.run(2s);
  }
  bool talks() {
    auto const before = right.delivered.size();
    left.send_packet(udp_packet(left.mesh_v6(), right.mesh_v6()));
    net.run(1s);
    return right.delivered.size() == before + 1;
  }
  /// (destination, next hop, metric) of every route in use at the left end.
  std::vector<std::tuple<NodeId, NodeId, std::uint16_t>> routes() {
    std::vector<std::tuple<NodeId, NodeId, std::uint16_t>> used;
    auto const answer = left.answer(left.command(control::ListRoutes{}));
    for (auto const& route : std::get<control::RoutesListed>(*answer).routes)
      if (route.selected) used.emplace_back(route.destination, route.via, route.metric);
    return used;
  }
};

}  // namespace

TEST_CASE("a truncated or longer message inside a session is counted and changes nothing") {
  Row row;
  REQUIRE(row.talks());
  auto const before = row.routes();
  wire::UpdateEntry const entry{row.middle.id(), 9, 0, 0, wire::NodeRecord{row.middle.key(), {}}};
  auto whole = wire::to_bytes(wire::Update{1'000'001, 1'000'000, {entry}});
  std::uint64_t sent = 0;
  for (std::size_t size = 1; size < whole.size(); ++size, ++sent)
    row.middle.say(row.left.id(), Bytes{whole}.first(size));
  whole.push_back(0);
  row.middle.say(row.left.id(), whole);
  row.net.run(1s);
  CHECK(row.left.drops(Drop::malformed_control) == sent + 1);
  CHECK(row.routes() == before);
  CHECK(row.talks());
}

TEST_CASE("updates that are recorded and played back, in order and in disorder, are counted and change nothing") {
  Row row;
  REQUIRE(row.talks());
  row.net.run(10s);
  auto const before = row.routes();
  auto recorded = row.net.sent;
  std::erase_if(recorded, [&](auto const& one) { return one.first != row.left.endpoint(); });
  REQUIRE(recorded.size() > 10);
  auto const play = [&] {
    auto const replayed = row.left.drops(Drop::replayed);
    for (auto const& [to, datagram] : recorded) row.net.inject(row.middle.endpoint(), to, datagram);
    row.net.run(100ms);
    return row.left.drops(Drop::replayed) - replayed;
  };
  auto const in_order = play();
  CHECK(in_order > 5);
  std::reverse(recorded.begin(), recorded.end());
  CHECK(play() == in_order);
  CHECK(row.routes() == before);
  CHECK(row.talks());
}

TEST_CASE("a node that takes a route to another one back takes back its own way alone") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1");
  auto& b = net.add("b", "192.0.2.2", dialling({"192.0.2.1"}));
  auto& liar = net.add("liar", "192.0.2.66", dialling({"192.0.2.1"}));
  for (auto* const node : {&a, &b, &liar}) node->start();
  net.run(2s);
  liar.say(a.id(), wire::to_bytes(wire::Update{1'000'001, 1'000'000, {{b.id(), 60000, wire::retracted, 0, {}}}}));
  liar.say(a.id(), wire::to_bytes(wire::Update{1'000'002, 1'000'000, {{liar.id(), 1, wire::retracted, 0, {}}}}));
  net.run(1s);
  CHECK(a.refused(RefusedClaim::false_metric) == 1);  // of itself nobody says that it cannot be reached
  a.send_packet(udp_packet(a.mesh_v6(), b.mesh_v6()));
  net.run(1s);
  CHECK(b.delivered.size() == 1);
}

TEST_CASE("an update that came through a relay is refused and counted, since it is no neighbour's") {
  Row row;
  REQUIRE(row.talks());
  auto const before = row.routes();
  wire::UpdateEntry const entry{row.right.id(), 60000, 0, 0, wire::NodeRecord{row.right.key(), {}}};
  row.right.say(row.left.id(), wire::to_bytes(wire::Update{1'000'001, 1'000'000, {entry}}));
  row.net.run(1s);
  CHECK(row.left.drops(Drop::transit_refused) == 1);
  CHECK(row.routes() == before);
  CHECK(row.talks());
}

TEST_CASE("a link that flaps for two minutes leaves no more behind than one that never did") {
  Row row;
  REQUIRE(row.talks());
  auto const before = row.routes();
  auto const peers = [&] {
    std::set<std::uint32_t> rows;
    for (auto const& note : row.left.notes) {
      if (auto const* const view = std::get_if<control::PeerView>(&note)) rows.insert(view->row);
      if (auto const* const gone = std::get_if<control::PeerGone>(&note)) rows.erase(gone->row);
    }
    return rows.size();
  };
  auto const known = peers();
  auto const sent_before = row.net.sent.size();
  for (int turn = 0; turn < 60; ++turn) {
    row.is_cut = turn % 2 == 0;
    for (int i = 0; i < 20; ++i) {
      row.left.send_packet(udp_packet(row.left.mesh_v6(), row.right.mesh_v6()));
      row.net.run(100ms);
    }
  }
  CHECK(row.net.sent.size() - sent_before < 20'000);  // 1,200 packets over two hops, and what keeps them going
  row.net.run(10s);
  CHECK(row.talks());
  CHECK(peers() == known);
  auto const after = row.routes();
  CHECK(after.size() == before.size());
  // Nothing goes on once the link is quiet.
  auto const quiet_before = row.net.sent.size();
  row.net.run(60s);
  CHECK(row.net.sent.size() - quiet_before < 100);
}
