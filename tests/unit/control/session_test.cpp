#include <doctest/doctest.h>

#include <algorithm>

#include "support/virtual_network.hpp"
#include "wire/control.hpp"
#include "wire/kind.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

struct Pair {
  Pair() {
    control::Settings settings;
    control::PeerEntry peer;
    peer.entry_id = "b";
    peer.address = {"192.0.2.2", 9100};
    settings.peers = {peer};
    a = &net.add("a", "192.0.2.1", settings);
    b = &net.add("b", "192.0.2.2");
    b->start();
    a->start();
    net.run(1s);
  }

  [[nodiscard]] bool connected() const {
    auto const there = a->peer(b->id()), here = b->peer(a->id());
    return there && here && there->state == control::PeerState::active && here->state == control::PeerState::active;
  }

  VirtualNetwork net;
  Node *a, *b;
};

}  // namespace

TEST_CASE("keys are replaced again and again under traffic and no packet is lost") {
  Pair pair;
  int sent = 0;
  for (; sent < 1000; ++sent) {
    pair.a->send_packet(udp_packet(pair.a->mesh_v6(), pair.b->mesh_v6()));
    pair.b->send_packet(udp_packet(pair.b->mesh_v6(), pair.a->mesh_v6()));
    pair.net.run(1s);
  }
  pair.net.run(1s);
  CHECK(pair.b->delivered.size() == static_cast<std::size_t>(sent));
  CHECK(pair.a->delivered.size() == static_cast<std::size_t>(sent));
  CHECK(pair.a->drops(Drop::decrypt_failed) == 0);
  auto const initiations = std::count_if(pair.net.sent.begin(), pair.net.sent.end(),
                                         [](auto const& one) { return one.second.size() == wire::initiation_size; });
  CHECK(initiations >= 8);
  CHECK(initiations <= 10);
}

TEST_CASE(
    "what a peer could not be told in all tries is told when it is heard again, if it says nothing of itself too") {
  Pair pair;
  auto const name_of_b = [&] { return pair.a->peer(pair.b->id())->name; };
  REQUIRE(name_of_b() == "b");
  pair.b->kill();
  pair.b->settings.name = std::string(60, 'b');
  pair.b->start();
  auto const hello_size = wire::to_bytes(wire::Hello{.name = pair.b->settings.name}).size() + wire::data_overhead;
  pair.net.loses = [&](Endpoint const& from, Endpoint const&, Bytes datagram) {
    return from == pair.b->endpoint() && datagram.size() == hello_size;
  };
  pair.net.run(60s);
  REQUIRE(pair.connected());
  REQUIRE(name_of_b() == "b");
  pair.net.loses = {};
  pair.net.run(60s);
  CHECK(name_of_b() == pair.b->settings.name);
}

