// Transit frames that honest nodes would not send, or that have nowhere to go.
#include <doctest/doctest.h>

#include "mesh.hpp"

using namespace pim;
using namespace pim::test;

namespace {

/// Three nodes in a line, and one who holds the keys of the first and says what he likes to the relay.
struct Stranger {
  Mesh mesh{3};
  std::uint64_t counter = 0;

  Stranger() { mesh.line(); }
  /// A plaintext of the first node's session with `to` arrives there.
  void says(Bytes plaintext, std::size_t to = 1) {
    mesh.receive(to, {{0, {}, sealed_by_hand(Mesh::key(0, to), Mesh::index(to, 0), counter++, plaintext), 70000}});
  }
  /// True when the relay counts exactly this drop for the frame and does nothing else.
  bool is_refused(wire::Transit const& frame, Drop reason, std::size_t to = 1) {
    auto& plane = mesh[to].plane;
    auto const before = dropped(plane, reason), all = dropped(plane), said = events(to);
    auto const was_known = counter > 0;
    says(transit_frame(frame), to);
    // The first datagram also confirms a key.
    auto const is_quiet = events(to) - said == (was_known ? 0U : 1U);
    return is_quiet && mesh[to].out.trains.empty() && mesh[to].out.tun.empty() &&
           dropped(plane, reason) == before + 1 && dropped(plane) == all + 1;
  }
  /// But that it was heard at all.
  std::size_t events(std::size_t node) { return mesh[node].events.size() - mesh[node].events_of<PathHeard>().size(); }
  [[nodiscard]] wire::Transit frame(std::uint8_t hop_limit = 16) {
    return {hop_limit, mesh[2].id, mesh[0].id, false, as_bytes("sealed for somebody else")};
  }
};

Buffer handshake_of(wire::Kind kind, std::size_t size) {
  Buffer datagram(size, 0);
  datagram[0] = static_cast<std::uint8_t>(kind);
  return datagram;
}

}  // namespace

TEST_CASE("a frame that passed as many nodes as it may goes no further") {
  Stranger stranger;
  CHECK(stranger.is_refused(stranger.frame(0), Drop::hop_limit));
  CHECK(stranger.is_refused(stranger.frame(1), Drop::hop_limit));
  stranger.says(transit_frame(stranger.frame(2)));
  auto const sent = stranger.mesh.leaving(1);
  REQUIRE(sent.size() == 1);
  auto const expected = transit_frame(stranger.frame(1));
  CHECK(opened_by_hand(Mesh::key(1, 2), sent[0].bytes) == expected);
  CHECK(stranger.mesh[1].plane.relayed()[1].dropped == 2);
}

TEST_CASE("a frame that claims a longer way than frames may go is carried no further than others") {
  for (auto const claimed : {std::uint8_t{17}, std::uint8_t{255}}) {
    Stranger stranger;
    stranger.says(transit_frame(stranger.frame(claimed)));
    auto const sent = stranger.mesh.leaving(1);
    REQUIRE(sent.size() == 1);
    CHECK(opened_by_hand(Mesh::key(1, 2), sent[0].bytes) == transit_frame(stranger.frame(15)));
  }
}

TEST_CASE("a circle of next hops ends by the hop limit") {
  Mesh mesh(4);
  mesh.link(0, 1), mesh.link(1, 2), mesh.link(2, 3), mesh.link(3, 1);
  NodeId const nowhere{};
  for (auto const& [from, to] : {std::pair{1, 2}, {2, 3}, {3, 1}})
    mesh[static_cast<std::size_t>(from)].plane.set_next_hop(
        nowhere, mesh.slot(static_cast<std::size_t>(from), static_cast<std::size_t>(to)));
  REQUIRE(mesh[0].plane.send_transit(mesh.slot(0, 1), {16, nowhere, mesh[0].id, false, as_bytes("x")}, mesh.now,
                                     mesh[0].out));
  mesh.carry(0);
  CHECK(mesh.sent.size() == 16);
  CHECK(mesh.all_dropped() == 1);
}

