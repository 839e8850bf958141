// Nodes that do not reach each other: everything crosses others, sealed from end to end.
#include <doctest/doctest.h>

#include <algorithm>

#include "line.hpp"
#include "mesh/addresses.hpp"
#include "wire/kind.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

TEST_CASE("two nodes that only a third one reaches talk to each other through it") {
  Line line;
  line.start();
  line.send(line.a, line.b);
  line.net.run(1s);
  REQUIRE(line.b.delivered.size() == 1);
  line.send(line.b, line.a);
  line.net.run(1s);
  REQUIRE(line.a.delivered.size() == 1);
  auto const seen = line.a.peer(line.b.id());
  REQUIRE(seen);
  CHECK(seen->state == control::PeerState::relayed);
  CHECK(seen->hops == 2);
  CHECK(seen->via == line.r.id());
  CHECK(seen->name == "b");
  CHECK_FALSE(seen->endpoint);
  CHECK(line.a.peer(line.r.id())->state == control::PeerState::active);
}

TEST_CASE("a v4 packet waits for the holder of the alias to claim it, then packets pass") {
  Line line;
  line.start();
  auto const to = mesh::v4_alias(line.b.id()), from = mesh::v4_alias(line.a.id());
  line.a.send_packet(udp_packet(from, to));
  line.net.run(1s);
  CHECK(line.b.delivered.empty());
  line.a.send_packet(udp_packet(from, to));
  line.net.run(1s);
  CHECK(line.b.delivered.size() == 1);
}

TEST_CASE("nothing that the relay hands on shows what two nodes say through it, whoever of them speaks") {
  Line line;
  line.start();
  for (auto const& [from, to] : {std::pair(&line.a, &line.b), {&line.b, &line.a}}) {
    CAPTURE(from->name);
    Buffer const secret(200, 0x5a);
    auto packet = udp_packet(from->mesh_v6(), to->mesh_v6(), secret.size());
    std::copy(secret.begin(), secret.end(), packet.end() - static_cast<long>(secret.size()));
    line.net.sent.clear();
    from->send_packet(packet);
    line.net.run(1s);
    auto const shows = [&](Buffer const& bytes) {
      return std::search(bytes.begin(), bytes.end(), secret.begin(), secret.begin() + 16) != bytes.end();
    };
    CHECK(to->delivered.size() == 1);
    CHECK(std::any_of(to->delivered.begin(), to->delivered.end(), shows));  // the search can see it
    CHECK(std::none_of(line.net.sent.begin(), line.net.sent.end(), [&](auto const& one) { return shows(one.second); }));
  }
  CHECK(line.r.delivered.empty());
}

TEST_CASE("a session moves from a relay to the direct link and back without a packet lost while both work") {
  Line line;
  line.start();
  line.send(line.a, line.b);
  line.net.run(1s);
  // The direct link appears, and one of the two is told where the other is.
  line.link(line.a, line.b);
  line.a.command(control::AddPeer{"192.0.2.2", {}});
  CHECK(line.lost_while_talking(5s) == 0);
  CHECK(line.a.peer(line.b.id())->state == control::PeerState::active);
  CHECK(line.b.peer(line.a.id())->state == control::PeerState::active);
  // It breaks: both notice within 2 s and go on through the relay.
  line.cut(line.a, line.b);
  auto const lost = line.lost_while_talking(4s);
  CHECK(lost > 0);
  CHECK(lost <= 2 * 2000 / 20 + 10);
  CHECK(line.a.peer(line.b.id())->state == control::PeerState::relayed);
  CHECK(line.b.peer(line.a.id())->state == control::PeerState::relayed);
  CHECK(line.lost_while_talking(2s) == 0);
  line.link(line.a, line.b);
  CHECK(line.lost_while_talking(40s) == 0);
  CHECK(line.a.peer(line.b.id())->state == control::PeerState::active);
  auto const disconnected = std::any_of(line.a.notes.begin(), line.a.notes.end(), [&](control::Note const& note) {
    auto const* const event = std::get_if<control::PeerEvent>(&note);
    return event && event->kind == control::PeerEventKind::disconnected;
  });
  CHECK_FALSE(disconnected);
}