TEST_CASE("an idle pair stays connected for hours and is woken rarely") {
  Pair pair;
  pair.a->wakes = pair.b->wakes = 0;
  pair.net.sent.clear();
  pair.net.run(24h);
  CHECK(pair.connected());
  CHECK(pair.a->wakes < 86'400 / 5);
  constexpr std::size_t ip_and_udp = 48;
  std::size_t bytes = 0;
  for (auto const& [to, datagram] : pair.net.sent) bytes += datagram.size() + ip_and_udp;
  CHECK(bytes < 1'000'000);
}

TEST_CASE("a peer that is killed is lost within three seconds of traffic") {
  Pair pair;
  pair.b->kill();
  auto const lost = pair.net.run_until(
      [&] {
        pair.a->send_packet(udp_packet(pair.a->mesh_v6(), pair.b->mesh_v6()));
        pair.net.run(50ms);
        return pair.a->peer(pair.b->id())->state != control::PeerState::active;
      },
      3s);
  CHECK(lost);
}

TEST_CASE("a restarted peer is met again at once, whichever side restarts") {
  for (bool const dialler : {false, true}) {
    Pair pair;
    auto* const node = dialler ? pair.a : pair.b;
    node->kill();
    pair.net.run(500ms);
    node->start();
    CHECK(pair.net.run_until(
        [&] {
          auto const size = pair.b->delivered.size();
          pair.a->send_packet(udp_packet(pair.a->mesh_v6(), pair.b->mesh_v6()));
          pair.net.run(20ms);
          return pair.b->delivered.size() > size;
        },
        500ms));
  }
}

TEST_CASE("who was called, and whose answers got lost, calls back within two seconds if it knows the caller") {
  for (bool const knows : {true, false}) {
    Pair pair;
    bool is_cut = true;
    Time first = never;
    pair.net.loses = [&](Endpoint const& from, Endpoint const&, Bytes datagram) {
      if (is_cut) return true;
      if (first == never && from == pair.a->endpoint()) first = pair.net.boot;
      return from == pair.b->endpoint() && wire::peek(datagram) == wire::Kind::response;
    };
    pair.net.run(400s);  // the keys are gone on both sides, and a calls once a minute
    REQUIRE_FALSE(pair.connected());
    if (!knows) pair.b->command(control::ForgetPeer{{to_string(pair.a->id())}});
    is_cut = false;
    while (first == never) pair.net.run(100ms);
    pair.net.run(2s);
    CHECK(pair.connected() == knows);
  }
}

TEST_CASE("who still holds the session of a caller's earlier life calls back as well when its answers got lost") {
  Pair pair;
  pair.net.run(100s);  // the link is idle: nothing else would notice for up to a minute
  pair.a->kill();
  pair.a->start();
  Time first = never;
  pair.net.loses = [&](Endpoint const& from, Endpoint const&, Bytes datagram) {
    if (first == never && from == pair.a->endpoint()) first = pair.net.boot;
    return from == pair.b->endpoint() && wire::peek(datagram) == wire::Kind::response;
  };
  REQUIRE(pair.net.run_until([&] { return first != never; }, 5s));
  pair.net.run(2s);
  CHECK(pair.connected());
}

TEST_CASE("a caller whose first word takes longer than a second is met all the same") {
  Pair pair;
  for (auto* const node : {pair.a, pair.b}) {
    node->kill();
    node->notes.clear();
  }
  pair.net.loses = [&](Endpoint const& from, Endpoint const&, Bytes datagram) {
    return from == pair.b->endpoint() && wire::peek(datagram) == wire::Kind::initiation;
  };
  pair.b->start();
  pair.net.run(30s);  // what it calls by itself is over
  pair.net.delay = 600ms;
  pair.a->start();
  pair.net.run(4s);
  CHECK(pair.connected());
}

TEST_CASE("an entry is called until it is back, though its link seemed to work when it was lost") {
  Pair pair;
  pair.net.delay = 1s;
  for (int i = 0; i < 200; ++i) {
    pair.a->send_packet(udp_packet(pair.a->mesh_v6(), pair.b->mesh_v6()));
    pair.net.run(100ms);
  }
  REQUIRE(pair.connected());
  bool is_cut = true;
  pair.net.loses = [&](auto const&...) { return is_cut; };
  for (int i = 0; i < 40; ++i) {
    pair.a->send_packet(udp_packet(pair.a->mesh_v6(), pair.b->mesh_v6()));
    pair.net.run(100ms);
  }
  REQUIRE(pair.a->logged("it does not answer") == 1);
  pair.b->kill();
  pair.net.run(400s);  // the keys are gone
  is_cut = false;
  pair.b->trusted = {};  // it calls nobody
  pair.b->start();
  pair.net.run(70s);
  CHECK(pair.connected());
}

TEST_CASE("a goodbye is believed at once") {
  Pair pair;
  (void)pair.b->command(control::Shutdown{});
  pair.net.run(20ms);
  CHECK(pair.a->peer(pair.b->id())->state != control::PeerState::active);
}

TEST_CASE("who was forgotten and did not hear of it introduces itself again") {
  Pair pair;
  REQUIRE(pair.a->peer(pair.b->id())->v4);
  pair.net.loses = [](auto const&...) { return true; };
  pair.a->command(control::ForgetPeer{{to_string(pair.b->id())}});
  pair.net.run(10ms);
  pair.net.loses = {};
  pair.net.run(2s);
  CHECK(pair.connected());
  CHECK(pair.a->peer(pair.b->id())->v4);
  auto const sent = pair.net.sent.size();
  pair.net.run(10s);
  CHECK(pair.net.sent.size() - sent < 60);  // they do not introduce themselves on and on
}

TEST_CASE("a session survives a night of sleep on one side") {
  Pair pair;
  pair.net.boot += 8h;
  CHECK(pair.net.run_until(
      [&] {
        auto const size = pair.b->delivered.size();
        pair.a->send_packet(udp_packet(pair.a->mesh_v6(), pair.b->mesh_v6()));
        pair.net.run(100ms);
        return pair.b->delivered.size() > size;
      },
      2s));
}

TEST_CASE("a wall clock that jumps back locks nobody out, over restarts too") {
  Pair pair;
  pair.net.wall_offset -= 24h * 365;
  pair.a->kill();
  pair.net.run(200s);
  pair.a->start();
  pair.net.run(5s);
  CHECK(pair.connected());
}

TEST_CASE("one datagram in five may be lost and the pair still stays together") {
  Pair pair;
  std::mt19937 random(7);
  pair.net.loses = [&](auto const&, auto const&, auto) { return random() % 5 == 0; };
  int const rounds = 600;
  for (int i = 0; i < rounds; ++i) {
    pair.a->send_packet(udp_packet(pair.a->mesh_v6(), pair.b->mesh_v6()));
    pair.b->send_packet(udp_packet(pair.b->mesh_v6(), pair.a->mesh_v6()));
    pair.net.run(500ms);
  }
  CHECK(pair.b->delivered.size() > rounds * 7 / 10);
}

TEST_CASE("a flood of strangers' handshakes is bounded and leaves the pair alone") {
  Pair pair;
  auto& stranger = pair.net.add("stranger", "192.0.2.50");
  SeededEntropy entropy(99);
  for (int i = 0; i < 3000; ++i) {
    auto const self = crypto::KeyPair::generate(entropy);
    auto datagram = make_stranger_initiation(self, pair.b->key(), entropy, pair.net.now().wall);
    auto from = stranger.endpoint();
    from.ip = IpAddress::from_v4(0xc6120000U + static_cast<std::uint32_t>(i));
    pair.net.inject(from, pair.b->endpoint(), datagram);
    pair.net.run(1ms);
  }
  CHECK(pair.b->drops(Drop::rate_limited) > 1000);
  auto const rows = std::count_if(pair.b->notes.begin(), pair.b->notes.end(),
                                  [](auto const& note) { return std::holds_alternative<control::PeerView>(note); });
  CHECK(rows < 100);
  CHECK(pair.connected());
  pair.net.run(15s);
  CHECK(pair.connected());
}

TEST_CASE("an initiation that comes from elsewhere is answered there, and moves no endpoint of a living peer") {
  Pair pair;
  auto const elsewhere = *parse_endpoint("203.0.113.7:4321");
  Buffer held;
  pair.net.loses = [&](Endpoint const& from, Endpoint const&, Bytes datagram) {
    bool const is_renewal = from == pair.a->endpoint() && datagram.size() == wire::initiation_size;
    if (is_renewal && held.empty()) held.assign(datagram.begin(), datagram.end());
    return is_renewal;
  };
  auto const talk = [&] {
    pair.a->send_packet(udp_packet(pair.a->mesh_v6(), pair.b->mesh_v6()));
    pair.net.run(1s);
    return !held.empty();
  };
  for (int i = 0; i < 300 && !talk(); ++i) continue;
  REQUIRE_FALSE(held.empty());
  pair.net.sent.clear();
  pair.net.inject(elsewhere, pair.b->endpoint(), held);
  pair.net.run(5ms);
  REQUIRE(pair.net.sent.size() == 1);
  CHECK(pair.net.sent[0].first == elsewhere);
  CHECK(pair.net.sent[0].second.size() == wire::response_size);
  pair.net.sent.clear();
  auto const before = pair.a->delivered.size();
  pair.b->send_packet(udp_packet(pair.b->mesh_v6(), pair.a->mesh_v6()));
  REQUIRE_FALSE(pair.net.sent.empty());
  for (auto const& [to, datagram] : pair.net.sent) CHECK(to == pair.a->endpoint());
  pair.net.run(10ms);
  CHECK(pair.a->delivered.size() == before + 1);
}
