// Nodes on one link that nobody told of each other.
#include <doctest/doctest.h>

#include <algorithm>

#include "support/virtual_network.hpp"
#include "wire/beacon.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

control::Settings finding(control::Connect connect = control::Connect::automatic) {
  control::Settings settings;
  settings.discovery = control::DiscoverySettings{connect};
  return settings;
}

bool is_connected(Node const& node, NodeId const& to) {
  auto const peer = node.peer(to);
  return peer && peer->state == control::PeerState::active;
}

/// What clients see of the neighbours now.
std::map<std::uint32_t, control::NeighbourView> neighbours(Node const& node) {
  std::map<std::uint32_t, control::NeighbourView> now;
  for (auto const& note : node.notes) {
    if (auto const* const view = std::get_if<control::NeighbourView>(&note)) now[view->number] = *view;
    if (auto const* const gone = std::get_if<control::NeighbourGone>(&note)) now.erase(gone->number);
  }
  return now;
}

std::size_t count_events(Node const& node, control::PeerEventKind kind) {
  return static_cast<std::size_t>(std::ranges::count_if(node.notes, [&](control::Note const& note) {
    auto const* const event = std::get_if<control::PeerEvent>(&note);
    return event != nullptr && event->kind == kind;
  }));
}

std::size_t initiations(VirtualNetwork const& net, IpAddress const& to) {
  return static_cast<std::size_t>(
      std::ranges::count_if(net.sent, [&](auto const& one) { return one.first.ip == to && one.second[0] == 1; }));
}

Buffer beacon_of(Node const& node, std::uint64_t epoch = 7) {
  SeededEntropy entropy{3};
  return wire::Beacons("pim", {}).make({node.key(), 9100, epoch, 0}, entropy);
}

}  // namespace

TEST_CASE("two nodes on one link meet without an entry, by one handshake, and show each other") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding());
  auto& b = net.add("b", "192.0.2.2", finding());
  a.start();
  b.start();
  CHECK(net.run_until([&] { return is_connected(a, b.id()) && is_connected(b, a.id()); }, 2s));
  net.run(1min);
  CHECK(initiations(net, *parse_ip("192.0.2.1")) + initiations(net, *parse_ip("192.0.2.2")) == 1);
  CHECK(count_events(a, control::PeerEventKind::discovered) == 1);
  REQUIRE(neighbours(a).size() == 1);
  auto const seen = neighbours(a).begin()->second;
  CHECK(seen.id == b.id());
  CHECK(to_string(seen.address) == "192.0.2.2:9100");
  CHECK(seen.mechanism == discovery::Mechanism::broadcast);
  CHECK(a.peer(b.id())->trust == trust::Level::first_use);
  CHECK(a.trusted.pins.empty());
}

TEST_CASE("discovery makes nobody a gateway and admits nobody to this host") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding());
  auto& b = net.add("b", "192.0.2.2", finding());
  a.start();
  b.start();
  net.run(5s);
  REQUIRE(is_connected(a, b.id()));
  CHECK_FALSE(a.peer(b.id())->named_gateway);
  CHECK(a.host_plan->admitted.empty());
}

TEST_CASE("nobody is heard or called over another link, under another network name or another secret") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding());
  auto& far = net.add("far", "192.0.3.2", finding());
  auto other = finding();
  other.network = "other";
  auto& elsewhere = net.add("elsewhere", "192.0.2.3", other);
  auto closed = finding();
  closed.secret = "a secret of sixteen";
  auto& insider = net.add("insider", "192.0.2.4", closed);
  auto& second = net.add("second", "192.0.2.5", closed);
  for (auto* const node : {&a, &far, &elsewhere, &insider, &second}) node->start();
  net.run(10s);
  CHECK(neighbours(a).empty());
  CHECK(neighbours(far).empty());
  CHECK(neighbours(elsewhere).empty());
  CHECK(a.drops(Drop::foreign_beacon) > 0);
  CHECK(is_connected(insider, second.id()));
  CHECK(neighbours(insider).size() == 1);
}

