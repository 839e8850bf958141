// A node that restarts is another one: nothing that its earlier life sealed counts any more, however late it comes.
#include <doctest/doctest.h>

#include "mesh/distance.hpp"
#include "support/virtual_network.hpp"
#include "wire/control.hpp"
#include "wire/kind.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// a - r - b, of which r begins another life. What r and a send each other can be held back on the way.
struct Lives {
  VirtualNetwork net;
  Node& a = net.add("a", "192.0.2.1", dialling({"192.0.2.9"}));
  Node& r = net.add("r", "192.0.2.9");
  Node& b = net.add("b", "192.0.2.2", dialling({"192.0.2.9"}));
  std::function<bool(Node const& from, wire::Kind)> holds;
  std::vector<Buffer> held;  ///< of r

  Lives() {
    net.loses = [this](Endpoint const& from, Endpoint const& to, Bytes datagram) {
      bool const is_of_r = from == r.endpoint();
      if (!is_of_r && to != r.endpoint()) return true;
      if (from == b.endpoint() || to == b.endpoint()) return false;
      if (!holds || !holds(is_of_r ? r : a, *wire::peek(datagram))) return false;
      if (is_of_r) held.emplace_back(datagram.begin(), datagram.end());
      return true;
    };
    for (auto* const node : {&r, &a, &b}) node->start();
    net.run(2s);
  }
  void hold(wire::Kind of_r) {
    holds = [this, of_r](Node const& from, wire::Kind kind) { return &from == &r && kind == of_r; };
  }
  /// Sealed in the present life of r, and not delivered.
  void hold_said(Bytes message) {
    hold(wire::Kind::data);
    r.say(a.id(), message);
    holds = {};
    REQUIRE(held.size() == 1);
  }
  void deliver() {
    for (auto const& one : std::exchange(held, {})) net.inject(r.endpoint(), a.endpoint(), one);
    net.run(10ms);
  }
  /// A node that remembers nobody waits until it is called.
  void restart(bool r_calls) {
    r.kill();
    if (!r_calls) r.trusted = {};
    r.start();
  }
  bool arrives(Node& from, Node& to) {
    auto const before = to.delivered.size();
    from.send_packet(udp_packet(from.mesh_v6(), to.mesh_v6()));
    net.run(20ms);
    return to.delivered.size() > before;
  }
  /// Between the ends, each way every 20 ms.
  std::size_t lost_while_talking(Duration duration) {
    std::size_t lost = 0;
    for (auto const end = net.boot + duration; net.boot < end;) {
      if (!arrives(a, b)) ++lost;
      if (!arrives(b, a)) ++lost;
    }
    return lost;
  }
  /// What the present life of r says of itself, when it changes.
  bool hears_offers() {
    r.command(control::EnableGateway{control::GatewaySettings{.nat_interface = "up0"}});
    net.run(1s);
    bool const is_heard = a.peer(r.id())->offer.has_value();
    r.command(control::DisableGateway{});
    net.run(1s);
    return is_heard && !a.peer(r.id())->offer;
  }
};

}  // namespace

TEST_CASE("what a neighbour said in its earlier life makes nobody deaf to the next one when it comes late") {
  wire::Control said;
  SUBCASE("an update") { said = wire::Update{1'000'001, 1'000'000, {wire::UpdateEntry{NodeId{{1, 2, 3}}}}}; }
  SUBCASE("an acknowledgement") { said = wire::UpdateAck{1, 1'000'000}; }
  SUBCASE("a hello") { said = wire::Hello{.sequence = 1'000'000, .name = "r"}; }
  for (bool const r_calls : {true, false}) {
    CAPTURE(r_calls);
    Lives lives;
    lives.hold_said(wire::to_bytes(said));
    lives.restart(r_calls);
    (void)lives.lost_while_talking(8s);
    REQUIRE(lives.lost_while_talking(1s) == 0);
    lives.deliver();
    CHECK(lives.lost_while_talking(5s) == 0);
    CHECK(lives.hears_offers());
  }
}

TEST_CASE("what came in one batch with the first word of the next life is not taken for its own") {
  Lives lives;
  lives.hold_said(wire::to_bytes(wire::Hello{.sequence = 1'000'000, .name = "r"}));
  auto const early = std::exchange(lives.held, {});
  lives.hold(wire::Kind::data);
  lives.restart(true);
  REQUIRE(lives.net.run_until([&] { return !lives.held.empty(); }, 100ms));
  lives.holds = {};
  lives.a.receive(lives.r.endpoint(), {lives.held.front(), early.front()});
  lives.net.run(1s);
  CHECK(lives.hears_offers());
}