TEST_CASE("a frame to which no next hop leads is dropped") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  auto& relay = mesh[1].plane;
  auto unknown = stranger.frame();
  unknown.destination.bytes.fill(7);
  CHECK(stranger.is_refused(unknown, Drop::relay_unreachable));
  // Back to where it came from.
  relay.set_next_hop(mesh[2].id, mesh.slot(1, 0));
  CHECK(stranger.is_refused(stranger.frame(), Drop::relay_unreachable));
  relay.set_next_hop(mesh[2].id, std::nullopt);
  CHECK(stranger.is_refused(stranger.frame(), Drop::relay_unreachable));
  relay.set_next_hop(mesh[2].id, PeerSlot{99});
  CHECK(stranger.is_refused(stranger.frame(), Drop::relay_unreachable));
  // Without keys, without a place, and with keys past their time.
  relay.set_next_hop(mesh[2].id, mesh.slot(1, 2));
  relay.remove(Mesh::index(1, 2));
  CHECK(stranger.is_refused(stranger.frame(), Drop::relay_unreachable));
  relay.remove_peer(mesh.slot(1, 2));
  mesh.install(1, 2, 1, seconds(30));
  mesh.use(1, 2, 1);
  relay.set_next_hop(mesh[2].id, mesh.slot(1, 2));
  CHECK(stranger.is_refused(stranger.frame(), Drop::relay_unreachable));
  relay.set_endpoint(mesh.slot(1, 2), mesh[2].address);
  stranger.says(transit_frame(stranger.frame()));
  CHECK(mesh[1].out.trains.size() == 1);
  mesh.now.boot += seconds(30);
  CHECK(stranger.is_refused(stranger.frame(), Drop::relay_unreachable));
}

TEST_CASE("a next hop that was forgotten is not whoever gets its slot") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  mesh[1].plane.remove_peer(mesh.slot(1, 2));
  mesh.install(1, 2, 1);
  mesh.use(1, 2, 1);
  mesh[1].plane.set_endpoint(mesh.slot(1, 2), mesh[2].address);
  CHECK(stranger.is_refused(stranger.frame(), Drop::relay_unreachable));
  mesh[1].plane.set_next_hop(mesh[2].id, mesh.slot(1, 2));
  stranger.says(transit_frame(stranger.frame()));
  CHECK(mesh[1].out.trains.size() == 1);
}

TEST_CASE("a node that does not relay passes nothing on, and still gets what is its own") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  mesh[1].table.relays = false;
  mesh[1].publish();
  CHECK(stranger.is_refused(stranger.frame(), Drop::transit_refused));
  CHECK(mesh[1].plane.relayed().size() == 1);
  auto const initiation = handshake_of(wire::Kind::initiation, wire::initiation_size);
  stranger.says(transit_frame({16, mesh[1].id, mesh[2].id, true, initiation}));
  CHECK(mesh[1].events_of<HandshakeDatagram>().size() == 1);
}

TEST_CASE("whoever is not admitted can cause nothing by transit frames") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  auto const initiation = handshake_of(wire::Kind::initiation, wire::initiation_size);
  mesh[1].table.peers[mesh.slot(1, 0).value].in_use = false;
  mesh[1].publish();
  CHECK(stranger.is_refused(stranger.frame(), Drop::transit_refused));
  CHECK(stranger.is_refused({16, mesh[1].id, mesh[0].id, true, initiation}, Drop::transit_refused));
  mesh[1].table.peers.clear();
  mesh[1].publish();
  CHECK(stranger.is_refused(stranger.frame(), Drop::transit_refused));
  CHECK(mesh[1].plane.relayed().size() == 1);
}

TEST_CASE("a frame inside a frame goes nowhere") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  auto const nested = transit_frame({16, mesh[1].id, mesh[0].id, false, as_bytes("deeper")});
  auto const inner = sealed_by_hand(Mesh::key(0, 2), Mesh::index(2, 0), 0, nested, in_frame);
  REQUIRE(
      mesh[0].plane.send_transit(mesh.slot(0, 1), {16, mesh[2].id, mesh[0].id, false, inner}, mesh.now, mesh[0].out));
  mesh.carry(0);
  CHECK(dropped(mesh[2].plane, Drop::transit_refused) == 1);
  CHECK(mesh.sent.size() == 2);
  CHECK(mesh.all_dropped() == 1);
}