TEST_CASE("under allow_list a node is silent without a secret, and calls and admits the listed alone") {
  VirtualNetwork net;
  auto& b = net.add("b", "192.0.2.2", finding());
  auto& c = net.add("c", "192.0.2.3", finding());
  auto strict = finding();
  strict.policy = trust::Policy::allow_list;
  strict.allow_list = {b.id()};
  auto& a = net.add("a", "192.0.2.1", strict);
  for (auto* const node : {&a, &b, &c}) node->start();
  net.run(30s);
  CHECK(std::ranges::none_of(net.beacons, [](auto const& one) { return one.first.ip == *parse_ip("192.0.2.1"); }));
  CHECK(is_connected(a, b.id()));
  CHECK_FALSE(a.peer(c.id()));
  CHECK(neighbours(a).size() == 2);
  CHECK(initiations(net, *parse_ip("192.0.2.3")) <= 1);  // b may
  CHECK(neighbours(b).size() == 1);
  CHECK(neighbours(c).size() == 1);

  VirtualNetwork closed;
  strict.secret = "a secret of sixteen";
  auto& d = closed.add("d", "192.0.2.1", strict);
  d.start();
  closed.run(5s);
  REQUIRE_FALSE(closed.beacons.empty());
  CHECK(closed.beacons[0].second.size() == wire::sealed_beacon_size);
}

TEST_CASE("connect = never lists neighbours and calls none; connect = known calls those met before") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding(control::Connect::never));
  auto& b = net.add("b", "192.0.2.2", finding(control::Connect::never));
  auto& c = net.add("c", "192.0.2.3", finding(control::Connect::known));
  for (auto* const node : {&a, &b, &c}) node->start();
  net.run(1min);
  CHECK(neighbours(a).size() == 2);
  CHECK(neighbours(b).size() == 2);
  CHECK(std::ranges::none_of(net.sent, [](auto const& one) { return one.second[0] == 1; }));

  trust::Record record;
  record.id = b.id();
  record.key = b.key();
  c.kill();
  c.trusted.records = {record};
  c.start();
  net.run(10s);
  CHECK(is_connected(c, b.id()));
  CHECK_FALSE(is_connected(c, a.id()));
}

TEST_CASE("without discovery a node neither sends beacons nor hears them") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1");
  auto& b = net.add("b", "192.0.2.2", finding(control::Connect::never));
  a.start();
  b.start();
  net.run(1min);
  CHECK(neighbours(a).empty());
  CHECK(neighbours(b).empty());
  CHECK(std::ranges::none_of(net.beacons, [](auto const& one) { return one.first.ip == *parse_ip("192.0.2.1"); }));
}

TEST_CASE("a neighbour that restarts is met again within seconds, one that vanishes is gone after three minutes") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding());
  auto& b = net.add("b", "192.0.2.2", finding());
  a.start();
  b.start();
  net.run(5min);
  REQUIRE(is_connected(a, b.id()));
  b.kill();
  b.trusted = {};
  b.start();
  CHECK(net.run_until([&] { return is_connected(b, a.id()); }, 3s));
  b.kill();
  net.run(100s);
  CHECK(neighbours(a).size() == 1);
  net.run(171s);
  CHECK(neighbours(a).empty());
}

TEST_CASE("a link that comes later is used within a second") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding());
  auto& b = net.add("b", "192.0.2.2", finding());
  a.start();
  a.host(control::LinksChanged{});
  b.start();
  net.run(5min);
  CHECK(neighbours(a).empty());
  plan::Link const uplink{"up0", 2,   true, true, "", {{*parse_ip("192.0.2.1"), 24}}, plan::Medium::bluetooth,
                          true,  true};
  a.host(control::LinksChanged{{{uplink}}, {}});
  CHECK(net.run_until([&] { return is_connected(a, b.id()) && is_connected(b, a.id()); }, 2s));
}

TEST_CASE("clients are told on what kind of link a peer is, and that it moved to another") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding());
  auto& b = net.add("b", "192.0.2.2", finding());
  plan::Link link{"bnep0", 2, true, false, "", {{*parse_ip("192.0.2.1"), 24}}, plan::Medium::bluetooth, true, true};
  a.start();
  a.host(control::LinksChanged{{{link}}, {}});
  b.start();
  REQUIRE(net.run_until([&] { return is_connected(a, b.id()); }, 2s));
  CHECK(a.peer(b.id())->medium == plan::Medium::bluetooth);
  CHECK(b.peer(a.id())->medium == plan::Medium::other);
  link.medium = plan::Medium::wifi_direct;
  a.host(control::LinksChanged{{{link}}, {}});
  CHECK(net.run_until([&] { return a.peer(b.id())->medium == plan::Medium::wifi_direct; }, 2min));
}

