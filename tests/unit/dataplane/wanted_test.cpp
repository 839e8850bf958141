// Packets to mesh addresses that nobody holds yet: control decides in the same turn what becomes of them.
#include <doctest/doctest.h>

#include "pair.hpp"

using namespace pim;
using namespace pim::test;

namespace {

Buffer packet_to(char const* address) { return make_packet(Pair::flow("10.77.0.1", address), as_bytes("hello")); }

}  // namespace

TEST_CASE("a packet to a mesh address that nobody holds is handed up as it came") {
  Pair pair;
  std::mt19937_64 random(41);
  auto const [packet, vnet] = make_super(Pair::flow("fd00:1:2::a", "fd00:1:2::9"), random_bytes(random, 5000), 1000);
  auto const& out = pair.a.tun(packet, pair.now, vnet);
  auto const wanted = events_of<AddressWanted>(out);
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].destination == *parse_ip("fd00:1:2::9"));
  CHECK(wanted[0].vnet.gso_size == vnet.gso_size);
  CHECK(std::equal(packet.begin(), packet.end(), wanted[0].packet.begin(), wanted[0].packet.end()));
  CHECK(out.trains.empty());
  CHECK(out.tun.empty());
  CHECK(dropped(pair.a.plane) == 0);
}

TEST_CASE("addresses outside the mesh and our own are asked of nobody") {
  Pair pair;
  for (auto const* const address : {"8.8.8.8", "192.168.1.1", "10.77.255.255", "10.77.0.1", "198.18.0.53", "127.0.0.1"})
    CHECK(events_of<AddressWanted>(pair.a.tun(packet_to(address), pair.now)).empty());
  CHECK(dropped(pair.a.plane) == 6);
}

TEST_CASE("a packet that control refuses is counted and answered as one without a route") {
  Pair pair;
  pair.a.tun(packet_to("10.77.0.9"), pair.now);
  refuse_wanted(pair.a, pair.now);
  CHECK(dropped(pair.a.plane, Drop::no_route) == 1);
  CHECK(dropped(pair.a.plane) == 1);
  REQUIRE(pair.a.out.tun.size() == 1);
  CHECK(pair.a.out.pieces[0][20] == 3);  // destination unreachable, from the address that was meant
  CHECK(IpAddress::from_bytes(pair.a.out.pieces[0].subspan(12, 4)) == *parse_ip("10.77.0.9"));
}

TEST_CASE("a packet that control resends waits for the peer that was made of it, and leaves with its keys") {
  Pair pair(false);
  auto const packet = packet_to("10.77.0.9");
  pair.a.tun(packet, pair.now);
  auto const wanted = events_of<AddressWanted>(pair.a.out);
  REQUIRE(wanted.size() == 1);
  pair.a.plane.resend(pair.a.peer, wanted[0].vnet, wanted[0].packet, pair.now, pair.a.out);
  CHECK(events_of<SessionWanted>(pair.a.out).size() == 1);
  CHECK(pair.a.out.tun.empty());
  pair.a.out.clear();
  pair.give_keys(1);
  CHECK(datagrams_of(pair.a.out).size() == 1);
  CHECK(dropped(pair.a.plane) == 0);
}

TEST_CASE("a packet that control resends to a peer with keys goes at once, split as it is described") {
  Pair pair;
  std::mt19937_64 random(42);
  auto const [packet, vnet] = make_super(Pair::flow("10.77.0.1", "10.77.0.9"), random_bytes(random, 5000), 1000);
  pair.a.tun(packet, pair.now, vnet);
  auto const wanted = events_of<AddressWanted>(pair.a.out);
  REQUIRE(wanted.size() == 1);
  pair.a.plane.resend(pair.a.peer, wanted[0].vnet, wanted[0].packet, pair.now, pair.a.out);
  CHECK(datagrams_of(pair.a.out).size() == 5);
}

TEST_CASE("control is asked for a few addresses a batch, and the rest has no route") {
  Pair pair;
  std::vector<Buffer> packets(20, packet_to("10.77.0.9"));
  std::vector<TunFrame> frames;
  for (auto& packet : packets) frames.push_back({{}, packet});
  pair.a.out.clear();
  pair.a.plane.on_tun(frames, pair.now, pair.a.out);
  CHECK(events_of<AddressWanted>(pair.a.out).size() == 16);
  CHECK(dropped(pair.a.plane, Drop::no_route) == 4);
  CHECK(pair.a.out.tun.size() == 4);
  refuse_wanted(pair.a, pair.now);
  CHECK(dropped(pair.a.plane, Drop::no_route) == 20);
}
