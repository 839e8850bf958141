// Who is called, by which ways and how soon: entries, named gateways, and what others can do about it.
#include <doctest/doctest.h>

#include <algorithm>

#include "line.hpp"
#include "wire/kind.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

control::PeerEntry keyed_entry(std::string const& host, Node const& peer) {
  control::PeerEntry entry;
  entry.entry_id = "entry-" + host;
  entry.address = {host, 9100};
  entry.public_key = peer.key();
  return entry;
}

}  // namespace

TEST_CASE("a gateway that came back beside the one in use is called at once when that one is lost") {
  for (auto const gone : {600s, 611s, 622s, 633s, 644s}) {
    VirtualNetwork net;
    auto& client = net.add("client", "192.0.2.1", dialling({"192.0.2.10", "192.0.2.11"}));
    auto& first = net.add("first", "192.0.2.10");
    auto& second = net.add("second", "192.0.2.11");
    for (auto* const gateway : {&first, &second})
      gateway->settings.gateway = control::GatewaySettings{.nat_interface = "up0"};
    second.settings.gateway->priority = 200;
    for (auto* const node : {&first, &second, &client}) node->start();
    net.run(30s);
    client.command(control::SetSplitDefault{true});
    net.run(1s);
    REQUIRE(client.routing().gateway == first.id());
    second.kill();
    net.run(gone);
    second.trusted = {};  // it calls nobody
    second.start();
    auto const talk = [&] {
      client.send_packet(udp_packet(client.mesh_v6(), first.mesh_v6()));
      net.run(20ms);
      return client.routing().gateway == second.id();
    };
    first.kill();
    CHECK(net.run_until(talk, 4s));
  }
}

TEST_CASE("while a relay carries the session of an entry whose link broke, the user's own address is called again") {
  Line line;
  line.a.settings.peers.push_back(keyed_entry("b.example", line.b));
  line.link(line.a, line.b);
  line.start();
  line.a.host(control::NameResolved{"b.example", {*parse_ip("192.0.2.2")}});
  line.net.run(5s);
  REQUIRE(line.a.peer(line.b.id())->state == control::PeerState::active);
  line.cut(line.a, line.b);
  SUBCASE("it breaks while they talk") {}
  SUBCASE("it leads to another life, which came by the relay") {
    line.b.kill();
    line.b.start();
  }
  (void)line.lost_while_talking(5s);
  REQUIRE(line.a.peer(line.b.id())->state == control::PeerState::relayed);
  line.a.host(control::NameResolved{"b.example", {*parse_ip("192.0.2.77")}});
  line.net.run(70s);
  Endpoint const moved{*parse_ip("192.0.2.77"), 9100, 0};
  CHECK(std::ranges::any_of(line.net.sent, [&](auto const& one) { return one.first == moved; }));
  CHECK(line.a.pair_failures().empty());  // it is reached
  CHECK(line.lost_while_talking(1s) == 0);
}

TEST_CASE("of two addresses of one node that was never met, the wrong one does not stand in the way of the right one") {
  VirtualNetwork net;
  auto& b = net.add("b", "192.0.2.2");
  auto& a = net.add("a", "192.0.2.1");
  a.settings.peers = {keyed_entry("192.0.2.2", b), keyed_entry("192.0.2.99", b)};
  b.start();
  a.start();
  net.run(300ms);
  auto const peer = a.peer(b.id());
  REQUIRE(peer);
  CHECK(peer->state == control::PeerState::active);
}

TEST_CASE("an address that is added while another one of the node is tried in vain is called at once") {
  VirtualNetwork net;
  auto& b = net.add("b", "192.0.2.2");
  auto& a = net.add("a", "192.0.2.1");
  a.settings.peers = {keyed_entry("192.0.2.99", b)};
  b.start();
  a.start();
  net.run(4s);  // the last initiation went out at 3.5 s
  a.command(control::AddPeer{"192.0.2.2", "", {}, b.key()});
  net.run(200ms);
  auto const peer = a.peer(b.id());
  REQUIRE(peer);
  CHECK(peer->state == control::PeerState::active);
}

TEST_CASE("while the internet is blocked the address that the user said is called every second, met or not") {
  VirtualNetwork net;
  auto& gateway = net.add("gateway", "192.0.2.2");
  auto& client = net.add("client", "192.0.2.1");
  client.settings.peers = {keyed_entry("192.0.2.2", gateway)};
  client.saved.routing_answer = true;
  client.start();
  net.run(1s);
  for (int i = 0; i < 60; ++i) {
    net.sent.clear();
    net.run(1100ms);
    CHECK(std::ranges::any_of(net.sent,
                              [](auto const& one) { return wire::peek(one.second) == wire::Kind::initiation; }));
  }
}

TEST_CASE("an address that the user adds is called at once, however many of the node are called already") {
  Line line;
  auto entry = keyed_entry("many.example", line.b);
  line.a.settings.peers.push_back(entry);
  line.a.settings.gateways = {line.b.id()};
  line.start();
  line.a.command(control::SetSplitDefault{true});
  line.cut(line.b, line.r);
  line.net.run(90s);  // the session is gone, and it is called at the addresses of the name
  std::vector<IpAddress> many;
  for (int i = 70; i < 74; ++i) many.push_back(*parse_ip("192.0.2." + std::to_string(i)));
  line.a.host(control::NameResolved{"many.example", many});
  line.net.run(10s);
  line.link(line.a, line.b);
  line.a.command(control::AddPeer{"192.0.2.2", "", {}, line.b.key()});
  line.net.run(300ms);
  CHECK(line.a.peer(line.b.id())->state == control::PeerState::active);
}

TEST_CASE("junk from where a gateway was last does not keep it from being called through a relay") {
  Line line;
  line.b.settings.gateway = control::GatewaySettings{.nat_interface = "up0"};
  line.a.settings.gateways = {line.b.id()};
  line.link(line.a, line.b);
  line.b.settings.peers.push_back(dialling({"192.0.2.1"}).peers.front());
  line.start();
  line.net.run(5s);
  line.a.command(control::SetSplitDefault{true});
  line.net.run(1s);
  REQUIRE(line.a.routing().gateway == line.b.id());
  line.cut(line.a, line.b);
  line.cut(line.b, line.r);
  for (auto* const node : {&line.a, &line.b}) node->kill();
  line.b.settings.peers.pop_back();  // it calls the relay alone
  line.b.trusted = {};
  line.a.notes.clear();
  line.a.start();
  line.b.start();
  std::uint16_t port = 20000;
  auto const spam = [&] {
    Buffer junk(64, 0x55);
    junk[0] = static_cast<std::uint8_t>(wire::Kind::data);
    line.net.inject({line.b.endpoint().ip, ++port, 0}, line.a.endpoint(), junk);
    line.net.run(50ms);
    return line.a.routing().gateway == line.b.id();
  };
  CHECK_FALSE(line.net.run_until(spam, 20s));
  line.link(line.b, line.r);
  CHECK(line.net.run_until(spam, 5s));
}
