// What "which way does it go" answers, for nodes in every state and for addresses of every kind.
#include <doctest/doctest.h>

#include <algorithm>

#include "mesh/addresses.hpp"
#include "support/virtual_network.hpp"
#include "wire/control.hpp"
#include "wire/kind.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;
using control::Course;

namespace {

/// near - relay - far: the two ends do not reach each other.
struct Ends {
  VirtualNetwork net;
  Node& near = net.add("near", "192.0.2.1", dialling({"192.0.2.9"}));
  Node& relay = net.add("relay", "192.0.2.9");
  Node& far = net.add("far", "192.0.2.2", dialling({"192.0.2.9"}));

  Ends() {
    net.loses = [this](Endpoint const& from, Endpoint const& to, Bytes) {
      return from != relay.endpoint() && to != relay.endpoint();
    };
  }
  void start() {
    for (auto* const node : {&relay, &near, &far}) node->start();
    net.run(2s);
  }
  void talk() { near.send_packet(udp_packet(near.mesh_v6(), far.mesh_v6())); }
  /// The answer; where there is none, the refusal as its reason.
  control::RouteExplained explain(std::string const& target) {
    auto const answer = near.answer(near.command(control::ExplainRoute{target}));
    REQUIRE(answer);
    auto const* const way = std::get_if<control::RouteExplained>(&*answer);
    return way ? *way : control::RouteExplained{.reason = std::get<control::Refused>(*answer).message};
  }
  /// Of one link each: the local network, and containers.
  void plug_in() {
    plan::Link lan{.name = "eth0", .index = 2, .up = true, .is_uplink = true, .kind = {}, .addresses = {}};
    lan.addresses = {{*parse_ip("192.168.99.10"), 24}, {*parse_ip("fdaa:99::10"), 64}};
    plan::Link bridge{.name = "cbr0", .index = 3, .up = true, .is_uplink = false, .kind = "bridge", .addresses = {}};
    bridge.addresses = {{*parse_ip("172.18.0.1"), 16}};
    near.host(control::LinksChanged{{{lan, bridge}}, {}});
  }
};

bool says(control::RouteExplained const& way, std::string_view words) {
  return way.reason.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("while another way to a peer is sought it is neither a neighbour nor behind a relay, and then it is gone") {
  Ends ends;
  ends.start();
  ends.talk();
  ends.net.run(1s);
  REQUIRE(ends.near.peer(ends.far.id())->state == control::PeerState::relayed);
  REQUIRE(ends.explain(to_string(ends.far.id())).course == Course::relayed);
  ends.relay.kill();
  std::size_t sought = 0;
  for (int i = 0; i < 250; ++i, ends.net.run(20ms)) {
    ends.talk();
    auto const way = ends.explain(to_string(ends.far.mesh_v6()));
    auto const state = ends.near.peer(ends.far.id())->state;
    REQUIRE(way.course != Course::direct);
    REQUIRE(state != control::PeerState::active);
    CHECK((way.course == Course::relayed) == (state == control::PeerState::relayed));
    if (says(way, "being sought")) ++sought;
    if (!says(way, "being sought")) continue;
    CHECK(way.course == Course::unreachable);
    CHECK(state == control::PeerState::connecting);
    CHECK_FALSE(way.via);
    CHECK(way.hops == 0);
  }
  CHECK(sought > 10);
  CHECK(says(ends.explain(to_string(ends.far.id())), "no neighbour announces a way"));
}

TEST_CASE("a neighbour that was just met is one, though its link is not proven yet") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", dialling({"192.0.2.2"}));
  auto& b = net.add("b", "192.0.2.2");
  auto const reply_size = wire::to_bytes(wire::ProbeReply{}).size() + wire::data_overhead;
  net.loses = [&](Endpoint const&, Endpoint const&, Bytes datagram) { return datagram.size() == reply_size; };
  b.start();
  a.start();
  net.run(1s);
  for (auto* const pair : {&a, &b}) {
    auto const& other = pair == &a ? b : a;
    CHECK(pair->peer(other.id())->state == control::PeerState::active);
    auto const answer = pair->answer(pair->command(control::ExplainRoute{to_string(other.id())}));
    auto const way = std::get<control::RouteExplained>(*answer);
    CHECK(way.course == Course::direct);
    CHECK(says(way, "has not been proven"));
  }
}

TEST_CASE("a node that trust refuses is reached by nobody, whether it is named by its address or by its id") {
  Ends ends;
  ends.near.settings.policy = trust::Policy::allow_list;
  ends.near.settings.allow_list = {ends.relay.id()};
  ends.start();
  for (auto const& target :
       {to_string(ends.far.mesh_v6()), to_string(ends.far.id()), to_string(mesh::v4_alias(ends.far.id()))}) {
    CAPTURE(target);
    auto const way = ends.explain(target);
    CHECK(way.course == Course::unreachable);
    CHECK(way.node == ends.far.id());
    CHECK_FALSE(way.via);
    CHECK(says(way, "trust does not admit it"));
  }
  CHECK(ends.explain(to_string(ends.relay.id())).course == Course::direct);
}

TEST_CASE("this node is found by its own id") {
  Ends ends;
  ends.start();
  for (auto const& target : {to_string(ends.near.id()), short_id(ends.near.id())})
    CHECK(ends.explain(target).course == Course::to_self);
  CHECK(says(ends.explain("ffffffff"), "no peer's id begins with"));
}

TEST_CASE("an address of this host's other links stays here, routing on or not") {
  Ends ends;
  ends.near.settings.allow_lan = false;
  ends.start();
  ends.plug_in();
  for (bool const is_on : {false, true}) {
    CAPTURE(is_on);
    ends.near.command(control::SetSplitDefault{is_on});
    ends.net.run(1s);
    for (auto const* const own : {"192.168.99.10", "fdaa:99::10", "172.18.0.1"})
      CHECK(ends.explain(own).course == Course::to_self);
    CHECK(says(ends.explain("127.0.0.1"), "never leaves this host"));
    CHECK(says(ends.explain("fe80::1"), "never leaves the link"));
  }
}

TEST_CASE("what the block lets out to the networks of this host is told as it is") {
  Ends ends;
  bool is_lan_open = false;
  SUBCASE("with the exception for the local network") { is_lan_open = true; }
  SUBCASE("without") {}
  ends.near.settings.allow_lan = is_lan_open;
  ends.start();
  ends.plug_in();
  ends.near.command(control::SetSplitDefault{true});
  ends.net.run(1s);
  auto const where_open = is_lan_open ? Course::as_before : Course::unreachable;
  CHECK(ends.explain("192.168.99.77").course == (is_lan_open ? Course::as_before : Course::blocked));
  CHECK(ends.explain("172.18.0.5").course == where_open);
  for (auto const* const group : {"224.0.0.251", "239.255.255.250", "255.255.255.255", "ff02::fb", "ff02::c"}) {
    CAPTURE(group);
    CHECK(ends.explain(group).course == where_open);
  }
  CHECK(says(ends.explain("224.0.0.251"), is_lan_open ? "5353" : "no multicast or broadcast leaves"));
  for (auto const* const group : {"239.1.2.3", "224.0.0.1", "ff02::1", "ff05::2"}) {
    CAPTURE(group);
    auto const way = ends.explain(group);
    CHECK(way.course == Course::unreachable);
    CHECK(says(way, "no multicast or broadcast leaves"));
  }
  CHECK(ends.explain("169.254.7.7").course == Course::unreachable);
  CHECK(ends.explain("203.0.113.1").course == Course::blocked);
}

TEST_CASE("a private address that a gateway would refuse is told so") {
  Ends ends;
  ends.far.settings.gateway = control::GatewaySettings{.nat_interface = "up0"};
  ends.near.settings.gateways = {ends.far.id()};
  ends.start();
  ends.near.command(control::SetSplitDefault{true});
  ends.net.run(2s);
  REQUIRE(ends.near.routing().gateway == ends.far.id());
  for (auto const* const address : {"10.1.2.3", "100.64.1.1", "fd12::1"}) {
    CAPTURE(address);
    auto const way = ends.explain(address);
    CHECK(way.course == Course::through_gateway);
    CHECK(way.hops == 2);
    CHECK(says(way, "allow_private"));
  }
  CHECK_FALSE(says(ends.explain("203.0.113.1"), "allow_private"));
  // Kept while its way is sought, and nothing gets there.
  ends.relay.kill();
  bool is_sought = false;
  for (int i = 0; i < 150 && !is_sought; ++i, ends.net.run(20ms)) {
    ends.near.send_packet(udp_packet(mesh::v4_alias(ends.near.id()), *parse_ip("203.0.113.1")));
    auto const way = ends.explain("203.0.113.1");
    is_sought = says(way, "being sought");
    if (is_sought) CHECK(way.course == Course::unreachable);
  }
  CHECK(is_sought);
}
