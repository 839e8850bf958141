#include <doctest/doctest.h>

#include <algorithm>

#include "support/virtual_network.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

control::PeerEntry entry(std::string const& address) {
  control::PeerEntry peer;
  peer.entry_id = "entry-" + address;
  peer.address = {address, 9100};
  return peer;
}

control::Settings with_peer(control::PeerEntry peer) {
  control::Settings settings;
  settings.peers = {std::move(peer)};
  return settings;
}

bool is_connected(Node const& node, NodeId const& to) {
  auto const peer = node.peer(to);
  return peer && peer->state == control::PeerState::active;
}

std::size_t count_starting(std::vector<std::string> const& reasons, std::string const& words) {
  return static_cast<std::size_t>(
      std::count_if(reasons.begin(), reasons.end(), [&](auto const& one) { return one.starts_with(words); }));
}

}  // namespace

TEST_CASE("an address alone is enough: the key is asked for, pinned, and both sides connect") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", with_peer(entry("192.0.2.2")));
  auto& b = net.add("b", "192.0.2.2");
  b.start();
  a.start();
  net.run(1s);
  CHECK(is_connected(a, b.id()));
  CHECK(is_connected(b, a.id()));
  CHECK(a.peer(b.id())->name == "b");
  CHECK(a.peer(b.id())->trust == trust::Level::first_use);
  REQUIRE(a.trusted.pins.size() == 1);
  CHECK(a.trusted.pins[0].id == b.id());
  CHECK(a.trusted.pins[0].address == "192.0.2.2:9100");
}

TEST_CASE("packets cross in both directions once connected") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", with_peer(entry("192.0.2.2")));
  auto& b = net.add("b", "192.0.2.2");
  b.start();
  a.start();
  net.run(1s);
  auto const there = udp_packet(a.mesh_v6(), b.mesh_v6()), back = udp_packet(b.mesh_v6(), a.mesh_v6());
  a.send_packet(there);
  b.send_packet(back);
  net.run(1s);
  REQUIRE(b.delivered.size() == 1);
  CHECK(b.delivered[0] == there);
  REQUIRE(a.delivered.size() == 1);
  CHECK(a.delivered[0] == back);
}

TEST_CASE("a silent address ends with a timeout after five seconds, and is tried again later") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", with_peer(entry("192.0.2.9")));
  a.start();
  net.run(4999ms);
  CHECK(a.pair_failures().empty());
  net.run(2ms);
  REQUIRE(a.pair_failures().size() == 1);
  CHECK(a.pair_failures()[0].starts_with("timeout"));
  auto const sent = net.sent.size();
  net.run(20s);
  CHECK(net.sent.size() > sent);
  CHECK(a.pair_failures().size() == 1);  // one event a minute
}

TEST_CASE("under allow_list a stranger is refused in silence and the refusing side says so") {
  VirtualNetwork net;
  control::Settings strict;
  strict.policy = trust::Policy::allow_list;
  auto& b = net.add("b", "192.0.2.2", strict);
  auto peer = entry("192.0.2.2");
  peer.public_key = b.key();
  auto& a = net.add("a", "192.0.2.1", with_peer(peer));
  b.start();
  a.start();
  net.run(6s);
  REQUIRE(b.pair_failures().size() == 1);
  CHECK(b.pair_failures()[0].starts_with("untrusted peer ID"));
  CHECK(b.drops(Drop::untrusted_peer) > 0);
  CHECK(count_starting(a.pair_failures(), "timeout") == 1);
  for (auto const& [to, datagram] : net.sent) CHECK(to == b.endpoint());
}

TEST_CASE("another key behind a pinned address is untrusted and the pin stays") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", with_peer(entry("192.0.2.2")));
  auto& b = net.add("b", "192.0.2.2");
  b.start();
  a.start();
  net.run(1s);
  auto const pins = a.trusted.pins;
  b.kill();
  a.kill();
  auto& impostor = net.add("impostor", "192.0.2.2");
  impostor.start();
  a.start();
  net.run(8s);
  REQUIRE(count_starting(a.pair_failures(), "untrusted peer ID") == 1);
  CHECK(a.pair_failures().back().find(to_string(impostor.id())) != std::string::npos);
  CHECK(a.trusted.pins == pins);
  CHECK_FALSE(is_connected(a, impostor.id()));
}

TEST_CASE("a configured key that another node answers for is a rejected handshake") {
  VirtualNetwork net;
  auto& other = net.add("other", "192.0.2.3");
  auto peer = entry("192.0.2.2");
  peer.public_key = other.key();
  auto& a = net.add("a", "192.0.2.1", with_peer(peer));
  auto& b = net.add("b", "192.0.2.2");
  b.start();
  a.start();
  net.run(6s);
  REQUIRE(a.pair_failures().size() == 1);
  CHECK(a.pair_failures()[0].starts_with("noise handshake rejected"));
  CHECK_FALSE(is_connected(a, b.id()));
}

