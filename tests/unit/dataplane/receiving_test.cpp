#include <doctest/doctest.h>

#include "pair.hpp"

using namespace pim;
using namespace pim::test;

namespace {
Buffer hello(Pair const& pair) { return make_packet(pair.flow(), as_bytes("hello")); }
Endpoint const elsewhere = *parse_endpoint("198.51.100.7:4321");
}  // namespace

TEST_CASE("every one-bit flip of a datagram is refused and changes nothing") {
  Pair pair;
  auto const packet = make_packet(pair.flow(), Buffer(120, 'x'));
  auto const datagram = pair.sealed(packet);
  for (std::size_t bit = 0; bit < datagram.size() * 8; ++bit) {
    auto flipped = datagram;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    auto const& out = pair.b.receive({flipped}, elsewhere, pair.now);
    REQUIRE(out.tun.empty());
    for (auto const& event : out.control) REQUIRE(std::holds_alternative<UnknownReceiver>(event));
  }
  CHECK(dropped(pair.b.plane) == datagram.size() * 8);
  CHECK(pair.b.plane.endpoint(pair.b.peer) == pair.a.address);
  CHECK(pair.b.plane.activity(pair.b.peer).last_received == Time{});
  CHECK(pair.arrived({datagram}) == std::vector<Buffer>{packet});
}

TEST_CASE("no cut of a datagram is accepted") {
  Pair pair;
  auto const datagram = pair.sealed(hello(pair));
  for (std::size_t size = 1; size < datagram.size(); ++size) {
    Buffer const cut(datagram.begin(), datagram.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(pair.arrived({cut}).empty());
  }
  CHECK(dropped(pair.b.plane) == datagram.size() - 1);
}

TEST_CASE("a datagram counts once, however often it comes") {
  Pair pair;
  auto const datagram = pair.sealed(hello(pair));
  CHECK(pair.arrived({datagram, datagram}).size() == 1);
  CHECK(pair.arrived({datagram}).empty());
  CHECK(dropped(pair.b.plane, Drop::replayed) == 2);
}

TEST_CASE("the first datagram under a key confirms it, once") {
  Pair pair;
  auto const first = pair.sealed(hello(pair)), second = pair.sealed(hello(pair));
  auto const confirmed = events_of<KeyConfirmed>(pair.b.receive({first, second}, pair.a.address, pair.now));
  REQUIRE(confirmed.size() == 1);
  CHECK(confirmed[0].peer == pair.b.peer);
  CHECK(confirmed[0].local == Pair::index_at_b(1));
}

TEST_CASE("replies follow an authenticated datagram to its new place, but not a late one back") {
  Pair pair;
  auto const early = pair.sealed(hello(pair)), first = pair.sealed(hello(pair)), second = pair.sealed(hello(pair));
  CHECK(events_of<EndpointMoved>(pair.b.receive({first}, pair.a.address, pair.now)).empty());
  auto const moved = events_of<EndpointMoved>(pair.b.receive({second}, elsewhere, pair.now));
  REQUIRE(moved.size() == 1);
  CHECK(moved[0].to == elsewhere);
  CHECK(pair.b.plane.endpoint(pair.b.peer) == elsewhere);
  auto const& late = pair.b.receive({early}, pair.a.address, pair.now);
  CHECK(late.tun.size() == 1);
  CHECK(late.control.empty());
  CHECK(pair.b.plane.endpoint(pair.b.peer) == elsewhere);
}

TEST_CASE("a copy of a datagram from elsewhere moves nothing") {
  Pair pair;
  auto const datagram = pair.sealed(hello(pair));
  pair.arrived({datagram});
  pair.b.receive({datagram}, elsewhere, pair.now);
  CHECK(pair.b.plane.endpoint(pair.b.peer) == pair.a.address);
}

TEST_CASE("control messages go up whole with their peer") {
  Pair pair;
  auto const& out = pair.b.receive({pair.sealed_control(as_bytes("\x20 update"))}, pair.a.address, pair.now);
  auto const messages = events_of<ControlMessage>(out);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].peer == pair.b.peer);
  CHECK(messages[0].local == Pair::index_at_b(1));
  CHECK(messages[0].from.endpoint == pair.a.address);
  CHECK(messages[0].from.is_direct());
  CHECK(std::equal(messages[0].plaintext.begin(), messages[0].plaintext.end(), as_bytes("\x20 update").begin()));
  CHECK(out.tun.empty());
}

TEST_CASE("both keys open while one replaces the other, and nothing is lost or doubled") {
  Pair pair;
  auto const old = pair.sealed(hello(pair)), late = pair.sealed(hello(pair));
  pair.install(2);
  CHECK(pair.arrived({old}).size() == 1);
  pair.a.plane.use_for_sending(pair.a.peer, Pair::index_at_a(2), pair.now, pair.a.out);
  auto const fresh = pair.sealed(hello(pair));
  CHECK(pair.arrived({fresh, late}).size() == 2);
  CHECK(events_of<KeyConfirmed>(pair.b.out).size() == 1);
  pair.b.plane.remove(Pair::index_at_b(1));
  CHECK(pair.arrived({old}).empty());
  CHECK(dropped(pair.b.plane, Drop::unknown_receiver) == 1);
  CHECK(pair.arrived({pair.sealed(hello(pair))}).size() == 1);
}

TEST_CASE("keys of one peer cannot be made another's sending keys") {
  Pair pair;
  pair.a.plane.set_endpoint(PeerSlot{7}, elsewhere);
  pair.a.plane.use_for_sending(PeerSlot{7}, Pair::index_at_a(1), pair.now, pair.a.out);
  CHECK_FALSE(pair.a.plane.seal_control(PeerSlot{7}, {}, pair.now, pair.a.out));
  pair.a.plane.use_for_sending(pair.a.peer, ReceiverIndex{99}, pair.now, pair.a.out);
  CHECK(pair.a.plane.seal_control(pair.a.peer, {}, pair.now, pair.a.out));
}

TEST_CASE("removed keys seal nothing, and a removed peer is forgotten whole") {
  Pair pair;
  pair.a.plane.remove(Pair::index_at_a(1));
  CHECK_FALSE(pair.a.plane.seal_control(pair.a.peer, {}, pair.now, pair.a.out));
  pair.a.tun(hello(pair), pair.now);
  pair.arrived({});
  pair.b.plane.remove_peer(pair.b.peer);
  CHECK_FALSE(pair.b.plane.endpoint(pair.b.peer));
  CHECK(pair.b.plane.activity(pair.b.peer).last_received == Time{});
  pair.a.plane.remove_peer(pair.a.peer);
  pair.a.out.clear();
  pair.a.plane.set_endpoint(pair.a.peer, elsewhere);
  pair.give_keys(1);
  CHECK(pair.a.out.trains.empty());
}

TEST_CASE("a train is cut at its segment size and a bad element stops nothing") {
  Pair pair;
  std::vector<Buffer> packets;
  Buffer train;
  for (int i = 0; i < 5; ++i) {
    packets.push_back(hello(pair));
    auto datagram = pair.sealed(packets.back());
    if (i == 2) datagram[20] ^= 1;
    Writer(train).bytes(datagram);
  }
  auto const segment = train.size() / 5;
  train.resize(train.size() - 3);  // the last one is cut
  Train input{pair.a.address, train, segment};
  pair.b.out.clear();
  pair.b.plane.on_datagrams({&input, 1}, pair.now, pair.b.out);
  CHECK(packets_of(pair.b.out).size() == 3);
  CHECK(dropped(pair.b.plane, Drop::decrypt_failed) == 2);
}
