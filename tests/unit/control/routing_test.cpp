#include <doctest/doctest.h>

#include <algorithm>

#include "mesh/addresses.hpp"
#include "support/virtual_network.hpp"
#include "wire/control.hpp"
#include "wire/kind.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;
using Events = std::vector<std::string>;

namespace {

control::PeerEntry entry(std::string const& address) {
  control::PeerEntry peer;
  peer.entry_id = address;
  peer.address = {address, 9100};
  return peer;
}

control::Settings gateway_settings() {
  control::Settings settings;
  settings.gateway = control::GatewaySettings{"up0"};
  return settings;
}

struct Client {
  explicit Client(int gateway_count = 1) {
    control::Settings settings;
    for (int i = 0; i < gateway_count; ++i) settings.peers.push_back(entry("192.0.2." + std::to_string(10 + i)));
    client = &net.add("client", "192.0.2.1", settings);
    for (int i = 0; i < gateway_count; ++i)
      gateways.push_back(&net.add("gw", "192.0.2." + std::to_string(10 + i), gateway_settings()));
  }

  void start() {
    for (auto* const gateway : gateways) gateway->start();
    client->start();
    net.run(1s);
    client->notes.clear();
  }

  /// A packet to the internet; whether some gateway got it.
  bool reaches_internet() {
    auto const before = received();
    client->send_packet(udp_packet(client_v4(), *parse_ip("198.51.100.7")));
    net.run(20ms);
    return received() > before;
  }

  [[nodiscard]] std::size_t received() const {
    std::size_t sum = 0;
    for (auto const* const gateway : gateways) sum += gateway->delivered.size();
    return sum;
  }
  [[nodiscard]] IpAddress client_v4() const { return mesh::v4_alias(client->id()); }

  std::optional<control::Answer> route(bool on) {
    return client->answer(client->command(control::SetSplitDefault{on}));
  }

  VirtualNetwork net;
  Node* client;
  std::vector<Node*> gateways;
};

}  // namespace

TEST_CASE("turning on selects the gateway, then says so, and the internet is reached through it") {
  Client set;
  set.start();
  CHECK_FALSE(set.reaches_internet());
  auto const answer = set.route(true);
  REQUIRE(answer);
  CHECK(std::get<control::SplitDefaultSet>(*answer).via == set.gateways[0]->id());
  CHECK(set.client->status_events() == Events{"gateway_selected", "route_on"});
  REQUIRE(set.client->host_plan);
  CHECK(set.client->host_plan->routing == plan::Routing::on);
  CHECK(set.reaches_internet());
  CHECK(set.client->saved.routing_answer == true);
}

TEST_CASE("a gateway that dies under traffic is known within three seconds, blocked, and cleared when it returns") {
  Client set;
  set.start();
  REQUIRE(set.route(true));
  auto const killed = set.net.boot;
  set.gateways[0]->kill();
  CHECK(set.net.run_until(
      [&] {
        set.client->send_packet(udp_packet(set.client_v4(), *parse_ip("198.51.100.7")));
        set.net.run(20ms);
        return set.client->routing().engaged;
      },
      3s));
  CHECK(set.net.boot - killed <= 3s);
  CHECK(set.client->routing().cause == control::BlockCause::gateway_lost);
  CHECK_FALSE(set.client->routing().gateway);
  CHECK(set.client->routing().last_gateway == set.gateways[0]->id());
  CHECK(set.client->host_plan->routing == plan::Routing::on);
  auto const blocked = set.client->drops(Drop::blocked);
  set.client->send_packet(udp_packet(set.client_v4(), *parse_ip("198.51.100.7")));
  CHECK(set.client->drops(Drop::blocked) == blocked + 1);

  set.gateways[0]->start();
  CHECK(set.net.run_until([&] { return set.reaches_internet(); }, 2s));
  CHECK(set.client->status_events() ==
        Events{"gateway_selected", "route_on", "gateway_lost", "kill_switch+", "kill_switch-", "gateway_selected"});
  REQUIRE(set.route(false));
  CHECK(set.client->status_events().back() == "route_off");
  CHECK(set.client->host_plan->routing == plan::Routing::off);
  CHECK(set.client->saved.routing_answer == false);
}

TEST_CASE("a pause of a second does not cost the only gateway, and of two it may cost the first") {
  for (int const gateways : {1, 2}) {
    Client set(gateways);
    set.start();
    REQUIRE(set.route(true));
    auto const selected = set.client->routing().gateway;
    auto const until = set.net.boot + 1200ms;
    set.net.loses = [&, paused = set.gateways[0]->id() == selected ? set.gateways[0] : set.gateways.back()](
                        Endpoint const& from, Endpoint const& to, Bytes) {
      return set.net.boot < until && (from == paused->endpoint() || to == paused->endpoint());
    };
    for (int i = 0; i < 200; ++i) (void)set.reaches_internet();
    CHECK_FALSE(set.client->routing().engaged);
    auto const events = set.client->status_events();
    CHECK(std::count(events.begin(), events.end(), "kill_switch+") == 0);
    CHECK((set.client->routing().gateway == selected) == (gateways == 1));
  }
}