TEST_CASE("a link that fails in one direction is left within two seconds") {
  Line line;
  line.link(line.a, line.b);
  line.a.settings.peers.push_back(dialling({"192.0.2.2"}).peers.front());
  line.start();
  CHECK(line.lost_while_talking(1s) == 0);
  CHECK(line.a.peer(line.b.id())->state == control::PeerState::active);
  line.links.erase({line.a.endpoint().ip, line.b.endpoint().ip});
  auto const lost = line.lost_while_talking(4s);
  CHECK(lost > 0);
  CHECK(lost <= 2000 / 20);
  CHECK(line.lost_while_talking(1s) == 0);
}

TEST_CASE("a node that does not relay is no way for others") {
  Line line;
  line.r.settings.relay = false;
  line.start();
  line.send(line.a, line.b);
  line.net.run(1s);
  CHECK(line.b.delivered.empty());
  CHECK(line.a.drops(Drop::no_route) == 1);
  line.send(line.a, line.r);
  line.net.run(1s);
  CHECK(line.r.delivered.size() == 1);
}

TEST_CASE("after a restart of the relay or of an end the two talk again within seconds") {
  Line line;
  line.start();
  CHECK(line.lost_while_talking(1s) < 20);
  for (auto* const node : {&line.r, &line.b, &line.a}) {
    CAPTURE(node->name);
    node->kill();
    line.net.run(500ms);
    node->start();
    (void)line.lost_while_talking(8s);
    CHECK(line.lost_while_talking(1s) == 0);
  }
}

TEST_CASE("the way to a target is told with what it rests on") {
  Line line;
  line.start();
  auto const explained = [&](std::string const& target) {
    auto const answer = line.a.answer(line.a.command(control::ExplainRoute{target}));
    REQUIRE(answer);
    auto const* const way = std::get_if<control::RouteExplained>(&*answer);
    return way ? *way : control::RouteExplained{.reason = std::get<control::Refused>(*answer).message};
  };
  auto const relayed = explained(to_string(line.b.mesh_v6()));
  CHECK(relayed.course == control::Course::relayed);
  CHECK(relayed.node == line.b.id());
  CHECK(relayed.via == line.r.id());
  CHECK(relayed.hops == 2);
  CHECK(relayed.reason.find("no session") != std::string::npos);
  CHECK(explained(to_string(line.r.id())).course == control::Course::direct);
  CHECK(explained(to_string(line.a.mesh_v6())).course == control::Course::to_self);
  CHECK(explained("203.0.113.1").course == control::Course::as_before);
  CHECK(explained("10.77.200.200").course == control::Course::unreachable);
  CHECK(explained("example.org").reason.find("not an address") != std::string::npos);
  line.a.command(control::SetSplitDefault{true});
  line.net.run(1s);
  CHECK(explained("203.0.113.1").course == control::Course::blocked);
  CHECK(explained("192.0.2.77").course == control::Course::blocked);  // on the link, but not private
}

TEST_CASE("a link that nobody talks over is asked at once when a neighbour says that the node there is gone") {
  Line line;
  line.link(line.a, line.b);
  line.a.settings.peers.push_back(dialling({"192.0.2.2"}).peers.front());
  line.start();
  line.net.run(325s);
  REQUIRE(line.r.peer(line.b.id())->state == control::PeerState::active);
  line.b.kill();
  auto const killed = line.net.boot;
  while (line.r.peer(line.b.id())->state == control::PeerState::active && line.net.boot < killed + 10s) {
    line.send(line.a, line.b);  // directly: the relay has nothing to do with it
    line.net.run(20ms);
  }
  CHECK(line.net.boot - killed <= 3s);
}

TEST_CASE("two nodes whose only way was gone for a while know that it is back") {
  Line line;
  line.start();
  CHECK(line.lost_while_talking(1s) < 20);
  bool talks = false;
  SUBCASE("when they talk") { talks = true; }
  SUBCASE("when they are silent") {}
  line.cut(line.a, line.r);
  CHECK(line.lost_while_talking(6s) > 0);
  CHECK(line.a.peer(line.b.id())->state == control::PeerState::connecting);
  line.link(line.a, line.r);
  auto const sent = line.net.sent.size();
  if (talks)
    (void)line.lost_while_talking(8s);
  else
    line.net.run(60s);
  CHECK(line.net.sent.size() - sent < (talks ? 3000 : 300));  // they do not ask each other on and on
  CHECK(line.a.peer(line.b.id())->state == control::PeerState::relayed);
  CHECK(line.b.peer(line.a.id())->state == control::PeerState::relayed);
  CHECK(line.lost_while_talking(1s) == 0);
}

