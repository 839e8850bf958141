// Packets between nodes that reach each other through others: what arrives, and what those on the way see.
#include <doctest/doctest.h>

#include "mesh.hpp"

using namespace pim;
using namespace pim::test;

namespace {

/// What inside the neighbour's session is added to a datagram.
constexpr std::size_t relay_overhead = 16 + 32 + 16;

Buffer hello(Mesh const& mesh, std::size_t i, std::size_t j, bool is_v4 = true) {
  return make_packet(mesh.flow(i, j, false, is_v4), as_bytes("hello"));
}

}  // namespace

TEST_CASE("packets pass one relay and two, in both directions and both families") {
  for (std::size_t const count : {std::size_t{3}, std::size_t{4}}) {
    Mesh mesh(count);
    mesh.line();
    auto const last = count - 1;
    for (bool const is_v4 : {true, false}) {
      auto const there = hello(mesh, 0, last, is_v4), back = hello(mesh, last, 0, is_v4);
      CHECK(mesh.delivered(0, last, {there}) == std::vector<Buffer>{there});
      CHECK(mesh.sent.back().bytes.size() == there.size() + 32 + relay_overhead);
      CHECK(mesh.delivered(last, 0, {back}) == std::vector<Buffer>{back});
    }
    CHECK(mesh.all_dropped() == 0);
    CHECK(mesh.sent.size() == 4 * last);
    for (std::size_t relay = 1; relay < last; ++relay) CHECK(mesh[relay].arrived.empty());
  }
}

TEST_CASE("neighbours on the way keep talking directly") {
  Mesh mesh(3);
  mesh.line();
  auto const packet = hello(mesh, 0, 1);
  CHECK(mesh.delivered(0, 1, {packet}) == std::vector<Buffer>{packet});
  CHECK(mesh.sent[0].bytes.size() == packet.size() + 32);
}

TEST_CASE("a super-packet stays one train at each hop and arrives as one super-packet") {
  std::mt19937_64 random(21);
  for (std::size_t const count : {std::size_t{3}, std::size_t{4}})
    for (bool const is_tcp : {true, false})
      for (bool const is_v4 : {true, false}) {
        Mesh mesh(count);
        mesh.line();
        auto const last = count - 1;
        mesh[last].plane.join_udp(true);
        std::uint16_t const gso = 1200;
        auto const [packet, vnet] =
            make_super(mesh.flow(0, last, is_tcp, is_v4), random_bytes(random, gso * 30 + 5), gso);
        mesh.host_sends(0, {packet}, vnet);
        mesh.carry(0);
        REQUIRE(mesh.sent.size() == last);
        for (auto const& train : mesh.sent) {
          CHECK(datagrams_of(train).size() == 31);
          CHECK(train.segment == vnet.hdr_len + gso + 32 + relay_overhead);
        }
        // The last train again, so that the write itself can be looked at.
        Mesh again(count);
        again.line();
        again[last].plane.join_udp(true);
        again.receive(last, {mesh.sent.back()});
        REQUIRE(again[last].out.tun.size() == 1);
        CHECK(again[last].out.tun[0].vnet.gso_size == gso);
        CHECK(again[last].out.tun[0].vnet.gso_type == vnet.gso_type);
        Buffer whole;
        for (auto const& piece : again[last].out.pieces) Writer(whole).bytes(piece);
        CHECK(whole == packet);
        CHECK(mesh.all_dropped() == 0);
      }
}

TEST_CASE("a packet of the tunnel's MTU leaves as 1,440 bytes") {
  Mesh mesh(3);
  mesh.line();
  auto const packet = make_packet(mesh.flow(0, 2), Buffer(1344 - 28, 'x'));
  CHECK(mesh.delivered(0, 2, {packet}) == std::vector<Buffer>{packet});
  for (auto const& train : mesh.sent) CHECK(train.bytes.size() == 1440);
}

