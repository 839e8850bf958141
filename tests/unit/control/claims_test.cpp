// Strangers that offer more, thieves of aliases, forgers of records: never used, counted, said.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "crypto/hash.hpp"
#include "mesh/addresses.hpp"
#include "support/virtual_network.hpp"
#include "wire/control.hpp"
#include "wire/handshake.hpp"
#include "wire/key_query.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// A node, one that it was met by first, and a thief that claims the alias of either. Both call the node.
struct Theft {
  VirtualNetwork net;
  Node& victim = net.add("victim", "192.0.2.1");
  Node& holder = net.add("holder", "192.0.2.2", dialling({"192.0.2.1"}));
  Node& thief = net.add("thief", "192.0.2.66", dialling({"192.0.2.1"}));

  void meet() {
    victim.start();
    holder.start();
    net.run(1s);
    thief.start();
    net.run(1s);
  }
  [[nodiscard]] IpAddress stolen() const { return mesh::v4_alias(holder.id()); }
  [[nodiscard]] std::optional<IpAddress> alias_of(Node const& node) const { return victim.peer(node.id())->v4; }
  /// Whether a packet of the victim to the address reaches the node.
  bool reaches(Node const& node, IpAddress const& address) {
    auto const before = node.delivered.size();
    victim.send_packet(udp_packet(address.is_v4() ? own_alias(victim) : victim.mesh_v6(), address));
    net.run(1s);
    return node.delivered.size() > before;
  }
  [[nodiscard]] static IpAddress own_alias(Node const& node) { return node.host_plan->own_v4; }
};

/// Continues behind whatever updates a peer may have sent, as one that proved its link anew.
struct Forger {
  Node& node;
  NodeId to;
  std::uint32_t batch = 1'000'000;
  void announce(wire::UpdateEntry const& entry) {
    node.say(to, wire::to_bytes(wire::Update{++batch, 1'000'000, {entry}}));
  }
};

/// One that no node of the test is.
struct Named {
  PublicKey key;
  NodeId id;
};
Named nobody() {
  PublicKey key;
  key.bytes.fill(7);
  return {key, crypto::node_id_of(key)};
}

std::vector<control::RouteView> routes_of(Node& node) {
  auto const answer = node.answer(node.command(control::ListRoutes{}));
  REQUIRE(answer);
  return std::get<control::RoutesListed>(*answer).routes;
}
bool is_announced(Node& node, NodeId const& id) {
  auto const routes = routes_of(node);
  return std::any_of(routes.begin(), routes.end(), [&](auto const& route) { return route.destination == id; });
}

}  // namespace

TEST_CASE("an alias that one node was met with is refused to another, counted and told") {
  Theft set;
  set.thief.settings.mesh_v4 = set.stolen();
  set.meet();
  CHECK(set.alias_of(set.holder) == set.stolen());
  CHECK_FALSE(set.alias_of(set.thief));
  CHECK(set.victim.refused(RefusedClaim::taken_alias) == 1);
  CHECK(set.victim.logged("an IPv4 alias that another node holds: " + to_string(set.stolen()) + ", held by " +
                          short_id(set.holder.id())) == 1);
  CHECK(set.reaches(set.holder, set.stolen()));
  CHECK(set.thief.delivered.empty());
  // It cannot speak under the alias either.
  auto const delivered = set.victim.delivered.size();
  set.thief.send_packet(udp_packet(set.stolen(), Theft::own_alias(set.victim)));
  set.net.run(1s);
  CHECK(set.victim.delivered.size() == delivered);
  CHECK(set.victim.drops(Drop::bad_inner_source) == 1);
}

TEST_CASE("an alias is remembered over a restart: a thief that comes first does not get it") {
  Theft set;
  set.thief.settings.mesh_v4 = set.stolen();
  set.meet();
  for (auto* const node : {&set.victim, &set.holder, &set.thief}) node->kill();
  set.victim.start();
  set.thief.start();
  set.net.run(2s);
  REQUIRE(set.victim.peer(set.thief.id())->state == control::PeerState::active);
  CHECK_FALSE(set.alias_of(set.thief));
  CHECK(set.victim.refused(RefusedClaim::taken_alias) >= 1);
  CHECK_FALSE(set.reaches(set.thief, set.stolen()));
  set.holder.start();
  set.net.run(10s);
  CHECK(set.alias_of(set.holder) == set.stolen());
  CHECK(set.reaches(set.holder, set.stolen()));
}