TEST_CASE("what a neighbour wraps of its own session opens once and no deeper") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  auto const nested = transit_frame({16, mesh[2].id, mesh[0].id, false, as_bytes("deeper")});
  auto const inner = sealed_by_hand(Mesh::key(0, 1), Mesh::index(1, 0), 5000, nested, in_frame);
  stranger.says(as_bytes("\x21"));
  CHECK(stranger.is_refused({16, mesh[1].id, mesh[0].id, false, inner}, Drop::transit_refused));
}

TEST_CASE("handshakes come through a relay when they say their whole source, key queries never") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  auto const initiation = handshake_of(wire::Kind::initiation, wire::initiation_size);
  auto const response = handshake_of(wire::Kind::response, wire::response_size);
  auto const cookie = handshake_of(wire::Kind::cookie_reply, wire::cookie_reply_size);
  for (auto const& datagram : {initiation, response, cookie}) {
    mesh[2].events.clear();
    REQUIRE(mesh[0].plane.send_transit(mesh.slot(0, 1), {16, mesh[2].id, mesh[0].id, true, datagram}, mesh.now,
                                       mesh[0].out));
    mesh.carry(0);
    auto const events = mesh[2].events_of<HandshakeDatagram>();
    REQUIRE(events.size() == 1);
    CHECK(events[0].from.endpoint == mesh[1].address);
    CHECK(events[0].from.relay == mesh.slot(2, 1));
    CHECK(events[0].from.source == mesh[0].id);
    CHECK(std::equal(datagram.begin(), datagram.end(), events[0].datagram.begin(), events[0].datagram.end()));
  }
  CHECK(mesh.all_dropped() == 0);
  stranger.says(as_bytes("\x21"), 2);
  auto const query = handshake_of(wire::Kind::key_query, wire::key_query_size);
  auto const reply = handshake_of(wire::Kind::key_reply, wire::key_reply_size);
  for (bool const is_whole : {true, false})
    for (auto const& datagram : {query, reply})
      CHECK(stranger.is_refused({16, mesh[2].id, mesh[0].id, is_whole, datagram}, Drop::malformed_datagram, 2));
  CHECK(stranger.is_refused({16, mesh[2].id, mesh[0].id, false, initiation}, Drop::malformed_datagram, 2));
  CHECK(stranger.is_refused({16, mesh[2].id, mesh[0].id, true, as_bytes("noise")}, Drop::malformed_datagram, 2));
}

TEST_CASE("handshakes through relays have a bound of their own") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  auto const initiation = handshake_of(wire::Kind::initiation, wire::initiation_size);
  auto const frame = transit_frame({16, mesh[1].id, mesh[2].id, true, initiation});
  std::vector<Sent> batch;
  for (std::uint64_t i = 0; i < 70; ++i) {
    batch.push_back({0, {}, sealed_by_hand(Mesh::key(0, 1), Mesh::index(1, 0), i, frame), 2000});
    batch.push_back({2, {}, initiation, 2000});
  }
  mesh.receive(1, batch);
  std::size_t direct = 0, relayed = 0;
  for (auto const& event : mesh[1].events_of<HandshakeDatagram>()) ++(event.from.is_direct() ? direct : relayed);
  CHECK(direct == 64);
  CHECK(relayed == 64);
  CHECK(dropped(mesh[1].plane, Drop::rate_limited) == 12);
}

TEST_CASE("a datagram whose frame claims another source is refused at the end") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  auto const packet = make_packet(mesh.flow(0, 2), as_bytes("x"));
  auto const inner = sealed_by_hand(Mesh::key(0, 2), Mesh::index(2, 0), 0, packet, in_frame);
  stranger.says(transit_frame({16, mesh[2].id, mesh[1].id, false, inner}));
  mesh.receive(2, mesh.leaving(1));
  CHECK(mesh[2].arrived.empty());
  CHECK(dropped(mesh[2].plane, Drop::bad_inner_source) == 1);
  stranger.says(transit_frame({16, mesh[2].id, mesh[0].id, false, inner}));
  mesh.receive(2, mesh.leaving(1));
  CHECK(mesh[2].arrived.size() == 1);
}