TEST_CASE("a relay opens the frame and finds who talks to whom, but nothing of what is said in either direction") {
  auto const secret = as_bytes("attack at dawn, bring the long ladder");
  for (auto const& [from, to] : {std::pair<std::size_t, std::size_t>{0, 2}, {2, 0}}) {
    Mesh mesh(3);
    mesh.line();
    mesh.delivered(from, to, {make_packet(mesh.flow(from, to), secret)});
    auto const plaintext = opened_by_hand(Mesh::key(from, 1), mesh.sent.at(0).bytes);
    auto const frame = wire::parse_transit(plaintext);
    REQUIRE(frame);
    CHECK(frame->hop_limit == 16);
    CHECK(frame->destination == mesh[to].id);
    CHECK_FALSE(frame->source_is_whole);
    CHECK(std::equal(frame->source.bytes.begin(), frame->source.bytes.begin() + 12, mesh[from].id.bytes.begin()));
    CHECK_FALSE(contains(plaintext, secret));
    CHECK_FALSE(contains(plaintext, mesh[to].v4.view()));
    for (auto const& train : mesh.sent) CHECK_FALSE(contains(train.bytes, secret));
    // The end does find it by the same search.
    CHECK(contains(opened_by_hand(Mesh::key(from, to), frame->datagram), secret));
    CHECK(opened_by_hand(Mesh::key(1, to), mesh.sent.at(1).bytes)[1] == 15);
  }
}

TEST_CASE("every bit flipped on the way to a relay is refused there or, of what is not for it, at the end") {
  Mesh mesh(3);
  mesh.line();
  mesh.host_sends(0, {hello(mesh, 0, 2)});
  auto const train = mesh.leaving(0).at(0);
  std::size_t passed_on = 0;
  for (std::size_t bit = 0; bit < train.bytes.size() * 8; ++bit) {
    auto flipped = train;
    flipped.bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    // Another counter each time, as if this one alone had been on the way.
    Mesh alone(3);
    alone.line();
    alone.host_sends(0, {hello(alone, 0, 2)});
    alone.receive(1, {flipped});
    auto const sent = alone.leaving(1);
    passed_on += sent.size();
    REQUIRE(dropped(alone[1].plane) + sent.size() == 1);
    alone.receive(2, sent);
    REQUIRE(dropped(alone[2].plane) == sent.size());
    REQUIRE(alone[2].out.tun.empty());
  }
  // What is sealed for the end, behind the headers.
  CHECK(passed_on == (train.bytes.size() - wire::data_overhead - wire::transit_head_size) * 8);
}

TEST_CASE("every bit that a relay flips in the datagram is refused at the end and changes nothing") {
  Mesh mesh(3);
  mesh.line();
  auto const packet = hello(mesh, 0, 2);
  mesh.host_sends(0, {packet});
  mesh.receive(1, mesh.leaving(0));
  auto const train = mesh.leaving(1).at(0);
  auto const plaintext = opened_by_hand(Mesh::key(1, 2), train.bytes);
  std::uint64_t counter = 100;
  auto const with = [&](Bytes frame) {
    return Sent{1, train.to, sealed_by_hand(Mesh::key(1, 2), Mesh::index(2, 1), counter++, frame), 2000};
  };
  for (std::size_t bit = 32 * 8; bit < plaintext.size() * 8; ++bit) {
    auto flipped = plaintext;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    mesh.receive(2, {with(flipped)});
    REQUIRE(mesh[2].out.tun.empty());
  }
  CHECK(dropped(mesh[2].plane) == (plaintext.size() - 32) * 8);
  CHECK(mesh[2].events_of<ControlMessage>().empty());
  CHECK(mesh[2].plane.activity(mesh.slot(2, 0)).last_received == Time{});
  mesh.receive(2, {with(plaintext)});
  CHECK(mesh[2].arrived == std::vector<Buffer>{packet});
}

TEST_CASE("a frame is passed on once, however often its datagram comes") {
  Mesh mesh(3);
  mesh.line();
  mesh.host_sends(0, {hello(mesh, 0, 2)});
  auto const train = mesh.leaving(0).at(0);
  mesh.receive(1, {train, train});
  CHECK(mesh.leaving(1).size() == 1);
  mesh.receive(1, {train});
  CHECK(mesh[1].out.trains.empty());
  CHECK(dropped(mesh[1].plane, Drop::replayed) == 2);
  CHECK(dropped(mesh[1].plane) == 2);
}