TEST_CASE("a trust store of a version that knew no aliases names no holder: who comes first is met with it") {
  Theft set;
  set.thief.settings.mesh_v4 = set.stolen();
  set.meet();
  for (auto* const node : {&set.victim, &set.holder, &set.thief}) node->kill();
  for (auto& record : set.victim.trusted.records) record.v4_alias.reset();
  set.victim.start();
  set.holder.start();
  set.net.run(2s);
  set.thief.start();
  set.net.run(2s);
  CHECK(set.alias_of(set.holder) == set.stolen());
  CHECK_FALSE(set.alias_of(set.thief));
}

TEST_CASE("an alias is free again when its holder takes another one or is forgotten") {
  Theft set;
  set.thief.settings.mesh_v4 = set.stolen();
  set.meet();
  REQUIRE_FALSE(set.alias_of(set.thief));
  SUBCASE("taken back by its holder") {
    set.holder.kill();
    set.holder.settings.mesh_v4 = parse_ip("10.77.9.9");
    set.holder.start();
    set.net.run(2s);
    CHECK(set.alias_of(set.holder) == parse_ip("10.77.9.9"));
  }
  SUBCASE("forgotten") {
    set.holder.kill();
    set.victim.command(control::ForgetPeer{{to_string(set.holder.id())}});
  }
  set.thief.kill();
  set.thief.start();
  set.net.run(2s);
  CHECK(set.alias_of(set.thief) == set.stolen());
}

TEST_CASE("an alias that changes hands in one turn leads to its new holder") {
  Theft set;
  for (auto* const node : {&set.victim, &set.thief, &set.holder}) {
    node->start();
    set.net.run(1s);
  }
  // It is the taker whose slot comes first.
  set.thief.kill();
  set.thief.settings.mesh_v4 = set.stolen();
  set.thief.start();
  set.net.run(2s);
  REQUIRE_FALSE(set.reaches(set.thief, set.stolen()));
  std::vector<Buffer> hellos;
  set.net.loses = [&](Endpoint const&, Endpoint const& to, Bytes datagram) {
    if (to == set.victim.endpoint()) hellos.emplace_back(datagram.begin(), datagram.end());
    return true;
  };
  auto const says = [&](Node& node, std::array<std::uint8_t, 4> const& alias) {
    node.say(set.victim.id(), wire::to_bytes(wire::Hello{.sequence = UINT64_MAX / 2, .v4_alias = alias}));
  };
  auto const address = set.stolen();
  auto const stolen = address.view();
  says(set.holder, {10, 77, 9, 9});
  says(set.thief, {stolen[0], stolen[1], stolen[2], stolen[3]});
  set.net.loses = nullptr;
  REQUIRE(hellos.size() == 2);
  set.victim.receive(set.holder.endpoint(), hellos);
  REQUIRE(set.alias_of(set.thief) == set.stolen());
  set.thief.send_packet(udp_packet(set.thief.mesh_v6(), set.victim.mesh_v6()));  // from its own place again
  set.net.run(1s);
  CHECK(set.reaches(set.thief, set.stolen()));
}

TEST_CASE("the alias that the user gave a peer is nobody else's, whoever comes first") {
  Theft set;
  auto const given = *parse_ip("10.77.4.4");
  auto entry = dialling({"192.0.2.2"}).peers.front();
  entry.node_id = set.holder.id();
  entry.mesh_v4 = given;
  set.victim.settings.peers = {entry};
  set.thief.settings.mesh_v4 = given;
  set.victim.start();
  set.thief.start();
  set.net.run(1s);
  CHECK_FALSE(set.alias_of(set.thief));
  CHECK(set.victim.refused(RefusedClaim::taken_alias) == 1);
  set.holder.start();
  set.net.run(70s);
  CHECK(set.alias_of(set.holder) == given);
}