TEST_CASE("keys of an earlier life that waited to be confirmed are gone with it") {
  Lives lives;
  bool has_called = false;
  lives.holds = [&](Node const& from, wire::Kind kind) {
    if (&from == &lives.a) return kind == wire::Kind::initiation;
    has_called |= kind == wire::Kind::initiation;
    return has_called && kind == wire::Kind::data;
  };
  while (lives.held.empty() && lives.net.boot < Time{1h + 170s}) (void)lives.arrives(lives.r, lives.a);
  lives.net.run(50ms);
  REQUIRE_FALSE(lives.held.empty());
  lives.holds = {};
  lives.restart(false);
  (void)lives.lost_while_talking(8s);
  REQUIRE(lives.arrives(lives.a, lives.r));
  lives.deliver();
  CHECK(lives.arrives(lives.a, lives.r));
}

TEST_CASE("an answer of an earlier life that comes after the next one called is none") {
  Lives lives;
  lives.hold(wire::Kind::response);
  while (lives.held.empty() && lives.net.boot < Time{1h + 130s}) (void)lives.arrives(lives.a, lives.r);
  REQUIRE(lives.held.size() == 1);
  lives.holds = {};
  lives.restart(true);
  lives.net.run(50ms);
  REQUIRE(lives.arrives(lives.a, lives.r));
  lives.deliver();
  CHECK(lives.arrives(lives.a, lives.r));
}

TEST_CASE("a sequence number is stored a second before it is announced, so that a crash repeats none") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1");
  auto& b = net.add("b", "192.0.2.2", dialling({"192.0.2.1"}));
  a.saved.seqno_reserved = 65'500;
  a.start();
  b.start();
  net.run(2s);
  std::vector<mesh::Seqno> stored;  // before each of the last steps, every 250 ms
  for (mesh::Seqno own = 65'502; own != 50; ++own) {
    stored.push_back(*a.saved.seqno_reserved);
    if (stored.size() > 5) stored.erase(stored.begin());
    b.say(a.id(), wire::to_bytes(wire::SeqnoRequest{a.id(), own, 1}));
    net.run(250ms);
    REQUIRE_FALSE(mesh::is_newer(own, stored.front()));
  }
}

TEST_CASE("what comes late under the keys before is still opened in the same life") {
  Lives lives;
  while (lives.net.boot < Time{1h + 119s}) lives.net.run(1s);
  auto const before = lives.a.peer(lives.r.id())->last_handshake;
  lives.hold(wire::Kind::data);
  CHECK_FALSE(lives.arrives(lives.r, lives.a));
  lives.holds = {};
  lives.net.run(4s);
  REQUIRE(lives.arrives(lives.a, lives.r));
  lives.net.run(1s);
  REQUIRE(lives.a.peer(lives.r.id())->last_handshake != before);
  auto const delivered = lives.a.delivered.size();
  lives.deliver();
  CHECK(lives.a.delivered.size() > delivered);
}

TEST_CASE("who restarts calls those who talk to it through a relay, a few at a time") {
  for (bool const remembers : {true, false}) {
    CAPTURE(remembers);
    VirtualNetwork net;
    auto& relay = net.add("relay", "192.0.2.9");
    auto& a = net.add("a", "192.0.2.1", dialling({"192.0.2.9"}));
    std::vector<Node*> others;
    for (int i = 10; i < 60; ++i)
      others.push_back(&net.add("n" + std::to_string(i), "192.0.2." + std::to_string(i), dialling({"192.0.2.9"})));
    net.loses = [&](Endpoint const& from, Endpoint const& to, Bytes) {
      return from != relay.endpoint() && to != relay.endpoint();
    };
    relay.start();
    a.start();
    for (auto* const other : others) other->start();
    net.run(5s);
    auto const all_talk_for = [&](int times) {
      for (int i = 0; i < times; ++i) {
        for (auto* const other : others) other->send_packet(udp_packet(other->mesh_v6(), a.mesh_v6()));
        net.run(100ms);
      }
    };
    auto const met = [&] { return a.logged("through a relay"); };
    all_talk_for(10);
    REQUIRE(met() == 50);
    a.kill();
    if (!remembers) a.trusted = {};
    a.notes.clear();
    a.start();
    all_talk_for(10);
    CHECK(met() >= 20);
    CHECK(met() <= 30);
    all_talk_for(60);
    CHECK(met() == 50);
  }
}