TEST_CASE("a gateway that dies before its link was proven is known to be gone though nobody talks") {
  Client set;
  auto const reply_size = wire::to_bytes(wire::ProbeReply{}).size() + wire::data_overhead;
  set.net.loses = [&](Endpoint const& from, Endpoint const&, Bytes datagram) {
    return from == set.gateways[0]->endpoint() && datagram.size() == reply_size;
  };
  set.start();
  REQUIRE(set.route(true));
  REQUIRE(set.client->routing().gateway == set.gateways[0]->id());
  set.gateways[0]->kill();
  CHECK(set.net.run_until([&] { return set.client->routing().engaged; }, 30s));
}

TEST_CASE("turning on without any gateway is no error: the block is armed and its cause is said") {
  for (bool const named : {false, true}) {
    Client set(named ? 1 : 0);
    set.client->start();
    set.net.run(1s);
    set.client->notes.clear();
    auto const answer = set.route(true);
    REQUIRE(answer);
    auto const& done = std::get<control::SplitDefaultSet>(*answer);
    CHECK(done.on);
    CHECK_FALSE(done.via);
    CHECK(set.client->status_events() == Events{"route_on", "kill_switch+"});
    CHECK(set.client->routing().cause ==
          (named ? control::BlockCause::no_gateway_yet : control::BlockCause::no_gateway_allowed));
  }
}

TEST_CASE("when the host cannot be armed routing is refused and nothing stays behind") {
  Client set;
  set.start();
  set.client->refuse_plans = "nft is missing";
  auto const answer = set.route(true);
  REQUIRE(answer);
  CHECK(std::get<control::Refused>(*answer).why == control::Refusal::route_failed);
  CHECK(std::get<control::Refused>(*answer).message.find("nft is missing") != std::string::npos);
  CHECK_FALSE(set.client->routing().on);
  CHECK(set.client->saved.routing_answer == false);
  CHECK(set.client->status_events().empty());
}

TEST_CASE("without a tunnel routing is refused with the reason") {
  Client set;
  set.client->tunnel = false;
  set.start();
  auto const answer = set.route(true);
  REQUIRE(answer);
  CHECK(std::get<control::Refused>(*answer).message.find("no permission") != std::string::npos);
}

TEST_CASE("the answer is stored before anything is armed, and a restart comes back blocked") {
  Client set;
  set.start();
  REQUIRE(set.route(true));
  CHECK_FALSE(set.client->armed_unstored);
  set.client->kill();
  set.client->notes.clear();
  for (auto* const gateway : set.gateways) gateway->kill();
  set.client->start();
  CHECK(set.client->routing().on);
  CHECK(set.client->routing().engaged);
  CHECK(set.client->host_plan->routing == plan::Routing::on);
  CHECK_FALSE(set.reaches_internet());
}

TEST_CASE("a failure to arm again after a restart opens nothing and is said as the gravest cause") {
  Client set;
  set.start();
  REQUIRE(set.route(true));
  set.client->kill();
  set.client->refuse_plans = "the table does not load";
  set.client->start();
  set.net.run(1s);
  CHECK(set.client->routing().on);
  CHECK(set.client->routing().cause == control::BlockCause::arming_failed);
  CHECK_FALSE(set.client->routing().gateway);
  CHECK(set.client->saved.routing_answer == true);
}

TEST_CASE("a failed release leaves the block in place") {
  Client set;
  set.start();
  REQUIRE(set.route(true));
  set.client->refuse_plans = "netlink refused";
  auto const answer = set.route(false);
  REQUIRE(answer);
  CHECK(std::holds_alternative<control::Refused>(*answer));
  CHECK(set.client->routing().on);
  CHECK(set.client->saved.routing_answer == true);
}

TEST_CASE("stopping keeps the block unless it is released") {
  for (bool const release : {false, true}) {
    Client set;
    set.start();
    REQUIRE(set.route(true));
    (void)set.client->command(control::Shutdown{release});
    bool const finished = std::any_of(set.client->notes.begin(), set.client->notes.end(),
                                      [](auto const& note) { return std::holds_alternative<control::Finished>(note); });
    CHECK(finished);
    CHECK(set.client->host_plan.has_value() == !release);
    if (!release) CHECK(set.client->host_plan->routing == plan::Routing::on);
    CHECK(set.client->saved.routing_answer == true);
  }
}

