// Gateways that relays alone lead to: which is used, and what is said to be lost when nothing passes any more.
#include <doctest/doctest.h>

#include <algorithm>

#include "mesh/addresses.hpp"
#include "support/virtual_network.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// A client that reaches its gateways, the first preferred, over relays alone; routing is on.
struct Beyond {
  VirtualNetwork net;
  Node& client;
  std::vector<Node*> relays, gateways;

  Beyond(int relay_count, int gateway_count) : client(net.add("client", "192.0.2.1")) {
    for (int i = 0; i < gateway_count; ++i) {
      gateways.push_back(&net.add("gateway", "192.0.2." + std::to_string(20 + i)));
      gateways.back()->settings.gateway = control::GatewaySettings{.nat_interface = "up0"};
      client.settings.gateways.push_back(gateways.back()->id());
    }
    for (int i = 0; i < relay_count; ++i) {
      auto const address = "192.0.2." + std::to_string(10 + i);
      relays.push_back(&net.add("relay", address));
      for (int j = 0; j < gateway_count; ++j)
        relays.back()->settings.peers.push_back(dialling({"192.0.2." + std::to_string(20 + j)}).peers.front());
      client.settings.peers.push_back(dialling({address}).peers.front());
    }
    net.loses = [this](Endpoint const& from, Endpoint const& to, Bytes) { return !is_cabled(from) && !is_cabled(to); };
    for (auto const* const set : {&gateways, &relays})
      for (auto* const node : *set) node->start();
    client.start();
    net.run(2s);
    client.command(control::SetSplitDefault{true});
    net.run(2s);
  }
  /// Only what a relay sends or gets arrives.
  [[nodiscard]] bool is_cabled(Endpoint const& end) const {
    return std::any_of(relays.begin(), relays.end(), [&](Node const* relay) { return relay->endpoint() == end; });
  }
  [[nodiscard]] std::size_t reached(std::size_t gateway) const { return gateways[gateway]->delivered.size(); }
  bool talks_until(std::function<bool()> const& done, Duration limit) {
    for (auto const end = net.boot + limit; net.boot < end && !done(); net.run(20ms))
      client.send_packet(udp_packet(mesh::v4_alias(client.id()), *parse_ip("203.0.113.9")));
    return done();
  }
};

control::GatewayView gateway_of(Node& teller, NodeId const& id) {
  auto const answer = teller.answer(teller.command(control::ListRoutes{}));
  auto const& list = std::get<control::RoutesListed>(*answer).gateways;
  auto const found = std::find_if(list.begin(), list.end(), [&](auto const& one) { return one.id == id; });
  REQUIRE(found != list.end());
  return *found;
}

bool is_sought(control::GatewayView const& gateway) { return gateway.reason.find("being sought") != std::string::npos; }

}  // namespace

TEST_CASE("a gateway behind a relay carries the internet, and what was lost with it is told apart") {
  Beyond set(1, 1);
  REQUIRE(set.client.routing().gateway == set.gateways[0]->id());
  CHECK(set.talks_until([&] { return set.reached(0) > 0; }, 1s));
  set.relays[0]->kill();
  CHECK(set.talks_until([&] { return set.client.routing().engaged; }, 3s));
  CHECK(set.client.routing().cause == control::BlockCause::relay_lost);
  set.relays[0]->start();
  CHECK(set.talks_until([&] { return set.client.routing().gateway == set.gateways[0]->id(); }, 10s));
  set.gateways[0]->kill();
  CHECK(set.talks_until([&] { return set.client.routing().engaged; }, 3s));
  CHECK(set.client.routing().cause == control::BlockCause::gateway_lost);
}