TEST_CASE("a neighbour that restarted while nobody talked is a way again within a second") {
  Line line;
  line.start();
  line.net.run(300s);  // idle links are hardly asked any more
  line.r.kill();
  line.net.run(100ms);
  line.r.start();
  line.net.run(1s);
  line.send(line.a, line.b);
  line.net.run(1s);
  CHECK(line.b.delivered.size() == 1);
}

TEST_CASE("a node that restarted out of reach answers the first datagram of who still holds its old keys") {
  // It tries to reach its peers, gives up, rests, and tries again.
  for (auto const away : {1100ms, 1400ms, 3400ms, 4700ms, 5200ms, 10'000ms, 14'000ms}) {
    CAPTURE(away.count());
    Line line;
    line.start();
    line.send(line.a, line.r);
    line.net.run(1s);
    REQUIRE(line.r.delivered.size() == 1);
    line.cut(line.a, line.r);
    line.r.kill();
    line.r.start();
    line.net.run(away);
    line.link(line.a, line.r);
    line.send(line.a, line.r);
    line.net.run(100ms);
    line.send(line.a, line.r);
    line.net.run(100ms);
    CHECK(line.r.delivered.size() == 2);
  }
}

TEST_CASE("a node that restarted out of reach calls who still holds its old keys at the port that a NAT gives it now") {
  Line line;
  line.start();
  line.cut(line.a, line.r);
  line.send(line.a, line.r);
  line.net.run(1ms);
  auto const [to, datagram] = line.net.sent.back();
  REQUIRE(to == line.r.endpoint());
  line.r.kill();
  line.r.start();
  line.net.run(14s);
  line.net.sent.clear();
  Endpoint const moved{line.a.endpoint().ip, 20000, 0};
  line.net.inject(moved, to, datagram);
  line.net.run(20ms);
  CHECK(std::ranges::count_if(line.net.sent, [&](auto const& one) {
          return one.first == moved && wire::peek(one.second) == wire::Kind::initiation;
        }) == 1);
}

TEST_CASE("a broken link that nobody talks over is noticed when routing has something to say") {
  Line line;
  line.start();
  line.net.run(325s);
  REQUIRE(line.r.peer(line.a.id())->state == control::PeerState::active);
  line.cut(line.a, line.r);
  line.net.run(4s);
  REQUIRE(line.r.peer(line.a.id())->state == control::PeerState::active);
  line.b.kill();
  line.b.start();
  line.net.run(4s);
  CHECK(line.r.peer(line.a.id())->state != control::PeerState::active);
}

TEST_CASE("a link that works again is used at once even if the answers to calls over it are lost") {
  Line line;
  line.start();
  line.forget(line.a, line.r);
  REQUIRE(line.r.peer(line.a.id())->state != control::PeerState::active);
  std::size_t lost = 0;
  line.net.loses = [&](Endpoint const& from, Endpoint const& to, Bytes datagram) {
    auto const kind = wire::peek(datagram);
    if (kind == wire::Kind::data) return lost == 0 && (from == line.a.endpoint() || to == line.a.endpoint());
    return to == line.a.endpoint() && kind == wire::Kind::response && ++lost > 0;
  };
  REQUIRE(line.net.run_until([&] { return lost > 0; }, 60s));
  line.net.run(1s);
  CHECK(line.r.peer(line.a.id())->state == control::PeerState::active);
  CHECK(line.a.peer(line.r.id())->state == control::PeerState::active);
}

TEST_CASE("a link that works again is used within a second of the first packet over it") {
  Line line;
  line.start();
  line.forget(line.a, line.r);
  line.net.loses = [&](Endpoint const&, Endpoint const&, Bytes datagram) {
    return wire::peek(datagram) != wire::Kind::data;
  };
  line.net.run(3s);
  REQUIRE(line.a.peer(line.r.id())->state != control::PeerState::active);
  line.send(line.r, line.a);
  line.net.run(1s);
  CHECK(line.r.peer(line.a.id())->state == control::PeerState::active);
  CHECK(line.a.peer(line.r.id())->state == control::PeerState::active);
}