TEST_CASE("a stranger trusted on first use that offers internet is never a gateway") {
  Client set(0);
  auto stranger_settings = gateway_settings();
  stranger_settings.gateway->priority = 0;
  stranger_settings.peers = {entry("192.0.2.1")};
  auto& stranger = set.net.add("stranger", "192.0.2.99", stranger_settings);
  set.start();
  stranger.start();
  set.net.run(2s);
  REQUIRE(set.client->peer(stranger.id()));
  CHECK(set.client->peer(stranger.id())->offer);
  CHECK_FALSE(set.client->peer(stranger.id())->named_gateway);
  REQUIRE(set.route(true));
  CHECK(set.client->routing().engaged);
  set.client->send_packet(udp_packet(set.client_v4(), *parse_ip("198.51.100.7")));
  set.net.run(1s);
  CHECK(stranger.delivered.empty());

  (void)set.client->command(control::AllowGateway{{to_string(stranger.id())}, true});
  CHECK(set.client->routing().gateway == stranger.id());
  (void)set.client->command(control::AllowGateway{{to_string(stranger.id())}, false});
  CHECK(set.client->routing().engaged);
}

TEST_CASE("once the user took back the gateway in use nothing was lost: nobody is named, or nobody else was reached") {
  Client set;
  bool is_another_named = false;
  SUBCASE("nobody else is named") {}
  SUBCASE("another one is named") { is_another_named = true; }
  if (is_another_named) set.client->settings.gateways = {NodeId{{0x77}}};
  set.start();
  REQUIRE(set.route(true));
  control::NodeName const name{to_string(set.gateways[0]->id())};
  (void)set.client->command(control::AllowGateway{name, false});
  REQUIRE(set.client->routing().engaged);
  CHECK(set.client->routing().cause ==
        (is_another_named ? control::BlockCause::no_gateway_yet : control::BlockCause::no_gateway_allowed));
  (void)set.client->command(control::AllowGateway{name, true});
  CHECK(set.client->routing().gateway == set.gateways[0]->id());
}

TEST_CASE("a gateway that was allowed and met in an earlier run is named, though it is away") {
  Client set(0);
  auto settings = gateway_settings();
  settings.peers = {entry("192.0.2.1")};
  auto& gateway = set.net.add("gateway", "192.0.2.99", settings);
  set.start();
  gateway.start();
  set.net.run(2s);
  (void)set.client->command(control::AllowGateway{{to_string(gateway.id())}, true});
  set.net.run(1s);
  gateway.kill();
  set.client->kill();
  set.client->start();
  REQUIRE(set.route(true));
  CHECK(set.client->routing().cause == control::BlockCause::no_gateway_yet);
}

TEST_CASE("the second gateway takes over without the block being opened") {
  Client set(2);
  set.start();
  REQUIRE(set.route(true));
  auto* const first = set.client->routing().gateway == set.gateways[0]->id() ? set.gateways[0] : set.gateways[1];
  auto* const second = first == set.gateways[0] ? set.gateways[1] : set.gateways[0];
  set.client->notes.clear();
  first->kill();
  CHECK(set.net.run_until(
      [&] {
        set.client->send_packet(udp_packet(set.client_v4(), *parse_ip("198.51.100.7")));
        set.net.run(20ms);
        return set.client->routing().gateway == second->id();
      },
      3s));
  CHECK(set.client->status_events() == Events{"gateway_lost", "gateway_selected"});
}

TEST_CASE("a gateway whose uplink goes down withdraws its offer") {
  Client set;
  set.start();
  REQUIRE(set.route(true));
  set.gateways[0]->host(control::LinksChanged{});
  set.net.run(100ms);
  CHECK(set.client->routing().engaged);
  CHECK(set.client->routing().cause == control::BlockCause::gateway_lost);
}

TEST_CASE("a node that routes its own internet through the mesh does not serve, and says why") {
  Client set;
  set.start();
  REQUIRE(set.route(true));
  auto const answer = set.client->answer(set.client->command(control::EnableGateway{{"up0"}}));
  REQUIRE(answer);
  CHECK(std::get<control::Refused>(*answer).why == control::Refusal::preflight_failed);
}

TEST_CASE("what a gateway sends from a source that is not the internet is dropped") {
  Client set;
  set.start();
  REQUIRE(set.route(true));
  REQUIRE(set.reaches_internet());
  auto& gateway = *set.gateways[0];
  for (auto const* source : {"10.1.2.3", "127.0.0.1", "224.0.0.1", "10.77.3.3", "192.168.0.1"})
    gateway.send_packet(udp_packet(*parse_ip(source), set.client_v4()));
  gateway.send_packet(udp_packet(*parse_ip("198.51.100.7"), set.client_v4()));
  set.net.run(1s);
  CHECK(set.client->delivered.size() == 1);
  CHECK(set.client->drops(Drop::bad_inner_source) == 5);
}