TEST_CASE("after forgetting, both sides meet again as for the first time") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", with_peer(entry("192.0.2.2")));
  auto& b = net.add("b", "192.0.2.2");
  b.start();
  a.start();
  net.run(1s);
  auto const verified = a.command(control::VerifyPeer{{to_string(b.id()).substr(0, 8)}});
  REQUIRE(a.answer(verified));
  CHECK(a.peer(b.id())->trust == trust::Level::verified);
  auto const forgotten = a.command(control::ForgetPeer{{to_string(b.id()).substr(0, 8)}});
  REQUIRE(a.answer(forgotten));
  CHECK(std::get<control::PeerForgotten>(*a.answer(forgotten)).forgot_identity);
  net.run(3s);
  CHECK(is_connected(a, b.id()));
  CHECK(a.peer(b.id())->trust == trust::Level::first_use);
  (void)b.command(control::ForgetPeer{{to_string(a.id())}});
  net.run(10s);
  CHECK(is_connected(a, b.id()));
  CHECK(is_connected(b, a.id()));
}

TEST_CASE("a short id that two peers share is refused with both named") {
  VirtualNetwork net;
  control::Settings settings;
  auto first = entry("192.0.2.2"), second = entry("192.0.2.3");
  first.node_id = parse_node_id("0123456700000000000000000000000a");
  second.node_id = parse_node_id("0123456700000000000000000000000b");
  settings.peers = {first, second};
  auto& a = net.add("a", "192.0.2.1", settings);
  a.start();
  auto const answer = a.answer(a.command(control::ForgetPeer{{"01234567"}}));
  REQUIRE(answer);
  auto const& refused = std::get<control::Refused>(*answer);
  CHECK(refused.why == control::Refusal::ambiguous_id);
  CHECK(refused.candidates.size() == 2);
  CHECK(refused.message.find("0123456700000000000000000000000b") != std::string::npos);
}

TEST_CASE("under allow_all a stranger connects and nothing is pinned") {
  VirtualNetwork net;
  auto settings = with_peer(entry("192.0.2.2"));
  settings.policy = trust::Policy::allow_all;
  auto& a = net.add("a", "192.0.2.1", settings);
  auto& b = net.add("b", "192.0.2.2", settings);
  b.settings.peers.clear();
  b.start();
  a.start();
  net.run(1s);
  CHECK(is_connected(a, b.id()));
  CHECK(a.peer(b.id())->trust == trust::Level::open);
  CHECK(a.trusted.pins.empty());
}

TEST_CASE("nodes of different networks or secrets never meet") {
  for (bool const by_secret : {false, true}) {
    VirtualNetwork net;
    auto settings = with_peer(entry("192.0.2.2"));
    (by_secret ? settings.secret : settings.network) = "elsewhere";
    auto& a = net.add("a", "192.0.2.1", settings);
    auto& b = net.add("b", "192.0.2.2");
    b.start();
    a.start();
    net.run(6s);
    CHECK_FALSE(is_connected(a, b.id()));
    for (auto const& [to, datagram] : net.sent) CHECK(to == b.endpoint());  // silence
  }
}

TEST_CASE("a secret shared by both binds their sessions") {
  VirtualNetwork net;
  auto settings = with_peer(entry("192.0.2.2"));
  settings.secret = "between us";
  auto& a = net.add("a", "192.0.2.1", settings);
  auto& b = net.add("b", "192.0.2.2", settings);
  b.settings.peers.clear();
  b.start();
  a.start();
  net.run(1s);
  CHECK(is_connected(a, b.id()));
}

TEST_CASE("every replayed datagram of a session changes nothing") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1", with_peer(entry("192.0.2.2")));
  auto& b = net.add("b", "192.0.2.2");
  b.start();
  a.start();
  net.run(1s);
  a.send_packet(udp_packet(a.mesh_v6(), b.mesh_v6()));
  net.run(1s);
  REQUIRE(b.delivered.size() == 1);
  auto const recorded = net.sent;
  auto const peers = std::count_if(b.notes.begin(), b.notes.end(),
                                   [](auto const& note) { return std::holds_alternative<control::PeerEvent>(note); });
  auto& attacker = net.add("attacker", "192.0.2.66");
  for (auto const& [to, datagram] : recorded)
    if (to == b.endpoint()) net.inject(attacker.endpoint(), to, datagram);
  net.run(20s);
  CHECK(b.delivered.size() == 1);
  CHECK(b.peer(a.id())->endpoint == a.endpoint());
  CHECK(is_connected(b, a.id()));
  CHECK(peers == std::count_if(b.notes.begin(), b.notes.end(),
                               [](auto const& note) { return std::holds_alternative<control::PeerEvent>(note); }));
}