TEST_CASE("a datagram for a session that is not there is told with the way that it came") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  Buffer inner(40, 0);
  inner[0] = 4;
  stranger.says(transit_frame({16, mesh[1].id, mesh[2].id, false, inner}));
  auto const events = mesh[1].events_of<UnknownReceiver>();
  REQUIRE(events.size() == 1);
  CHECK(events[0].from.relay == mesh.slot(1, 0));
  CHECK(dropped(mesh[1].plane, Drop::unknown_receiver) == 1);
}

TEST_CASE("frames that do not parse are malformed") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  auto const frame = transit_frame(stranger.frame());
  stranger.says(as_bytes("\x21"));
  std::uint64_t expected = 0;
  for (std::size_t size = 1; size <= 32; ++size, ++expected) stranger.says(Bytes{frame}.first(size));
  auto flagged = frame;
  flagged[3] = 2;
  stranger.says(flagged), ++expected;
  CHECK(dropped(mesh[1].plane, Drop::malformed_datagram) == expected);
  CHECK(dropped(mesh[1].plane) == expected);
  CHECK(mesh[1].plane.relayed().size() == 1);
}

TEST_CASE("out of a datagram with a sealed head nothing is taken but a frame round data") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  auto const says = [&](Bytes plaintext, std::uint8_t flags = head_sealed) {
    auto const before = dropped(mesh[1].plane, Drop::malformed_datagram);
    mesh.receive(
        1, {{0, {}, sealed_by_hand(Mesh::key(0, 1), Mesh::index(1, 0), stranger.counter++, plaintext, flags), 70000}});
    CHECK(mesh[1].out.trains.empty());
    CHECK(mesh[1].out.tun.empty());
    CHECK(mesh[1].events_of<ControlMessage>().empty());
    CHECK(mesh[1].events_of<HandshakeDatagram>().empty());
    return dropped(mesh[1].plane, Drop::malformed_datagram) - before;
  };
  Buffer data(100, 0);
  data[0] = static_cast<std::uint8_t>(wire::Kind::data);
  wire::Transit frame{16, mesh[2].id, mesh[0].id, false, data};
  auto const packet = make_packet(mesh.flow(0, 1), as_bytes("x"));
  CHECK(says(packet) == 1);
  CHECK(says({}) == 1);
  CHECK(says(Buffer(47, 0)) == 1);
  CHECK(says(Buffer(200, 0x20)) == 1);  // a control message, whatever its kind
  for (auto const kind : {wire::Kind::initiation, wire::Kind::response, wire::Kind::cookie_reply}) {
    auto const handshake = handshake_of(kind, kind == wire::Kind::initiation ? wire::initiation_size
                                              : kind == wire::Kind::response ? wire::response_size
                                                                             : wire::cookie_reply_size);
    frame = {16, mesh[1].id, mesh[0].id, true, handshake};
    CHECK(says(transit_frame(frame)) == 1);
  }
  frame = {16, mesh[2].id, mesh[0].id, true, data};
  CHECK(says(transit_frame(frame)) == 1);  // the whole source, of which the seal would cover a part
  frame.source_is_whole = false;
  CHECK(says(transit_frame(frame), head_sealed | checksum_left_out) == 1);
  mesh.receive(
      1, {{0,
           {},
           sealed_by_hand(Mesh::key(0, 1), Mesh::index(1, 0), stranger.counter++, transit_frame(frame), head_sealed),
           70000}});
  CHECK(mesh[1].out.trains.size() == 1);
}

TEST_CASE("a frame is handed to a neighbour only where there are keys and a place") {
  Mesh mesh(3);
  wire::Transit const frame{16, mesh[2].id, mesh[0].id, true, as_bytes("x")};
  CHECK_FALSE(mesh[0].plane.send_transit(mesh.slot(0, 1), frame, mesh.now, mesh[0].out));
  CHECK_FALSE(mesh[0].plane.send_transit(PeerSlot{99}, frame, mesh.now, mesh[0].out));
  mesh.link(0, 1);
  // Straight to the neighbour, whatever way its own datagrams go.
  mesh[0].plane.set_relay(mesh.slot(0, 1), mesh.slot(0, 2));
  CHECK(mesh[0].plane.send_transit(mesh.slot(0, 1), frame, mesh.now, mesh[0].out));
  CHECK(mesh[0].out.trains.at(0).to == mesh[1].address);
  mesh[0].plane.remove(Mesh::index(0, 1));
  CHECK_FALSE(mesh[0].plane.send_transit(mesh.slot(0, 1), frame, mesh.now, mesh[0].out));
}

