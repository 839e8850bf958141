// From one gateway to another: what a working one is left for, and what becomes of the one that was left.
#include <doctest/doctest.h>

#include <algorithm>

#include "mesh/addresses.hpp"
#include "support/virtual_network.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// A client with two gateways that it names in `order`, or leaves to what they say of themselves; routing is on.
struct TwoGateways {
  enum class Order : std::uint8_t { of_user, of_gateways };

  VirtualNetwork net;
  Node& client = net.add("client", "192.0.2.1", dialling({"192.0.2.10", "192.0.2.11"}));
  Node& first = net.add("first", "192.0.2.10");
  Node& second = net.add("second", "192.0.2.11");

  explicit TwoGateways(Order order) {
    for (auto* const gateway : {&first, &second}) gateway->settings.gateway = offer(100);
    if (order == Order::of_user)
      client.settings.gateways = {first.id(), second.id()};
    else
      first.settings.gateway = offer(50);
    for (auto* const node : {&first, &second, &client}) node->start();
    net.run(30s);
    client.command(control::SetSplitDefault{true});
    net.run(1s);
    REQUIRE(uses(first));
    client.dns_forgotten = 0;
  }

  [[nodiscard]] static control::GatewaySettings offer(std::uint8_t priority) {
    control::GatewaySettings settings{.nat_interface = "up0"};
    settings.priority = priority;
    return settings;
  }
  static void say_priority(Node& gateway, std::uint8_t priority) {
    gateway.command(control::EnableGateway{offer(priority)});
  }
  static void set_uplink(Node& gateway, bool is_up) {
    gateway.host(is_up ? control::LinksChanged{{{gateway.uplink()}}, {}} : control::LinksChanged{});
  }
  [[nodiscard]] bool uses(Node const& gateway) const { return client.routing().gateway == gateway.id(); }
  /// How often one was selected; the first time included.
  [[nodiscard]] std::ptrdiff_t times_selected() const {
    auto const events = client.status_events();
    return std::count(events.begin(), events.end(), "gateway_selected");
  }
  /// Whether what the gateway sends from the internet is let in.
  bool is_heard(Node& gateway) {
    auto const before = client.delivered.size();
    gateway.send_packet(udp_packet(*parse_ip("198.51.100.7"), mesh::v4_alias(client.id())));
    net.run(20ms);
    return client.delivered.size() > before;
  }
  control::GatewayView line_of(Node const& gateway) {
    auto const answer = client.answer(client.command(control::ListRoutes{}));
    REQUIRE(answer);
    auto const& list = std::get<control::RoutesListed>(*answer).gateways;
    auto const at = std::ranges::find_if(list, [&](auto const& one) { return one.id == gateway.id(); });
    REQUIRE(at != list.end());
    return *at;
  }
};
using Order = TwoGateways::Order;

}  // namespace

TEST_CASE("a gateway whose offer comes and goes is left once, and taken again when it lasted") {
  TwoGateways set(Order::of_user);
  for (int i = 0; i < 10; ++i) {
    set.set_uplink(set.first, false);
    set.net.run(1s);
    CHECK(set.uses(set.second));
    set.set_uplink(set.first, true);
    set.net.run(1s);
    CHECK(set.uses(set.second));
  }
  CHECK(set.times_selected() == 2);
  CHECK(set.line_of(set.first).usable_for < 2s);
  CHECK(set.line_of(set.first).reason.find("so far 0 s") != std::string::npos);
  set.net.run(8s);
  CHECK(set.line_of(set.first).reason.find("so far 8 s") != std::string::npos);
  CHECK(set.uses(set.second));
  set.net.run(2s);
  CHECK(set.uses(set.first));
}

TEST_CASE("a gateway whose link leads nowhere any more withdraws its offer, and says so") {
  for (auto const spoil : {+[](plan::Link& link) { link.up = false; },
                           +[](plan::Link& link) { link.has_default_v4 = link.has_default_v6 = false; },
                           +[](plan::Link& link) { link.has_default_v4 = false; },  // all its addresses are of IPv4
                           +[](plan::Link& link) { link.addresses.clear(); }}) {
    TwoGateways set(Order::of_user);
    auto link = set.first.uplink();
    spoil(link);
    set.first.host(control::LinksChanged{{{link}}, {}});
    set.net.run(1s);
    CHECK(set.uses(set.second));
    CHECK(set.line_of(set.first).reason == "does not offer its internet now");
    CHECK(set.first.logged("up0 leads to no internet any more; nothing is shared until it does") == 1);
  }
}

TEST_CASE("who shares already and says how once more is answered") {
  TwoGateways set(Order::of_user);
  auto const id = set.first.command(control::EnableGateway{TwoGateways::offer(7)});
  set.net.run(100ms);
  auto const answer = set.first.answer(id);
  REQUIRE(answer);
  CHECK(std::holds_alternative<control::Done>(*answer));
  CHECK(set.line_of(set.first).offer->priority == 7);
}