TEST_CASE("what a relay repeats is refused at the end, whatever it is wrapped in") {
  Mesh mesh(3);
  mesh.line();
  auto const packet = hello(mesh, 0, 2);
  CHECK(mesh.delivered(0, 2, {packet}).size() == 1);
  auto const plaintext = opened_by_hand(Mesh::key(1, 2), mesh.sent.at(1).bytes);
  mesh.receive(2, {{1, {}, sealed_by_hand(Mesh::key(1, 2), Mesh::index(2, 1), 50, plaintext), 2000}});
  CHECK(mesh[2].arrived.size() == 1);
  CHECK(dropped(mesh[2].plane, Drop::replayed) == 1);
}

TEST_CASE("a stream moves from a relay to the direct link and back and loses nothing") {
  Mesh mesh(3);
  mesh.line();
  mesh.link(0, 2);
  std::vector<Buffer> packets;
  for (int round = 0; round < 6; ++round) {
    bool const is_relayed = round % 2 == 0;
    mesh[0].plane.set_relay(mesh.slot(0, 2), is_relayed ? std::optional(mesh.slot(0, 1)) : std::nullopt);
    std::vector<Buffer> some;
    for (int i = 0; i < 20; ++i)
      some.push_back(make_packet(mesh.flow(0, 2), Buffer(static_cast<std::size_t>(30 + packets.size() + some.size()))));
    packets.insert(packets.end(), some.begin(), some.end());
    auto const before = mesh.sent.size();
    mesh.host_sends(0, some);
    mesh.carry(0);
    for (auto at = before; at < mesh.sent.size(); ++at)
      CHECK((mesh.sent[at].to == mesh[1].address) == (is_relayed && mesh.sent[at].from == 0));
  }
  CHECK(mesh[2].arrived == packets);
  CHECK(mesh.all_dropped() == 0);
}

TEST_CASE("what comes through a relay moves no endpoint, and is counted for the path that it came by") {
  Mesh mesh(3);
  mesh.line();
  auto const there = *parse_endpoint("198.51.100.7:4321");
  mesh[2].plane.set_endpoint(mesh.slot(2, 0), there);
  mesh.delivered(0, 2, {hello(mesh, 0, 2), hello(mesh, 0, 2)});
  CHECK(mesh[2].arrived.size() == 2);
  CHECK(mesh[2].plane.endpoint(mesh.slot(2, 0)) == there);
  CHECK(mesh[2].events_of<EndpointMoved>().empty());
  auto const& activity = mesh[2].plane.activity(mesh.slot(2, 0));
  CHECK(activity.direct.last_received == Time{});
  CHECK(activity.relayed.last_received == mesh.now.boot);
  CHECK(activity.last_received == mesh.now.boot);
  CHECK(activity.rx_packets == 2);
  auto const& neighbour = mesh[2].plane.activity(mesh.slot(2, 1));
  CHECK(neighbour.direct.last_received == mesh.now.boot);
  CHECK(neighbour.relayed.last_received == Time{});
  CHECK(neighbour.rx_packets == 0);
}

TEST_CASE("keys are confirmed through a relay, and control messages say how they came") {
  Mesh mesh(3);
  mesh.line();
  REQUIRE(mesh[0].plane.seal_control(mesh.slot(0, 2), as_bytes("\x20 update"), mesh.now, mesh[0].out));
  mesh.carry(0);
  auto const confirmed = mesh[2].events_of<KeyConfirmed>();
  REQUIRE(confirmed.size() == 2);  // the neighbour's first
  CHECK(confirmed[0].from.is_direct());
  CHECK(confirmed[1].peer == mesh.slot(2, 0));
  CHECK(confirmed[1].from.relay == mesh.slot(2, 1));
  auto const messages = mesh[2].events_of<ControlMessage>();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].peer == mesh.slot(2, 0));
  CHECK(messages[0].from.endpoint == mesh[1].address);
  CHECK(messages[0].from.relay == mesh.slot(2, 1));
  CHECK(messages[0].from.source.bytes[11] == mesh[0].id.bytes[11]);
  CHECK(messages[0].from.source.bytes[12] == 0);
}

