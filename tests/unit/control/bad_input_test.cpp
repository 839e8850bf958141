// What a peer or somebody on the wire can send wrong: counted by name, and without effect on anything else.
#include <doctest/doctest.h>

#include <algorithm>

#include "crypto/hash.hpp"
#include "mesh/addresses.hpp"
#include "noise/handshake.hpp"
#include "noise/mac.hpp"
#include "support/virtual_network.hpp"
#include "wire/control.hpp"
#include "wire/handshake.hpp"
#include "wire/kind.hpp"
#include "wire/transit.hpp"

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

/// A node that answers calls, one that calls it and `callee`, and what of the callee the test does by hand.
struct Call {
  VirtualNetwork net;
  SeededEntropy entropy{77};
  crypto::KeyPair const callee = crypto::KeyPair::generate(entropy);
  NodeId const id = crypto::node_id_of(callee.public_key());
  Endpoint const place = *parse_endpoint("192.0.2.77:9100");
  Node& relay = net.add("relay", "192.0.2.9");
  Node& node = net.add("node", "192.0.2.1", dialling({"192.0.2.9", "192.0.2.77"}));

  Call() {
    node.settings.peers.back().public_key = callee.public_key();
    relay.start();
    node.start();
    net.run(100ms);
  }
  /// The relay says this to the node in a frame of the callee's.
  void in_frame(Bytes datagram) {
    Buffer frame;
    wire::write_transit({16, node.id(), id, true, datagram}, frame);
    relay.say(node.id(), frame);
  }
  void by_itself(Bytes datagram) { net.inject(place, node.endpoint(), datagram); }
  /// The last datagram of this kind that went straight to the callee; nothing without one.
  [[nodiscard]] Buffer last_sent(wire::Kind kind) const {
    Buffer last;
    for (auto const& [to, datagram] : net.sent)
      if (to == place && wire::peek(datagram) == kind) last = datagram;
    return last;
  }
  Buffer response_to(Bytes initiation) {
    auto const frame = wire::parse_initiation(initiation);
    auto const prologue = noise::make_prologue("pim");
    noise::Responder responder(callee, prologue);
    Buffer message;
    REQUIRE(frame);
    REQUIRE(responder.read_initiation(frame->noise));
    REQUIRE(responder.write_response(entropy, wire::to_bytes(wire::BootEpoch{5}), message));
    auto datagram = wire::make_response({{7}, frame->sender, message});
    noise::MacKey(node.key(), {}).stamp(datagram);
    return datagram;
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

TEST_CASE("an initiation that comes by another way than it was sent is not answered, and the genuine one still is") {
  Call call;
  bool is_relayed = false;
  SUBCASE("out of a frame") { is_relayed = true; }
  SUBCASE("into a frame") {}
  auto const initiation =
      make_stranger_initiation(call.callee, call.node.key(), call.entropy, call.net.now().wall, is_relayed);
  auto const answered = [&] {
    return is_relayed ? call.relay.drops(Drop::relay_unreachable) == 1 : !call.last_sent(wire::Kind::response).empty();
  };
  is_relayed ? call.by_itself(initiation) : call.in_frame(initiation);
  call.net.run(100ms);
  CHECK(call.node.drops(Drop::transit_refused) == 1);
  CHECK(call.last_sent(wire::Kind::response).empty());
  CHECK(call.relay.drops(Drop::relay_unreachable) == 0);
  is_relayed ? call.in_frame(initiation) : call.by_itself(initiation);
  call.net.run(100ms);
  CHECK(call.node.drops(Drop::transit_refused) == 1);
  CHECK(call.node.drops(Drop::handshake_rejected) == 0);
  CHECK(answered());
}

TEST_CASE("a response that comes by another way than its initiation went is refused, and the genuine one is not") {
  Call call;
  auto const response = call.response_to(call.last_sent(wire::Kind::initiation));
  call.in_frame(response);
  call.net.run(100ms);
  CHECK(call.node.drops(Drop::transit_refused) == 1);
  CHECK(call.last_sent(wire::Kind::data).empty());
  call.by_itself(response);
  call.net.run(100ms);
  CHECK(call.node.drops(Drop::transit_refused) == 1);
  CHECK_FALSE(call.last_sent(wire::Kind::data).empty());
  CHECK(call.node.peer(call.id)->endpoint == call.place);
}

TEST_CASE("what was sealed in one batch with the loss of its place admits nobody who has the place now") {
  VirtualNetwork net;
  auto& hub = net.add("hub", "192.0.2.1");
  auto& early = net.add("early", "192.0.2.2", dialling({"192.0.2.1"}));
  Buffer first_word;
  net.loses = [&](Endpoint const& from, Endpoint const&, Bytes datagram) {
    bool const is_data = from == early.endpoint() && wire::peek(datagram) == wire::Kind::data;
    if (is_data && first_word.empty()) first_word.assign(datagram.begin(), datagram.end());
    return is_data;
  };
  hub.start();
  early.start();
  net.run(1s);
  REQUIRE_FALSE(first_word.empty());
  SeededEntropy entropy{5};
  std::uint32_t strangers = 0;
  auto const stranger = [&] {
    crypto::Key secret;
    entropy.fill(secret.mut());
    ++strangers;
    return make_stranger_initiation(crypto::KeyPair::from_private(secret), hub.key(), entropy, net.now().wall);
  };
  auto const address = [&](std::uint32_t number) {
    return *parse_endpoint("203.0." + std::to_string(number / 200) + "." + std::to_string(number % 200 + 1) + ":9100");
  };
  // So many may be answered without having shown that they hold the keys; one more takes the oldest one's place.
  while (strangers < 255) {
    hub.receive(address(strangers), {stranger()});
    if (strangers % 100 == 0) net.run(1s);
  }
  hub.receive(address(250), {stranger(), first_word});
  net.run(1s);
  CHECK(hub.drops(Drop::rate_limited) == 0);
  CHECK(hub.trusted.records.empty());
}
