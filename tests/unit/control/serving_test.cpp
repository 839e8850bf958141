// A node that shares its internet: what it says of that is true.
#include <doctest/doctest.h>

#include <algorithm>

#include "mesh/addresses.hpp"
#include "support/virtual_network.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

control::GatewaySettings sharing(std::uint8_t priority = 100) {
  control::GatewaySettings settings{.nat_interface = "up0"};
  settings.priority = priority;
  return settings;
}

/// A client, routing on, and the gateway that it uses.
struct Shared {
  VirtualNetwork net;
  Node& client = net.add("client", "192.0.2.1", dialling({"192.0.2.10"}));
  Node& gateway = net.add("gateway", "192.0.2.10");

  Shared() {
    gateway.start();
    client.start();
    net.run(2s);
    gateway.command(control::EnableGateway{sharing()});
    client.command(control::SetSplitDefault{true});
    net.run(2s);
    REQUIRE(is_used());
  }
  [[nodiscard]] bool is_used() const { return client.routing().gateway == gateway.id(); }
  bool is_refused(control::Command command) {
    auto const answer = gateway.answer(gateway.command(std::move(command)));
    return answer && std::holds_alternative<control::Refused>(*answer);
  }
};

}  // namespace

TEST_CASE("a gateway whose host does not share any more says so, and shares again when it does") {
  Shared set;
  std::uint64_t const last = 1000;  // of whatever plan it was
  set.gateway.host(control::PlanApplied{last, "nft is gone", {}});
  set.net.run(1s);
  CHECK_FALSE(set.gateway.serving().active);
  CHECK_FALSE(set.is_used());
  CHECK(set.client.routing().engaged);
  set.gateway.host(control::PlanApplied{last, "", {}});
  set.net.run(15s);
  CHECK(set.gateway.serving().active);
  CHECK(set.is_used());
}

TEST_CASE("what is asked of a gateway and refused by its host changes nothing") {
  Shared set;
  set.gateway.refuse_plans = "no such interface";
  CHECK(set.is_refused(control::EnableGateway{sharing(7)}));
  set.gateway.refuse_plans.clear();
  set.gateway.host(control::LinksChanged{{{set.gateway.uplink()}}, {*parse_ip("192.0.2.54")}});  // another plan
  set.net.run(15s);
  CHECK(set.gateway.serving().active);
  CHECK(set.gateway.serving().settings.priority == 100);
  CHECK(set.gateway.saved.gateway->priority == 100);
  CHECK(set.is_used());
}

TEST_CASE("who waits for the host is answered when another request overtakes, or the daemon stops") {
  for (bool const stops : {true, false}) {
    Shared set;
    set.gateway.answers_plans = false;
    auto const waiting = set.gateway.command(control::EnableGateway{sharing(7)});
    CHECK_FALSE(set.gateway.answer(waiting));
    if (stops)
      set.gateway.command(control::Shutdown{});
    else
      set.gateway.command(control::DisableGateway{});
    auto const answer = set.gateway.answer(waiting);
    REQUIRE(answer);
    CHECK(std::holds_alternative<control::Refused>(*answer));
  }
}

TEST_CASE("a begin of sharing, or of routing, that cannot be stored is not answered as done, and is stored later") {
  VirtualNetwork net;
  for (auto const& [name, command] : {std::pair{"gateway", control::Command{control::EnableGateway{sharing()}}},
                                      {"client", control::Command{control::SetSplitDefault{true}}}}) {
    auto& node = net.add(name, "192.0.2.1");
    node.start();
    node.disk_error = "No space left on device";
    for (int i = 0; i < 2; ++i) {
      auto const answer = node.answer(node.command(command));
      REQUIRE(answer);
      CHECK(std::holds_alternative<control::Refused>(*answer));
    }
    node.disk_error.clear();
    net.run(31s);
    CHECK((node.saved.gateway.has_value() || node.saved.routing_answer == true));
    node.kill();
  }
}

TEST_CASE("an end of sharing, or of routing, that cannot be stored is not answered as done") {
  Shared set;
  auto const is_done = [&](Node& node, control::Command command) {
    auto const answer = node.answer(node.command(std::move(command)));
    REQUIRE(answer);
    return !std::holds_alternative<control::Refused>(*answer);
  };
  set.gateway.disk_error = set.client.disk_error = "No space left on device";
  for (int i = 0; i < 2; ++i) {  // asked again, it is as little stored
    CHECK_FALSE(is_done(set.gateway, control::DisableGateway{}));
    CHECK_FALSE(is_done(set.client, control::SetSplitDefault{false}));
  }
  CHECK_FALSE(set.gateway.serving().active);
  CHECK_FALSE(set.client.routing().on);
  set.gateway.disk_error.clear();
  set.client.disk_error.clear();
  CHECK(is_done(set.gateway, control::DisableGateway{}));
  CHECK(is_done(set.client, control::SetSplitDefault{false}));
  CHECK_FALSE(set.gateway.saved.gateway);
  CHECK(set.client.saved.routing_answer == false);
}

TEST_CASE("a gateway says who goes through it, though nobody did for a while or it went through another itself") {
  Shared set;
  auto const goes_through = [&] {
    set.client.send_packet(udp_packet(mesh::v4_alias(set.client.id()), *parse_ip("198.51.100.7")));
    set.net.run(6s);
    auto const view = set.gateway.serving();
    return view.active && view.peers_through_me == std::vector{set.client.id()};
  };
  CHECK(goes_through());
  set.client.kill();
  set.net.run(200s);
  CHECK(set.gateway.serving().peers_through_me.empty());
  set.client.start();
  set.net.run(5s);
  CHECK(goes_through());
  set.gateway.command(control::SetSplitDefault{true});
  set.net.run(6s);
  CHECK(set.gateway.serving().peers_through_me.empty());
  set.gateway.command(control::SetSplitDefault{false});
  set.net.run(15s);
  CHECK(goes_through());
}

TEST_CASE("a node that could not read its state keeps the block, and turns it off when it is told to") {
  VirtualNetwork net;
  auto& node = net.add("node", "192.0.2.1");
  node.saved.routing_answer = true;
  node.impaired = control::Impairment{"it is not JSON"};
  node.start();
  net.run(1s);
  REQUIRE(node.routing().engaged);
  for (auto const& command :
       {control::Command{control::SetSplitDefault{false}}, control::Command{control::DisableGateway{}}}) {
    auto const answer = node.answer(node.command(command));
    REQUIRE(answer);
    CHECK_FALSE(std::holds_alternative<control::Refused>(*answer));
  }
  CHECK_FALSE(node.routing().on);
  CHECK(node.saved.routing_answer == true);  // nothing is written over
}