TEST_CASE("a probe of the link goes directly where all else goes through a relay") {
  Mesh mesh(3);
  mesh.line();
  auto& plane = mesh[0].plane;
  CHECK_FALSE(plane.seal_control(mesh.slot(0, 2), as_bytes("\x22"), mesh.now, mesh[0].out, Way::direct));
  mesh.link(0, 2);
  REQUIRE(plane.seal_control(mesh.slot(0, 2), as_bytes("\x22"), mesh.now, mesh[0].out, Way::direct));
  REQUIRE(plane.seal_control(mesh.slot(0, 2), as_bytes("\x22"), mesh.now, mesh[0].out));
  REQUIRE(mesh[0].out.trains.size() == 2);
  CHECK(mesh[0].out.trains[0].to == mesh[2].address);
  CHECK(mesh[0].out.trains[1].to == mesh[1].address);
}

TEST_CASE("packets that waited for keys leave through the relay that was set meanwhile") {
  Mesh mesh(3);
  mesh.line();
  mesh[0].plane.remove(Mesh::index(0, 2));
  auto const packet = hello(mesh, 0, 2);
  mesh.host_sends(0, {packet});
  CHECK(mesh[0].events_of<SessionWanted>().size() == 1);
  mesh.install(0, 2, 1);
  mesh.install(2, 0, 1);
  mesh[0].out.clear();
  mesh.use(0, 2, 1);
  mesh.carry(0);
  CHECK(mesh[2].arrived == std::vector<Buffer>{packet});
}

TEST_CASE("a relay without keys or a place makes those behind it unreachable") {
  Mesh mesh(3);
  mesh.line();
  auto& plane = mesh[0].plane;
  auto is_unreachable = [&, expected = std::uint64_t{0}]() mutable {
    mesh.host_sends(0, {hello(mesh, 0, 2)});
    bool const is_answered = mesh[0].out.tun.size() == 1 && mesh[0].out.trains.empty();
    return is_answered && dropped(plane, Drop::unreachable) == ++expected &&
           !plane.seal_control(mesh.slot(0, 2), {}, mesh.now, mesh[0].out);
  };
  plane.remove(Mesh::index(0, 1));
  CHECK(is_unreachable());
  mesh.install(0, 1, 1, seconds(60));
  mesh.use(0, 1, 1);
  CHECK(mesh.delivered(0, 2, {}).empty());
  mesh.host_sends(0, {hello(mesh, 0, 2)});
  CHECK(mesh[0].out.trains.size() == 1);
  mesh.now.boot += seconds(60);
  CHECK(is_unreachable());
  // Another peer in the slot of a relay that was forgotten is not that relay.
  plane.remove_peer(mesh.slot(0, 1));
  mesh.install(0, 1, 2);
  mesh.use(0, 1, 2);
  plane.set_endpoint(mesh.slot(0, 1), mesh[1].address);
  CHECK(is_unreachable());
  plane.set_relay(mesh.slot(0, 2), mesh.slot(0, 1));
  mesh.host_sends(0, {hello(mesh, 0, 2)});
  CHECK(mesh[0].out.trains.size() == 1);
  // A relay that is in the table of nobody yet.
  plane.set_relay(mesh.slot(0, 2), PeerSlot{77});
  CHECK(is_unreachable());
}

TEST_CASE("both sessions of a relayed datagram ask to be replaced, and either may end it") {
  Mesh mesh(3, {.rekey_after = 3, .reject_after = 5});
  mesh.line();
  mesh.link(0, 2);
  auto const slots = [&] {
    std::vector<PeerSlot> found;
    for (auto const& event : events_of<RekeyWanted>(mesh[0].out)) found.push_back(event.peer);
    return found;
  };
  for (int i = 0; i < 3; ++i) mesh.delivered(0, 2, {hello(mesh, 0, 2)});
  mesh.host_sends(0, {hello(mesh, 0, 2)});
  CHECK(slots() == std::vector<PeerSlot>{mesh.slot(0, 2), mesh.slot(0, 1)});
  // The neighbour's counter is used up first.
  REQUIRE(mesh[0].plane.seal_control(mesh.slot(0, 1), {}, mesh.now, mesh[0].out));
  mesh.host_sends(0, {hello(mesh, 0, 2)});
  CHECK(mesh[0].out.trains.empty());
  CHECK(mesh[0].out.bytes.size() == 0);
  CHECK(dropped(mesh[0].plane, Drop::counter_exhausted) == 1);
  mesh.host_sends(0, {hello(mesh, 0, 2)});
  CHECK(dropped(mesh[0].plane, Drop::counter_exhausted) == 2);
}

