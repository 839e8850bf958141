// Whom the user allows as a gateway, before and after it was met.
#include <doctest/doctest.h>

#include <algorithm>

#include "mesh/addresses.hpp"
#include "support/virtual_network.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// client - relay - gateway: the two ends do not reach each other, and nobody named the gateway.
struct Unmet {
  VirtualNetwork net;
  Node& client = net.add("client", "192.0.2.1", dialling({"192.0.2.9"}));
  Node& relay = net.add("relay", "192.0.2.9");
  Node& gateway = net.add("gateway", "192.0.2.2", dialling({"192.0.2.9"}));
  bool is_cut = false;  ///< the relay passes nothing on to the gateway

  Unmet() {
    gateway.settings.gateway = control::GatewaySettings{.nat_interface = "up0"};
    net.loses = [this](Endpoint const& from, Endpoint const& to, Bytes) {
      bool const is_cabled = from == relay.endpoint() || to == relay.endpoint();
      return !is_cabled || (is_cut && to == gateway.endpoint());
    };
  }
  void start() {
    for (auto* const node : {&relay, &client, &gateway}) node->start();
    net.run(3s);
  }
  control::Answer allow(NodeId const& id, bool allowed = true) {
    auto const answer = client.answer(client.command(control::AllowGateway{{to_string(id)}, allowed}));
    REQUIRE(answer);
    return *answer;
  }
  bool is_allowed(NodeId const& id) {
    auto const answer = allow(id);
    if (auto const* const refused = std::get_if<control::Refused>(&answer)) refusal = refused->message;
    return std::holds_alternative<control::Done>(answer);
  }
  std::string refusal;
};

}  // namespace

TEST_CASE("a gateway behind a relay is allowed before it was met, is met then, and carries the internet") {
  Unmet set;
  set.start();
  REQUIRE(set.client.peer(set.gateway.id()));
  REQUIRE_FALSE(set.client.peer(set.gateway.id())->last_handshake);
  CHECK(set.is_allowed(set.gateway.id()));
  set.net.run(1s);
  auto const seen = set.client.peer(set.gateway.id());
  CHECK(seen->offer);
  CHECK(seen->named_gateway);
  auto const& records = set.client.trusted.records;
  auto const record = std::ranges::find(records, set.gateway.id(), &trust::Record::id);
  REQUIRE(record != records.end());
  CHECK(record->gateway_allowed);
  set.client.command(control::SetSplitDefault{true});
  CHECK(set.client.routing().gateway == set.gateway.id());
}

TEST_CASE("consent that was given before the first meeting outlives a restart, and is taken back like any other") {
  Unmet set;
  set.start();
  set.is_cut = true;
  CHECK(set.is_allowed(set.gateway.id()));
  CHECK(set.client.saved.gateways_allowed == std::vector{set.gateway.id()});
  set.client.kill();
  set.relay.kill();
  set.client.start();
  set.net.run(1s);
  auto const is_listed = [&] {
    auto const answer = set.client.answer(set.client.command(control::ListRoutes{}));
    auto const& list = std::get<control::RoutesListed>(*answer).gateways;
    return std::ranges::any_of(list, [&](auto const& one) { return one.id == set.gateway.id() && one.named; });
  };
  CHECK(is_listed());
  SUBCASE("it is met") {
    set.is_cut = false;
    set.relay.start();
    set.client.command(control::SetSplitDefault{true});
    CHECK(set.net.run_until([&] { return set.client.routing().gateway == set.gateway.id(); }, 10s));
  }
  SUBCASE("the user disallows it") {
    CHECK(std::holds_alternative<control::Done>(set.allow(set.gateway.id(), false)));
    CHECK_FALSE(is_listed());
  }
  SUBCASE("the user forgets it") {
    set.client.command(control::ForgetPeer{{to_string(set.gateway.id())}});
    CHECK_FALSE(is_listed());
  }
}

TEST_CASE("whom nobody reaches or trust refuses cannot be allowed, and the answer says which it is") {
  Unmet set;
  set.client.settings.policy = trust::Policy::allow_list;
  set.client.settings.allow_list = {set.relay.id()};
  set.start();
  CHECK_FALSE(set.is_allowed(set.gateway.id()));
  CHECK(set.refusal.find("trust does not admit") != std::string::npos);
  CHECK(set.refusal.find("allow_list") != std::string::npos);
  CHECK_FALSE(set.is_allowed(NodeId{{0x77}}));
  CHECK(set.refusal.find("no peer's id begins with") != std::string::npos);
  CHECK(set.client.saved.gateways_allowed.empty());
}

TEST_CASE("a consent that is refused leaves what was disallowed as it was") {
  Unmet set;
  set.client.settings.policy = trust::Policy::allow_list;
  set.client.settings.allow_list = {set.relay.id()};
  set.start();
  CHECK(std::holds_alternative<control::Done>(set.allow(set.gateway.id(), false)));
  REQUIRE(set.client.saved.gateways_disallowed == std::vector{set.gateway.id()});
  CHECK_FALSE(set.is_allowed(set.gateway.id()));
  set.net.run(1s);
  set.client.command(control::SetSplitDefault{true});  // stores anew
  CHECK(set.client.saved.gateways_disallowed == std::vector{set.gateway.id()});
}

TEST_CASE("a gateway that was only met, and is gone for long, is called every second where it was until it is back") {
  for (auto const budget : {4500ms, 5000ms, 20000ms}) {
    VirtualNetwork net;
    control::Settings finding;
    finding.discovery = control::DiscoverySettings{};
    finding.handshake_timeout = budget;
    auto& client = net.add("client", "192.0.2.1", finding);
    auto& gateway = net.add("gateway", "192.0.2.2", finding);
    gateway.settings.gateway = control::GatewaySettings{.nat_interface = "up0"};
    for (auto* const node : {&client, &gateway}) node->start();
    net.run(3s);
    client.command(control::AllowGateway{{to_string(gateway.id())}, true});
    client.command(control::SetSplitDefault{true});
    net.run(1s);
    REQUIRE(client.routing().gateway == gateway.id());
    net.loses = [](Endpoint const&, Endpoint const&, Bytes) { return true; };
    net.run(20min);
    client.kill();  // no endpoint of a session is left, only what was stored
    client.settings.discovery.reset();
    net.run(1min);
    client.start();
    net.run(1min);
    auto const calls = [&] {
      return std::ranges::count_if(net.sent, [&](auto const& one) {
        return one.first == gateway.endpoint() && one.second.size() == wire::initiation_size;
      });
    };
    auto const before = calls();
    net.run(1min);
    CHECK(calls() - before >= 50);
    CHECK(calls() - before <= 70);
    CHECK(client.routing().engaged);
    CHECK(client.routing().trying == gateway.id());
    net.loses = {};
    CHECK(net.run_until([&] { return client.routing().gateway == gateway.id(); }, 1500ms));
    net.run(1min);
    auto const settled = calls();
    net.run(1min);
    CHECK(calls() == settled);
  }
}