TEST_CASE("who was met with an alias keeps it against a claim of its own, after a restart too") {
  Theft set;
  auto const own = mesh::v4_alias(set.victim.id());
  set.thief.settings.mesh_v4 = own;
  set.meet();
  CHECK(Theft::own_alias(set.victim) == own);
  CHECK_FALSE(set.alias_of(set.thief));
  CHECK(set.victim.logged("held by this node") == 1);
  set.victim.kill();
  set.holder.kill();
  set.victim.start();
  set.thief.kill();
  set.thief.start();
  set.net.run(2s);
  CHECK(Theft::own_alias(set.victim) == own);
  CHECK_FALSE(set.alias_of(set.thief));
}

TEST_CASE("a newcomer whose alias is taken moves to another one and comes back with it") {
  Theft set;
  auto const own = mesh::v4_alias(set.victim.id());
  set.holder.settings.mesh_v4 = own;
  set.victim.start();
  set.holder.start();
  set.net.run(1s);
  auto const moved = Theft::own_alias(set.victim);
  CHECK(moved == mesh::v4_alias(set.victim.id(), 1));
  CHECK(set.alias_of(set.holder) == own);
  CHECK(set.holder.peer(set.victim.id())->v4 == moved);
  auto const refused = set.holder.refused(RefusedClaim::taken_alias);
  set.victim.kill();
  set.victim.start();
  set.net.run(2s);
  CHECK(Theft::own_alias(set.victim) == moved);
  CHECK(set.holder.refused(RefusedClaim::taken_alias) == refused);
}

TEST_CASE("a stranger's better offer is not used, is counted, and is told with how to use it") {
  Theft set;
  set.holder.settings.gateway = control::GatewaySettings{"up0"};
  set.thief.settings.gateway = control::GatewaySettings{"up0"};
  set.thief.settings.gateway->priority = 0;
  set.victim.settings.gateways = {set.holder.id()};
  set.meet();
  set.victim.command(control::SetSplitDefault{true});
  set.net.run(15s);  // longer than a better gateway has to last
  REQUIRE(set.victim.peer(set.thief.id())->offer);
  CHECK(set.victim.routing().gateway == set.holder.id());
  CHECK(set.victim.refused(RefusedClaim::unnamed_offer) == 1);
  CHECK(set.victim.logged("pim gateway allow " + short_id(set.thief.id())) == 1);
  set.holder.kill();
  for (int i = 0; i < 100; ++i) {
    set.victim.send_packet(udp_packet(Theft::own_alias(set.victim), *parse_ip("198.51.100.7")));
    set.net.run(50ms);
  }
  CHECK(set.victim.routing().engaged);
  CHECK(set.thief.delivered.empty());
}

TEST_CASE("a forged route or record is not used, is counted by reason, and is told once a minute") {
  Theft set;
  set.meet();
  Forger forger{set.thief, set.victim.id()};
  for (int i = 0; i < 100; ++i) {
    forger.announce({nobody().id, 1, 10, 1, wire::NodeRecord{set.thief.key(), {}}});
    forger.announce({set.holder.id(), 9, 0, 0, wire::NodeRecord{set.holder.key(), {}}});
    forger.announce({nobody().id, 1, 10, 1, std::nullopt});
    set.net.run(10ms);
  }
  CHECK(set.victim.refused(RefusedClaim::false_key) == 100);
  CHECK(set.victim.refused(RefusedClaim::false_metric) == 100);
  CHECK(set.victim.refused(RefusedClaim::without_record) == 100);
  for (auto const* const words : {"a key that is not of the node", "costs nothing to another", "never told"})
    CHECK(set.victim.logged(words) == 1);
  CHECK_FALSE(is_announced(set.victim, nobody().id));
  CHECK(set.reaches(set.holder, set.holder.mesh_v6()));
  CHECK(set.thief.delivered.empty());
  set.net.run(60s);
  forger.announce({nobody().id, 1, 10, 1, wire::NodeRecord{set.thief.key(), {}}});
  set.net.run(10ms);
  CHECK(set.victim.logged("a key that is not of the node") == 2);
}