TEST_CASE("links that are down, ports of a bridge, without address or without broadcast are not spoken on") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding());
  a.start();
  a.host(control::LinksChanged{});
  net.beacons.clear();
  plan::Link good{"up0", 2, true, true, "", {{*parse_ip("192.0.2.1"), 24}}, plan::Medium::other, true, true};
  for (auto const spoil : {+[](plan::Link& link) { link.up = false; }, +[](plan::Link& link) { link.is_port = true; },
                           +[](plan::Link& link) { link.addresses.clear(); },
                           +[](plan::Link& link) { link.can_broadcast = link.can_multicast = false; }}) {
    auto link = good;
    spoil(link);
    a.host(control::LinksChanged{{{link}}, {}});
    net.run(10s);
    CHECK(net.beacons.empty());
  }
  a.host(control::LinksChanged{{{good}}, {}});
  net.run(10s);
  CHECK_FALSE(net.beacons.empty());
}

TEST_CASE("a recorded beacon played back elsewhere leads nowhere, and moves nobody") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding());
  auto& b = net.add("b", "192.0.2.2", finding());
  a.start();
  b.start();
  net.run(10s);
  REQUIRE(is_connected(a, b.id()));
  net.sent.clear();
  for (int i = 0; i < 100; ++i) {
    net.broadcast({*parse_ip("192.0.2.66"), 9101, 0}, beacon_of(b, static_cast<std::uint64_t>(i)));
    net.run(100ms);
  }
  CHECK(initiations(net, *parse_ip("192.0.2.66")) == 0);
  CHECK(a.peer(b.id())->endpoint->ip == *parse_ip("192.0.2.2"));
  CHECK(is_connected(a, b.id()));
}

TEST_CASE("a forged beacon costs one attempt, ends in silence and leaves nothing behind") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", finding());
  a.start();
  SeededEntropy entropy{9};
  net.broadcast({*parse_ip("192.0.2.66"), 9101, 0},
                wire::Beacons("pim", {}).make({entropy.value<PublicKey>(), 9100, 1, 0}, entropy));
  net.run(4s);
  CHECK(initiations(net, *parse_ip("192.0.2.66")) <= 4);
  CHECK(initiations(net, *parse_ip("192.0.2.66")) >= 1);
  CHECK(a.trusted.records.empty());
  CHECK(a.pair_failures().empty());
  CHECK(count_events(a, control::PeerEventKind::connected) == 0);
}

TEST_CASE("an entry whose address is wrong is met by discovery, and counts as connected") {
  VirtualNetwork net;
  auto& b = net.add("b", "192.0.2.2", finding());
  auto settings = finding();
  control::PeerEntry entry;
  entry.entry_id = "entry";
  entry.address = {"192.0.2.99", 9100};
  entry.public_key = b.key();
  settings.peers = {entry};
  auto& a = net.add("a", "192.0.2.1", settings);
  a.start();
  b.start();
  CHECK(net.run_until([&] { return is_connected(a, b.id()); }, 4s));
  CHECK(a.peer(b.id())->entry_id == "entry");
  CHECK(a.peer(b.id())->named_gateway);
}

TEST_CASE("two friends who have nothing to say cost each other a beacon in five minutes and never lose each other") {
  for (std::uint32_t head_start = 0; head_start < 100; head_start += 9) {
    VirtualNetwork net;
    auto& a = net.add("a", "192.0.2.1", finding());
    auto& b = net.add("b", "192.0.2.2", finding());
    a.start();
    net.run(std::chrono::milliseconds{head_start});  // at first so close that both call
    b.start();
    net.run(10min);
    auto const wakes = a.wakes;
    auto const beacons = net.beacons.size();
    net.run(3h);
    CHECK(net.beacons.size() - beacons <= 3 * 26);
    CHECK(a.wakes - wakes <= 3 * 90);
    CHECK(count_events(a, control::PeerEventKind::disconnected) == 0);
    CHECK(count_events(b, control::PeerEventKind::disconnected) == 0);
  }
}