TEST_CASE(
    "a gateway that dies behind two relays is followed by the next within two seconds, and nothing is said blocked") {
  for (auto const pause : {0ms, 90ms, 180ms, 270ms, 360ms}) {
    CAPTURE(pause.count());
    Beyond set(2, 2);
    set.net.run(pause);
    REQUIRE(set.talks_until([&] { return set.reached(0) > 0; }, 1s));
    set.net.run(300s);  // the links that are not used are hardly asked any more
    (void)set.talks_until([] { return false; }, 2s + pause);
    set.client.notes.clear();
    set.gateways[0]->kill();
    auto const killed = set.net.boot;
    REQUIRE(set.talks_until([&] { return set.reached(1) > 0; }, 5s));
    CHECK(set.net.boot - killed <= 1900ms);
    CHECK(set.client.status_events() == std::vector<std::string>{"gateway_lost", "gateway_selected"});
  }
}

TEST_CASE("of two gateways lost with their only relay none is tried, and the relay is what was lost") {
  Beyond set(1, 2);
  REQUIRE(set.talks_until([&] { return set.reached(0) > 0; }, 1s));
  set.client.notes.clear();
  set.relays[0]->kill();
  REQUIRE(set.talks_until([&] { return set.client.routing().engaged; }, 3s));
  CHECK(set.client.routing().cause == control::BlockCause::relay_lost);
  CHECK(set.client.status_events() == std::vector<std::string>{"gateway_lost", "kill_switch+"});
}

TEST_CASE("the last gateway behind two relays is lost within three seconds, and it is not the relays that were lost") {
  Beyond set(2, 1);
  REQUIRE(set.talks_until([&] { return set.reached(0) > 0; }, 1s));
  set.net.run(300s);
  set.gateways[0]->kill();
  REQUIRE(set.talks_until([&] { return set.client.routing().engaged; }, 3s));
  CHECK(set.client.routing().cause == control::BlockCause::gateway_lost);
}

TEST_CASE("a gateway in use whose way is sought is no healthy neighbour in the list") {
  Beyond set(1, 1);
  REQUIRE(set.client.routing().gateway == set.gateways[0]->id());
  set.relays[0]->kill();
  std::optional<control::GatewayView> sought;
  (void)set.talks_until(
      [&] {
        auto const one = gateway_of(set.client, set.gateways[0]->id());
        CHECK(one.via != set.gateways[0]->id());
        if (one.selected && is_sought(one)) sought = one;
        return set.client.routing().engaged;
      },
      3s);
  REQUIRE(sought);
  CHECK_FALSE(sought->via);
  CHECK(sought->hops == 0);
  CHECK_FALSE(sought->usable);
  CHECK_FALSE(sought->usable_for);
}

TEST_CASE("a gateway that is not in use and lost its way is not said to lack the tunnel") {
  Beyond set(1, 2);
  REQUIRE(set.client.routing().gateway == set.gateways[0]->id());
  set.relays[0]->kill();
  bool was_sought = false;
  (void)set.talks_until(
      [&] {
        auto const one = gateway_of(set.client, set.gateways[1]->id());
        was_sought = was_sought || is_sought(one);
        CHECK(one.reason != "there is no tunnel");
        return set.client.routing().engaged;
      },
      3s);
  CHECK(was_sought);
}

TEST_CASE("who is called through relays while the internet is blocked is told") {
  Beyond set(1, 1);
  auto const& gateway = *set.gateways[0];
  // The relay goes on reaching it, and what the client says to it does not arrive.
  constexpr std::size_t longest_between_neighbours = 80;
  set.net.loses = [&, works = set.net.loses](Endpoint const& from, Endpoint const& to, Bytes datagram) {
    bool const is_passed_on = from == set.relays[0]->endpoint() && datagram.size() > longest_between_neighbours;
    return works(from, to, datagram) || (is_passed_on && to == gateway.endpoint());
  };
  REQUIRE(set.talks_until([&] { return set.client.routing().engaged; }, 5s));
  set.net.run(2s);
  REQUIRE(set.client.routing().engaged);
  CHECK(set.client.routing().trying == gateway.id());
}