TEST_CASE("a record that gives a node's alias to another one leads no packet astray") {
  Theft set;
  auto& relay = set.net.add("relay", "192.0.2.9", dialling({"192.0.2.1"}));
  set.holder.settings = dialling({"192.0.2.9"});
  bool is_relay_away = false;
  set.net.loses = [&](Endpoint const& from, Endpoint const& to, Bytes) {
    std::set<Endpoint> const ends{from, to};
    bool const is_far = ends == std::set{set.victim.endpoint(), set.holder.endpoint()};
    return is_far || (is_relay_away && ends == std::set{set.victim.endpoint(), relay.endpoint()});
  };
  for (auto* const node : {&set.victim, &relay, &set.holder}) node->start();
  set.net.run(2s);
  (void)set.reaches(set.holder, set.stolen());  // the first one makes the holder claim its alias
  REQUIRE(set.reaches(set.holder, set.stolen()));

  // Both forget what they heard, and the victim hears the thief first.
  is_relay_away = true;
  for (auto* const node : {&set.victim, &set.holder}) {
    node->kill();
    node->start();
  }
  set.thief.start();
  set.net.run(2s);
  wire::NodeRecord record{nobody().key, {}};
  std::copy_n(set.stolen().bytes.begin(), record.v4_alias.size(), record.v4_alias.begin());
  Forger{set.thief, set.victim.id()}.announce({nobody().id, 1, 10, 1, record});
  set.net.run(1s);
  REQUIRE(is_announced(set.victim, nobody().id));
  CHECK_FALSE(set.reaches(set.thief, set.stolen()));
  is_relay_away = false;
  REQUIRE(set.net.run_until([&] { return is_announced(set.victim, set.holder.id()); }, 70s));
  (void)set.reaches(set.holder, set.stolen());
  CHECK(set.reaches(set.holder, set.stolen()));
  CHECK(set.thief.delivered.empty());
}

TEST_CASE("a key reply names nobody: who did not answer at the address is no gateway, not let in and not pinned") {
  for (bool const is_connected_elsewhere : {true, false}) {
    CAPTURE(is_connected_elsewhere);
    Theft set;
    set.thief.settings.gateway = control::GatewaySettings{"up0"};
    if (!is_connected_elsewhere) set.thief.settings.peers.clear();
    set.meet();
    set.victim.command(control::SetSplitDefault{true});
    auto const elsewhere = *parse_endpoint("192.0.2.77:9100");
    wire::KeyQueries queries("pim", {});
    set.net.loses = [&](Endpoint const&, Endpoint const& to, Bytes datagram) {
      auto const nonce = to == elsewhere ? queries.parse_query(datagram) : std::nullopt;
      if (nonce) set.net.inject(elsewhere, set.victim.endpoint(), queries.make_reply(*nonce, set.thief.key()));
      return to == elsewhere;
    };
    set.victim.command(control::AddPeer{"192.0.2.77:9100"});
    auto const is_harmless = [&] {
      auto const& admitted = set.victim.host_plan->admitted;
      auto const shown = set.victim.peer(set.thief.id());
      return set.victim.routing().engaged && set.victim.trusted.pins.empty() && (!shown || !shown->named_gateway) &&
             (!shown || shown->address.empty()) && std::ranges::count(admitted, set.thief.mesh_v6()) == 0;
    };
    set.net.run(1s);
    CHECK(is_harmless());
    auto const initiations = std::ranges::count_if(set.net.sent, [&](auto const& one) {
      return one.first == elsewhere && one.second.size() == wire::initiation_size;
    });
    CHECK(initiations > 0);
    set.net.run(60s);
    CHECK(is_harmless());
    REQUIRE_FALSE(set.victim.pair_failures().empty());
    CHECK(set.victim.pair_failures().front().starts_with("timeout"));
    // Calls by itself later, from where it always was.
    if (!is_connected_elsewhere) {
      set.thief.kill();
      set.thief.settings.peers = dialling({"192.0.2.1"}).peers;
      set.thief.start();
    }
    set.net.run(10s);
    REQUIRE(set.victim.peer(set.thief.id()));
    CHECK(is_harmless());
  }
}