TEST_CASE("a direct path is heard with the first datagram after 750 ms without, and a relayed one is not") {
  Mesh mesh(3);
  mesh.line();
  auto const heard = [&](std::size_t i) {
    std::vector<PeerSlot> peers;
    for (auto const& event : mesh[i].events_of<PathHeard>()) peers.push_back(event.peer);
    mesh[i].events.clear();
    return peers;
  };
  mesh.delivered(0, 2, {hello(mesh, 0, 2), hello(mesh, 0, 2)});
  CHECK(heard(1) == std::vector{mesh.slot(1, 0)});
  CHECK(heard(2) == std::vector{mesh.slot(2, 1)});
  mesh.now.boot += std::chrono::milliseconds(749);
  mesh.delivered(0, 1, {hello(mesh, 0, 1)});
  CHECK(heard(1).empty());
  mesh.now.boot += std::chrono::milliseconds(750);
  mesh.delivered(0, 1, {hello(mesh, 0, 1)});
  CHECK(heard(1) == std::vector{mesh.slot(1, 0)});
}

TEST_CASE("a path becomes busy with the first data after 750 ms without, once") {
  Mesh mesh(3);
  mesh.line();
  auto const busy = [&](std::size_t i) {
    std::vector<std::pair<PeerSlot, bool>> paths;
    for (auto const& event : mesh[i].events_of<PathBusy>()) paths.emplace_back(event.peer, event.relayed);
    mesh[i].events.clear();
    return paths;
  };
  using Paths = std::vector<std::pair<PeerSlot, bool>>;
  // At the sender the whole way and its first link; at the relay the next link.
  mesh.delivered(0, 2, {hello(mesh, 0, 2), hello(mesh, 0, 2)});
  CHECK(busy(0) == Paths{{mesh.slot(0, 2), true}, {mesh.slot(0, 1), false}});
  CHECK(busy(1) == Paths{{mesh.slot(1, 2), false}});
  CHECK(busy(2).empty());
  CHECK(mesh[0].plane.activity(mesh.slot(0, 2)).relayed.last_data_sent == mesh.now.boot);
  CHECK(mesh[0].plane.activity(mesh.slot(0, 2)).direct.last_data_sent == Time{});
  CHECK(mesh[0].plane.activity(mesh.slot(0, 1)).direct.last_data_sent == mesh.now.boot);
  CHECK(mesh[0].plane.activity(mesh.slot(0, 1)).last_data_sent == Time{});
  CHECK(mesh[1].plane.activity(mesh.slot(1, 2)).direct.last_data_sent == mesh.now.boot);
  for (int i = 0; i < 4; ++i) {
    mesh.now.boot += std::chrono::milliseconds(749);
    mesh.delivered(0, 2, {hello(mesh, 0, 2)});
    CHECK(busy(0).empty());
    CHECK(busy(1).empty());
  }
  mesh.now.boot += std::chrono::milliseconds(750);
  mesh.delivered(0, 1, {hello(mesh, 0, 1)});
  CHECK(busy(0) == Paths{{mesh.slot(0, 1), false}});
  mesh.delivered(0, 2, {hello(mesh, 0, 2)});
  CHECK(busy(0) == Paths{{mesh.slot(0, 2), true}});
  CHECK(busy(1) == Paths{{mesh.slot(1, 2), false}});
  // Control messages are no data.
  mesh.now.boot += seconds(5);
  REQUIRE(mesh[0].plane.seal_control(mesh.slot(0, 2), as_bytes("\x20"), mesh.now, mesh[0].out));
  mesh[0].keep_results();
  CHECK(busy(0).empty());
}
