// Relays that do not pass on what they should: who notices, and what becomes of the session.
#include <doctest/doctest.h>

#include <algorithm>

#include "line.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// a and b, with r and another relay between them, one of which passes nothing on for a while.
struct Swallower : Line {
  Node& second = net.add("second", "192.0.2.8");
  Node* relay = nullptr;  ///< the one in use
  bool swallows = false;

  explicit Swallower(bool only_to_b = false) {
    for (auto* const end : {&a, &b}) {
      link(*end, second);
      end->settings.peers.push_back(dialling({"192.0.2.8"}).peers.front());
    }
    second.start();
    start();
    net.run(5s);
    REQUIRE(lost_while_talking(1s) == 0);
    relay = a.peer(b.id())->via == second.id() ? &second : &r;
    // Longer ones than the two neighbours have to say to each other: what it relays.
    constexpr std::size_t longest_of_its_own = 80;
    net.loses = [this, only_to_b, works = net.loses](Endpoint const& from, Endpoint const& to, Bytes datagram) {
      bool const is_relayed = from == relay->endpoint() && datagram.size() > longest_of_its_own;
      bool const is_meant = !only_to_b || to == b.endpoint();
      return works(from, to, datagram) || (swallows && is_relayed && is_meant);
    };
    swallows = true;
    CHECK(lost_while_talking(2s) > 0);
  }
};

}  // namespace

TEST_CASE("a relay that swallows one direction alone is left within two seconds, however much comes by the other") {
  Swallower line(true);
  CHECK(line.lost_while_talking(20s) == 0);
  CHECK(line.a.peer(line.b.id())->via != line.relay->id());
  CHECK(line.a.logged("lost") + line.b.logged("lost") == 0);
}

TEST_CASE("who is not heard by the only way there is loses the peer within three seconds, whatever comes from it") {
  Swallower line(true);
  line.cut(line.a, line.relay == &line.r ? line.second : line.r);
  line.lost_while_talking(5s);  // its link to the other relay is given up, then the peer
  CHECK(line.a.peer(line.b.id())->state == control::PeerState::connecting);
  CHECK(line.a.logged("lost") == 1);
  line.swallows = false;
  CHECK(line.lost_while_talking(5s) < 500);
  CHECK(line.lost_while_talking(2s) == 0);
  CHECK(line.a.peer(line.b.id())->state == control::PeerState::relayed);
}

TEST_CASE("two that ask each other whether they are heard stop when they are answered") {
  Swallower line(true);
  line.cut(line.a, line.relay == &line.r ? line.second : line.r);
  line.swallows = false;
  line.lost_while_talking(30s);
  CHECK(line.lost_while_talking(2s) == 0);
  line.swallows = true;
  line.lost_while_talking(1500ms);
  line.swallows = false;
  constexpr std::size_t relayed_reply = 9 + 3 * 32;
  auto const loses = line.net.loses;
  line.net.loses = [&](Endpoint const& from, Endpoint const& to, Bytes datagram) {
    return loses(from, to, datagram) || datagram.size() == relayed_reply;
  };
  line.net.sent.clear();
  line.net.run(700ms);
  auto const is_reply = [](auto const& one) { return one.second.size() == relayed_reply; };
  CHECK(std::any_of(line.net.sent.begin(), line.net.sent.end(), is_reply));
  line.net.loses = loses;
  line.net.run(10s);
  line.net.sent.clear();
  line.net.run(20s);
  CHECK(line.net.sent.size() < 40);
}

TEST_CASE("a relay that swallows what it should pass on is left within two seconds, and the session goes on") {
  Swallower line;
  CHECK(line.lost_while_talking(20s) == 0);
  CHECK(line.a.peer(line.b.id())->via != line.relay->id());
  CHECK(line.a.logged("lost") + line.b.logged("lost") == 0);
}

TEST_CASE("every way to a node that restarts is as good as before") {
  Swallower line;
  auto const is_doubted = [&] {
    auto const answer = line.a.answer(line.a.command(control::ListRoutes{}));
    auto const& routes = std::get<control::RoutesListed>(*answer).routes;
    return std::any_of(routes.begin(), routes.end(), [&](auto const& route) { return route.doubted; });
  };
  REQUIRE(is_doubted());
  line.swallows = false;
  line.b.kill();
  line.b.start();
  (void)line.lost_while_talking(5s);  // what was sealed for the life before
  CHECK(line.lost_while_talking(1s) == 0);
  CHECK_FALSE(is_doubted());
}