TEST_CASE(
    "a gateway says which families it carries and how busy it is, and the idle one that carries both goes first") {
  TwoGateways set(Order::of_gateways);
  auto both = set.second.uplink();
  both.addresses.push_back({*parse_ip("2001:db8::20"), 64});
  set.second.host(control::LinksChanged{{{both}}, {}});
  set.say_priority(set.first, 100);
  set.second.host(control::GatewayLoad{30});
  set.net.run(1s);
  auto const first = set.line_of(set.first), second = set.line_of(set.second);
  REQUIRE((first.offer && second.offer));
  CHECK(*first.offer == control::GatewayOffer{100, 0, true, false});
  CHECK(*second.offer == control::GatewayOffer{100, 30, true, true});
  CHECK(second.score < first.score);
  CHECK(set.uses(set.first));
  set.net.run(10s);
  CHECK(set.uses(set.second));
  set.second.command(control::DisableGateway{});
  set.net.run(1s);
  set.say_priority(set.second, 100);
  set.net.run(1s);
  CHECK(set.line_of(set.second).offer->load == 0);
}

TEST_CASE("a gateway that praises itself more and less each second is not taken, and is usable all the time") {
  TwoGateways set(Order::of_gateways);
  for (int i = 0; i < 10; ++i) {
    set.say_priority(set.second, 10);
    set.net.run(1s);
    set.say_priority(set.second, 200);
    set.net.run(1s);
  }
  CHECK(set.times_selected() == 1);
  set.say_priority(set.second, 10);
  set.net.run(3s);
  CHECK(set.line_of(set.second).reason.find("so far 2 s") != std::string::npos);
  CHECK(set.line_of(set.second).usable_for > 30s);
  CHECK(set.uses(set.first));
  set.net.run(8s);
  CHECK(set.uses(set.second));
}

TEST_CASE("the gateway in use may let others go first for a moment, and is left when that lasts") {
  TwoGateways set(Order::of_gateways);
  for (int i = 0; i < 10; ++i) {
    set.say_priority(set.first, 200);
    set.net.run(1s);
    set.say_priority(set.first, 50);
    set.net.run(1s);
  }
  CHECK(set.times_selected() == 1);
  set.say_priority(set.first, 200);
  set.net.run(9s);
  CHECK(set.uses(set.first));
  set.net.run(2s);
  CHECK(set.uses(set.second));
}

TEST_CASE("a better gateway that the user allows is taken at once") {
  TwoGateways set(Order::of_user);
  control::NodeName const name{to_string(set.first.id())};
  set.client.command(control::AllowGateway{name, false});
  set.net.run(20s);
  REQUIRE(set.uses(set.second));
  set.client.command(control::AllowGateway{name, true});
  set.net.run(10ms);
  CHECK(set.uses(set.first));
}

TEST_CASE("a gateway that begins to route its own internet through the mesh withdraws its offer") {
  TwoGateways set(Order::of_user);
  set.first.command(control::SetSplitDefault{true});
  set.net.run(500ms);
  CHECK(set.uses(set.second));
  CHECK(set.line_of(set.first).reason == "does not offer its internet now");
}

TEST_CASE("with the gateway the redirected resolver queries are forgotten") {
  TwoGateways set(Order::of_user);
  set.net.run(20s);
  CHECK(set.client.dns_forgotten == 0);
  set.set_uplink(set.first, false);
  set.net.run(1s);
  REQUIRE(set.uses(set.second));
  CHECK(set.client.dns_forgotten == 1);
}

TEST_CASE("what a gateway that was left still delivers is let in for a minute, and not longer") {
  TwoGateways set(Order::of_user);
  CHECK_FALSE(set.is_heard(set.second));
  set.set_uplink(set.first, false);
  set.net.run(1s);
  REQUIRE(set.uses(set.second));
  CHECK(set.is_heard(set.first));
  set.net.run(58s);
  CHECK(set.is_heard(set.first));
  set.net.run(2s);
  CHECK_FALSE(set.is_heard(set.first));
}

TEST_CASE("a gateway that the user takes back is not heard any more from that moment") {
  for (bool const is_left_already : {false, true}) {
    CAPTURE(is_left_already);
    TwoGateways set(Order::of_user);
    if (is_left_already) set.set_uplink(set.first, false);
    set.net.run(1s);
    REQUIRE(set.uses(is_left_already ? set.second : set.first));
    REQUIRE(set.is_heard(set.first));
    set.client.command(control::AllowGateway{{to_string(set.first.id())}, false});
    CHECK_FALSE(set.is_heard(set.first));
    CHECK(set.is_heard(set.second));
  }
}

TEST_CASE("a gateway whose entry the user removes is not heard any more from that moment") {
  VirtualNetwork net;
  auto& client = net.add("client", "192.0.2.1");
  auto& gateway = net.add("gateway", "192.0.2.10");
  gateway.settings.gateway = TwoGateways::offer(100);
  gateway.start();
  client.start();
  client.command(control::AddPeer{"192.0.2.10:9100"});
  net.run(2s);
  client.command(control::SetSplitDefault{true});
  net.run(1s);
  REQUIRE(client.routing().gateway == gateway.id());
  client.command(control::RemovePeer{.node = control::NodeName{to_string(gateway.id())}});
  CHECK(client.routing().engaged);
  gateway.send_packet(udp_packet(*parse_ip("198.51.100.7"), mesh::v4_alias(client.id())));
  net.run(1s);
  CHECK(client.delivered.empty());
}
