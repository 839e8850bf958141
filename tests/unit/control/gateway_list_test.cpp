// The gateways as clients are told of them: in which order they would be taken, and why.
#include <doctest/doctest.h>

#include <algorithm>

#include "mesh/addresses.hpp"
#include "support/virtual_network.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// A client, and three nodes that share their internet; the user named two of them, in an order of his own.
struct Choice {
  VirtualNetwork net;
  Node& client = net.add("client", "192.0.2.1");
  std::vector<Node*> gateways;
  std::optional<control::CommandId> asked;

  Choice() {
    control::Settings sharing;
    sharing.gateway = control::GatewaySettings{"up0"};
    for (auto const* const last : {"10", "11", "12"}) {
      auto settings = sharing;
      settings.peers.push_back({"entry", {"192.0.2.1", 9100}, {}, {}, {}});
      gateways.push_back(&net.add("gw", std::string("192.0.2.") + last, settings));
    }
    client.settings.gateways = {gateways[1]->id(), gateways[0]->id()};
  }
  void start() {
    for (auto* const gateway : gateways) gateway->start();
    client.start();
    net.run(12s);
  }
  std::vector<control::GatewayView> list() {
    auto const answer = client.answer(client.command(control::ListRoutes{}));
    REQUIRE(answer);
    return std::get<control::RoutesListed>(*answer).gateways;
  }
};

}  // namespace

TEST_CASE("gateways stand in the order in which they are taken, with the parts that decide") {
  Choice choice;
  choice.start();
  choice.client.command(control::SetSplitDefault{true});
  choice.net.run(1s);
  auto const list = choice.list();
  REQUIRE(list.size() == 3);
  auto const &first = list[0], &second = list[1], &stranger = list[2];
  CHECK(first.id == choice.gateways[1]->id());
  CHECK(first.selected);
  CHECK(first.order == 0);
  CHECK(first.offer);
  CHECK(first.metric >= 128);
  CHECK(first.usable_for > 1s);
  CHECK(first.reason.find("first usable in your order") != std::string::npos);
  CHECK(second.id == choice.gateways[0]->id());
  CHECK_FALSE(second.selected);
  CHECK(second.order == 1);
  CHECK(second.score > first.score);
  CHECK(second.reason.find("later in your order") != std::string::npos);
  CHECK(stranger.id == choice.gateways[2]->id());
  CHECK_FALSE(stranger.named);
  CHECK(stranger.usable);
  CHECK(stranger.reason.find("did not allow") != std::string::npos);

  // Told and done: the one in use goes, and the next in the list takes over.
  choice.gateways[1]->kill();
  auto const moved = [&] {
    choice.client.send_packet(udp_packet(mesh::v4_alias(choice.client.id()), *parse_ip("203.0.113.9")));
    return choice.client.routing().gateway == second.id;
  };
  CHECK(choice.net.run_until(moved, 5s));
  auto const after = choice.list();
  CHECK(after[0].id == second.id);
  CHECK(after[0].reason == "the only usable one");
  auto const lost = std::find_if(after.begin(), after.end(), [&](auto const& one) { return one.id == first.id; });
  REQUIRE(lost != after.end());
  CHECK_FALSE(lost->usable);
  CHECK_FALSE(lost->selected);
  CHECK(lost->reason == "no way leads to it");

  // It comes back: better, and has to last.
  choice.gateways[1]->start();
  choice.net.run(4s);
  auto const back = choice.list();
  CHECK(back[0].id == second.id);
  CHECK(back[0].reason.find("a better one is taken once") != std::string::npos);
  CHECK(back[1].id == first.id);
  CHECK(back[1].score < back[0].score);
  CHECK(back[1].reason.find("taken once it has been so for 10 s, so far") != std::string::npos);
}

TEST_CASE("while routing is off the list says what would happen, and selects nobody") {
  Choice choice;
  choice.start();
  auto const list = choice.list();
  REQUIRE(list.size() == 3);
  for (auto const& one : list) CHECK_FALSE(one.selected);
  CHECK(list[0].id == choice.gateways[1]->id());
  CHECK(list[0].reason == "routing is off; first usable in your order");
}

TEST_CASE("a gateway that was named and never heard of is listed with what is missing") {
  Choice choice;
  NodeId const nobody{{0x77}};
  choice.client.settings.gateways.push_back(nobody);
  choice.start();
  auto const list = choice.list();
  auto const found = std::find_if(list.begin(), list.end(), [&](auto const& one) { return one.id == nobody; });
  REQUIRE(found != list.end());
  CHECK(found->named);
  CHECK(found->order == 2);
  CHECK_FALSE(found->via);
  CHECK_FALSE(found->metric);
  CHECK(found->reason == "no way leads to it");
}

TEST_CASE("without a word from it nobody says what a gateway behind a relay offers") {
  VirtualNetwork net;
  control::Settings sharing;
  sharing.gateway = control::GatewaySettings{"up0"};
  sharing.peers.push_back({"entry", {"192.0.2.2", 9100}, {}, {}, {}});
  auto& far = net.add("far", "192.0.2.3", sharing);
  auto& relay = net.add("relay", "192.0.2.2");
  control::Settings settings;
  settings.gateways = {far.id()};
  settings.peers.push_back({"entry", {"192.0.2.2", 9100}, {}, {}, {}});
  auto& client = net.add("client", "192.0.2.1", settings);
  net.loses = [&](Endpoint const& from, Endpoint const& to, Bytes) {
    return from.ip != relay.endpoint().ip && to.ip != relay.endpoint().ip;
  };
  for (auto* const node : {&far, &relay, &client}) node->start();
  net.run(5s);
  auto const answer = client.answer(client.command(control::ListRoutes{}));
  auto const& list = std::get<control::RoutesListed>(*answer).gateways;
  // The relay is named as well, as an entry: it could be used if it offered.
  REQUIRE(list.size() == 2);
  CHECK(list[1].id == relay.id());
  CHECK(list[1].reason == "does not offer its internet now");
  CHECK(list[0].id == far.id());
  CHECK(list[0].hops == 2);
  CHECK(list[0].via == relay.id());
  CHECK_FALSE(list[0].offer);
  CHECK_FALSE(list[0].usable);
  CHECK(list[0].reason.find("no session with it yet") != std::string::npos);
}