TEST_CASE("a peer that was met before its address was added is named, let in and pinned once it answered there") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1");
  auto& b = net.add("b", "192.0.2.2", with_peer(entry("192.0.2.1")));
  a.start();
  b.start();
  net.run(2s);
  REQUIRE(is_connected(a, b.id()));
  REQUIRE_FALSE(a.peer(b.id())->named_gateway);
  REQUIRE(a.host_plan->admitted.empty());
  a.command(control::AddPeer{"192.0.2.2:9100", "label"});
  net.run(1s);
  auto const shown = a.peer(b.id());
  CHECK(shown->named_gateway);
  CHECK(shown->address == "192.0.2.2:9100");
  CHECK(shown->label == "label");
  CHECK(a.host_plan->admitted.size() == 2);
  REQUIRE(a.trusted.pins.size() == 1);
  CHECK(a.trusted.pins[0].id == b.id());
  CHECK(is_connected(a, b.id()));
  CHECK(a.pair_failures().empty());
}

TEST_CASE("two addresses of one peer are both connected, though one answered first") {
  for (auto const policy : {trust::Policy::trust_on_first_use, trust::Policy::allow_all}) {
    VirtualNetwork net;
    auto settings = dialling({"192.0.2.2", "192.0.2.3"});
    settings.policy = policy;
    auto& a = net.add("a", "192.0.2.1", settings);
    auto& b = net.add("b", "192.0.2.2");
    Endpoint const other = *parse_endpoint("192.0.2.3:9100");
    // What goes to the other address reaches the peer as well, and it is answered from there.
    Endpoint answers_from = b.endpoint();
    net.loses = [&](Endpoint const& from, Endpoint const& to, Bytes datagram) {
      if (from == b.endpoint() && answers_from == other) {
        answers_from = b.endpoint();
        net.inject(other, to, datagram);
        return true;
      }
      if (to != other) return false;
      answers_from = other;
      b.receive(from, {Buffer(datagram.begin(), datagram.end())});
      answers_from = b.endpoint();
      return true;
    };
    b.start();
    a.start();
    net.run(20s);
    CHECK(is_connected(a, b.id()));
    CHECK(a.pair_failures().empty());
    CHECK(a.trusted.pins.size() == (policy == trust::Policy::allow_all ? 0 : 2));
  }
}

TEST_CASE("a peer that is reached through a relay is named once its own address answers") {
  VirtualNetwork net;
  auto& relay = net.add("relay", "192.0.2.9");
  auto& a = net.add("a", "192.0.2.1", with_peer(entry("192.0.2.9")));
  auto& b = net.add("b", "192.0.2.2", with_peer(entry("192.0.2.9")));
  bool is_cut = true;
  net.loses = [&](Endpoint const& from, Endpoint const& to, Bytes) {
    return is_cut && from != relay.endpoint() && to != relay.endpoint();
  };
  for (auto* const node : {&relay, &a, &b}) node->start();
  net.run(5s);
  a.send_packet(udp_packet(a.mesh_v6(), b.mesh_v6()));
  net.run(2s);
  REQUIRE(a.peer(b.id())->state == control::PeerState::relayed);
  a.command(control::AddPeer{"192.0.2.2:9100"});
  net.run(8s);
  CHECK_FALSE(a.peer(b.id())->named_gateway);
  is_cut = false;
  net.run(60s);
  CHECK(a.peer(b.id())->named_gateway);
  CHECK(is_connected(a, b.id()));
}

TEST_CASE("who was forgotten is not let in by the host any more, whatever it was let in for") {
  for (bool const has_entry : {true, false}) {
    CAPTURE(has_entry);
    VirtualNetwork net;
    auto& a = net.add("a", "192.0.2.1", has_entry ? with_peer(entry("192.0.2.2")) : control::Settings{});
    auto& b = net.add("b", "192.0.2.2", has_entry ? control::Settings{} : with_peer(entry("192.0.2.1")));
    a.start();
    b.start();
    net.run(2s);
    control::NodeName const name{to_string(b.id())};
    if (!has_entry) a.command(control::VerifyPeer{name});
    REQUIRE(a.host_plan->admitted.size() == 2);
    b.kill();
    a.command(control::ForgetPeer{name});
    net.run(1s);
    CHECK(a.host_plan->admitted.empty());
  }
}