TEST_CASE("frames of one batch leave as trains of their next hops, each in its order") {
  Mesh mesh(4);
  mesh.link(0, 1), mesh.link(1, 2), mesh.link(1, 3);
  for (std::size_t to : {std::size_t{2}, std::size_t{3}}) {
    mesh[0].plane.set_relay(mesh.slot(0, to), mesh.slot(0, 1));
    mesh[1].plane.set_next_hop(mesh[to].id, mesh.slot(1, to));
  }
  std::vector<Buffer> packets;
  for (int i = 0; i < 40; ++i)
    packets.push_back(make_packet(mesh.flow(0, i % 2 == 0 ? 2 : 3), Buffer(100, static_cast<std::uint8_t>(i))));
  mesh.host_sends(0, packets);
  auto const trains = mesh.leaving(0);
  CHECK(trains.size() == 1);
  mesh.receive(1, trains);
  CHECK(mesh[1].out.trains.size() == 2);
  for (auto const& train : mesh.leaving(1)) mesh.receive(train.to == mesh[2].address ? 2 : 3, {train});
  for (std::size_t to : {std::size_t{2}, std::size_t{3}}) {
    REQUIRE(mesh[to].arrived.size() == 20);
    for (std::size_t i = 0; i < 20; ++i) CHECK(mesh[to].arrived[i] == packets[2 * i + to - 2]);
  }
}

TEST_CASE("a datagram that a relay took out of its frame and sent by itself is refused and moves nothing") {
  Mesh mesh(3);
  mesh.line();
  auto const packet = make_packet(mesh.flow(0, 2), as_bytes("hello"));
  auto const there = *parse_endpoint("198.51.100.7:4321");
  mesh[2].plane.set_endpoint(mesh.slot(2, 0), there);
  mesh.host_sends(0, {packet});
  auto const frame = opened_by_hand(Mesh::key(0, 1), mesh.leaving(0).at(0).bytes);
  mesh.receive(2, {{1, {}, Buffer(frame.begin() + 32, frame.end()), 2000}});
  CHECK(dropped(mesh[2].plane, Drop::transit_refused) == 1);
  CHECK(dropped(mesh[2].plane) == 1);
  CHECK(mesh[2].arrived.empty());
  CHECK(mesh[2].events.empty());
  CHECK(mesh[2].plane.endpoint(mesh.slot(2, 0)) == there);
  auto const& activity = mesh[2].plane.activity(mesh.slot(2, 0));
  CHECK(activity.last_received == Time{});
  CHECK(activity.direct.last_received == Time{});
  CHECK(mesh.delivered(0, 2, {packet}) == std::vector<Buffer>{packet});
}

TEST_CASE("a datagram that was sent directly is refused out of a frame, whatever it holds") {
  Stranger stranger;
  auto& mesh = stranger.mesh;
  std::uint64_t refused = 0;
  for (auto const flags : {std::uint8_t{0}, checksum_left_out, head_sealed}) {
    auto const plaintext =
        flags == head_sealed ? transit_frame(stranger.frame()) : make_packet(mesh.flow(0, 2), as_bytes("x"));
    auto const inner = sealed_by_hand(Mesh::key(0, 2), Mesh::index(2, 0), refused, plaintext, flags);
    stranger.says(transit_frame({16, mesh[2].id, mesh[0].id, false, inner}));
    mesh.receive(2, mesh.leaving(1));
    CHECK(dropped(mesh[2].plane, Drop::transit_refused) == ++refused);
  }
  CHECK(dropped(mesh[2].plane) == refused);
  CHECK(mesh[2].arrived.empty());
  CHECK(mesh[2].events_of<KeyConfirmed>().size() == 1);  // the neighbour's
  CHECK(mesh[2].plane.activity(mesh.slot(2, 0)).relayed.last_received == Time{});
}
