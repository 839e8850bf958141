#include <doctest/doctest.h>

#include "crypto/aead.hpp"
#include "dataplane/asked.hpp"
#include "pair.hpp"
#include "wire/data.hpp"

using namespace pim;
using namespace pim::test;

namespace {

Buffer packet_between(char const* from, char const* to) { return make_packet(Pair::flow(from, to), as_bytes("x")); }

/// True when b counts exactly this drop, and hands over nothing, for this packet of a.
bool refuses(Pair& pair, Buffer packet, Drop reason) {
  auto const before = dropped(pair.b.plane, reason), all = dropped(pair.b.plane);
  // A gateway-less policy of the sender is of no interest here: sealed as a control message it goes anywhere.
  auto const& out = pair.b.receive({pair.sealed_control(packet)}, pair.a.address, pair.now);
  return out.tun.empty() && dropped(pair.b.plane, reason) == before + 1 && dropped(pair.b.plane) == all + 1;
}

bool accepts(Pair& pair, Buffer packet) {
  return pair.arrived({pair.sealed_control(packet)}) == std::vector<Buffer>{packet};
}

/// True when a counts exactly this drop for this packet of its host, and answers it or not.
bool drops(Pair& pair, Buffer packet, Drop reason, bool with_answer, VnetHeader const& vnet = {}) {
  auto const before = dropped(pair.a.plane, reason), all = dropped(pair.a.plane);
  auto const& out = pair.a.tun(std::move(packet), pair.now, vnet);
  refuse_wanted(pair.a, pair.now);
  return out.trains.empty() && out.tun.size() == (with_answer ? 1 : 0) && dropped(pair.a.plane, reason) == before + 1 &&
         dropped(pair.a.plane) == all + 1;
}

}  // namespace

TEST_CASE("a peer may use its own mesh addresses as source and no other") {
  Pair pair;
  CHECK(accepts(pair, packet_between("10.77.0.1", "10.77.0.2")));
  CHECK(accepts(pair, packet_between("fd00:1:2::a", "fd00:1:2::b")));
  for (auto const* const source :
       {"10.77.0.2", "10.77.0.9", "8.8.8.8", "192.168.1.1", "127.0.0.1", "224.0.0.1", "0.0.0.0", "198.18.0.53"})
    CHECK(refuses(pair, packet_between(source, "10.77.0.2"), Drop::bad_inner_source));
  for (auto const* const source :
       {"fd00:1:2::b", "fd00:1:2::c", "2001:db8::1", "fe80::1", "::1", "ff02::1", "::", "fd00:1:2:ffff::53"})
    CHECK(refuses(pair, packet_between(source, "fd00:1:2::b"), Drop::bad_inner_source));
}

TEST_CASE("internet sources come only from the gateway in use, to our own address, and never from ranges inside") {
  Pair pair;
  pair.b.policy().internet_until = pair.now.boot + seconds(60);
  pair.b.publish();
  CHECK(refuses(pair, packet_between("8.8.8.8", "10.77.0.2"), Drop::bad_inner_source));  // routing is off
  pair.b.table.routing_on = true;
  pair.b.publish();
  CHECK(accepts(pair, packet_between("8.8.8.8", "10.77.0.2")));
  CHECK(accepts(pair, packet_between("2001:db8::1", "fd00:1:2::b")));
  CHECK(accepts(pair, packet_between("198.18.0.53", "10.77.0.2")));
  CHECK(accepts(pair, packet_between("fd00:1:2:ffff::53", "fd00:1:2::b")));
  for (auto const* const source : {"10.77.0.9", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "169.254.1.1",
                                   "127.0.0.1", "224.0.0.1", "255.255.255.255", "0.0.0.0"})
    CHECK(refuses(pair, packet_between(source, "10.77.0.2"), Drop::bad_inner_source));
  for (auto const* const source : {"fd00:1:2::c", "fd12::1", "fe80::1", "::1", "ff02::1", "::"})
    CHECK(refuses(pair, packet_between(source, "fd00:1:2::b"), Drop::bad_inner_source));
  CHECK(refuses(pair, packet_between("8.8.8.8", "9.9.9.9"), Drop::bad_inner_destination));
  CHECK(refuses(pair, packet_between("8.8.8.8", "10.77.0.1"), Drop::bad_inner_destination));
  pair.now.boot += seconds(60);
  CHECK(refuses(pair, packet_between("8.8.8.8", "10.77.0.2"), Drop::bad_inner_source));
  CHECK(refuses(pair, packet_between("198.18.0.53", "10.77.0.2"), Drop::bad_inner_source));
  CHECK(accepts(pair, packet_between("10.77.0.1", "10.77.0.2")));
}

TEST_CASE("a private address behind the gateway in use answers once it was asked, and no other does") {
  Pair pair;
  pair.b.policy().internet_until = never;
  pair.b.table.routing_on = true;
  pair.b.table.gateway = pair.b.peer;
  pair.b.publish();
  auto const asks = [&](char const* destination) {
    auto const own = parse_ip(destination)->is_v4() ? "10.77.0.2" : "fd00:1:2::b";
    pair.b.tun(packet_between(own, destination), pair.now);
  };
  auto const both = {std::pair{"192.168.5.7", "10.77.0.2"}, std::pair{"fd12::7", "fd00:1:2::b"}};
  for (auto const& [host, own] : both) {
    CHECK(refuses(pair, packet_between(host, own), Drop::bad_inner_source));
    asks(host);
    CHECK(accepts(pair, packet_between(host, own)));
  }
  CHECK(refuses(pair, packet_between("192.168.5.8", "10.77.0.2"), Drop::bad_inner_source));
  for (auto const* const never_asked : {"127.0.0.1", "169.254.1.1", "10.77.0.9"}) {
    asks(never_asked);
    CHECK(refuses(pair, packet_between(never_asked, "10.77.0.2"), Drop::bad_inner_source));
  }
  // One that was in use until now may end what it began with the internet, and no more.
  pair.b.table.gateway.reset();
  pair.b.publish();
  CHECK(accepts(pair, packet_between("8.8.8.8", "10.77.0.2")));
  for (auto const& [host, own] : both) CHECK(refuses(pair, packet_between(host, own), Drop::bad_inner_source));
  // What was asked before routing was turned off may be a network of this host's own when it is on again.
  pair.b.table.routing_on = false;
  pair.b.publish();
  pair.b.table.routing_on = true;
  pair.b.table.gateway = pair.b.peer;
  pair.b.publish();
  for (auto const& [host, own] : both) CHECK(refuses(pair, packet_between(host, own), Drop::bad_inner_source));
}

TEST_CASE("asking private addresses takes no more memory than there is room for, and those in use stay") {
  Asked asked{HashKey{}};
  auto const numbered = [](std::uint32_t number) {
    auto ip = *parse_ip("10.0.0.0");
    store_be<std::uint32_t>(ip.bytes.data(), ip.v4() + number);
    return ip;
  };
  for (std::uint32_t number = 0; number < 3 * Asked::capacity; ++number) {
    asked.note(*parse_ip("192.168.5.7"));
    asked.note(numbered(number));
  }
  CHECK(asked.contains(*parse_ip("192.168.5.7")));
  CHECK(asked.contains(numbered(3 * Asked::capacity - 1)));
  CHECK_FALSE(asked.contains(numbered(0)));
}

TEST_CASE("destinations beyond this node are open to clients of a gateway and to nobody else") {
  Pair pair;
  auto const outside = {"8.8.8.8", "198.18.0.53", "192.168.7.7"};
  for (auto const* const destination : outside)
    CHECK(refuses(pair, packet_between("10.77.0.1", destination), Drop::bad_inner_destination));
  pair.b.policy().may_use_gateway = true;
  pair.b.publish();
  CHECK(refuses(pair, packet_between("10.77.0.1", "8.8.8.8"), Drop::bad_inner_destination));
  pair.b.table.serves_gateway = true;
  pair.b.publish();
  for (auto const* const destination : outside) CHECK(accepts(pair, packet_between("10.77.0.1", destination)));
  CHECK(accepts(pair, packet_between("fd00:1:2::a", "2001:db8::1")));
  CHECK(accepts(pair, packet_between("fd00:1:2::a", "fd00:1:2:ffff::53")));
  for (auto const* const destination :
       {"10.77.0.9", "127.0.0.1", "224.0.0.1", "255.255.255.255", "169.254.1.1", "0.0.0.0"})
    CHECK(refuses(pair, packet_between("10.77.0.1", destination), Drop::bad_inner_destination));
  for (auto const* const destination : {"fd00:1:2::9", "::1", "ff02::1", "fe80::1", "::"})
    CHECK(refuses(pair, packet_between("fd00:1:2::a", destination), Drop::bad_inner_destination));
  CHECK(refuses(pair, packet_between("9.9.9.9", "8.8.8.8"), Drop::bad_inner_source));
  // Not even a gateway of ours is carried on to the internet with a foreign source.
  pair.b.table.routing_on = true;
  pair.b.policy().internet_until = never;
  pair.b.publish();
  CHECK(refuses(pair, packet_between("9.9.9.9", "8.8.8.8"), Drop::bad_inner_destination));
  pair.b.policy().may_use_gateway = false;
  pair.b.publish();
  CHECK(refuses(pair, packet_between("10.77.0.1", "8.8.8.8"), Drop::bad_inner_destination));
}

TEST_CASE("what passed once for one pair of addresses does not open another") {
  Pair pair;
  auto const good = packet_between("10.77.0.1", "10.77.0.2"), bad = packet_between("10.77.0.9", "10.77.0.2");
  auto const worse = packet_between("10.77.0.1", "10.77.0.9");
  CHECK(pair.arrived({pair.sealed_control(good), pair.sealed_control(bad), pair.sealed_control(worse),
                      pair.sealed_control(good)})
            .size() == 2);
}

TEST_CASE("what passed once for one peer does not pass for another") {
  Pair pair;
  PeerSlot const other{2};
  pair.b.table.peers.resize(3);
  pair.b.table.peers[2] = {.in_use = true, .v6 = *parse_ip("fd00:1:2::c"), .v4 = *parse_ip("10.77.0.3")};
  pair.b.publish();
  ReceiverIndex const index{0xb00000ff};
  pair.b.plane.install({other, index, {5}, key_of(90), key_of(91), never, never});
  auto const packet = packet_between("10.77.0.1", "10.77.0.2");
  auto const genuine = pair.sealed_control(packet);
  Buffer forged(16 + packet.size() + 16);
  wire::write_data_header(forged, {.receiver = index, .counter = 0});
  std::copy(packet.begin(), packet.end(), forged.begin() + 16);
  MutBytes const all{forged};
  crypto::Sealer(key_of(91)).seal(0, all.first(16), all.subspan(16, packet.size()), all.last(16));
  CHECK(pair.arrived({genuine, forged}).size() == 1);
  CHECK(dropped(pair.b.plane, Drop::bad_inner_source) == 1);
}

TEST_CASE("a peer that the table does not know may send nothing") {
  Pair pair;
  pair.b.policy().in_use = false;
  pair.b.publish();
  CHECK(refuses(pair, packet_between("10.77.0.1", "10.77.0.2"), Drop::bad_inner_source));
  pair.b.table.peers.clear();
  pair.b.publish();
  CHECK(refuses(pair, packet_between("10.77.0.1", "10.77.0.2"), Drop::bad_inner_source));
}

TEST_CASE("before the first table nothing is let in or out") {
  Dataplane plane;
  Pair pair;
  Out out;
  plane.install({PeerSlot{1}, Pair::index_at_b(1), Pair::index_at_a(1), key_of(3), key_of(2), never, never});
  auto datagram = pair.sealed(packet_between("10.77.0.1", "10.77.0.2"));
  Train train{pair.a.address, datagram, datagram.size()};
  plane.on_datagrams({&train, 1}, pair.now, out);
  CHECK(dropped(plane, Drop::bad_inner_source) == 1);
  auto packet = packet_between("10.77.0.2", "10.77.0.1");
  TunFrame frame{{}, packet};
  plane.on_tun({&frame, 1}, pair.now, out);
  for (auto const& wanted : events_of<AddressWanted>(out)) plane.refuse(wanted.packet, pair.now, out);
  CHECK(dropped(plane, Drop::no_route) == 1);
  CHECK(out.trains.empty());
}

TEST_CASE("inner packets must be exactly as long as they say") {
  Pair pair;
  auto packet = packet_between("10.77.0.1", "10.77.0.2");
  packet.push_back(0);
  CHECK(refuses(pair, packet, Drop::malformed_packet));
  packet.resize(packet.size() - 2);
  CHECK(refuses(pair, packet, Drop::malformed_packet));
  CHECK(refuses(pair, Buffer{0x45}, Drop::malformed_packet));
  CHECK(refuses(pair, Buffer(39, 0x60), Drop::malformed_packet));
}

TEST_CASE("datagrams outside sessions go to control, a few each batch") {
  Pair pair;
  Buffer initiation(wire::initiation_size, 0);
  initiation[0] = 1;
  auto const& out = pair.b.receive(std::vector(70, initiation), pair.a.address, pair.now);
  auto const events = events_of<HandshakeDatagram>(out);
  CHECK(events.size() == 64);
  CHECK(events[0].from.endpoint == pair.a.address);
  CHECK(events[0].from.is_direct());
  CHECK(events[0].datagram.size() == initiation.size());
  CHECK(dropped(pair.b.plane, Drop::rate_limited) == 6);
}

TEST_CASE("unknown receivers are told to control, a few each batch") {
  Pair pair;
  Buffer datagram(40, 0);
  datagram[0] = 4;
  auto const& out = pair.b.receive(std::vector(10, datagram), pair.a.address, pair.now);
  CHECK(events_of<UnknownReceiver>(out).size() == 4);
  CHECK(dropped(pair.b.plane, Drop::unknown_receiver) == 10);
}

TEST_CASE("datagrams of no kind, or of a wrong length for theirs, are malformed") {
  Pair pair;
  std::vector<Buffer> bad{Buffer(156, 0), Buffer(3, 1), Buffer(31, 4), Buffer(155, 1), Buffer(1000, 9)};
  bad[3] = Buffer(147, 0);
  bad[3][0] = 1;
  auto const& out = pair.b.receive(bad, pair.a.address, pair.now);
  CHECK(out.control.empty());
  CHECK(dropped(pair.b.plane, Drop::malformed_datagram) == bad.size());
}

TEST_CASE("an authenticated datagram with an unknown flag is refused") {
  Pair pair;
  for (std::size_t byte : {1U, 2U, 3U}) {
    crypto::Sealer sealer(key_of(2));
    auto packet = packet_between("10.77.0.1", "10.77.0.2");
    Buffer datagram(16 + packet.size() + 16);
    datagram[0] = 4;
    datagram[byte] = byte == 1 ? 8 : 1;
    store_be(datagram.data() + 4, Pair::index_at_b(1).value);
    store_be(datagram.data() + 8, std::uint64_t{byte});
    std::copy(packet.begin(), packet.end(), datagram.begin() + 16);
    MutBytes const all{datagram};
    sealer.seal(byte, all.first(16), all.subspan(16, packet.size()), all.last(16));
    CHECK(pair.arrived({datagram}).empty());
    CHECK(dropped(pair.b.plane, Drop::malformed_datagram) == byte);
  }
}

TEST_CASE("expired keys open nothing") {
  Pair pair;
  auto const datagram = pair.sealed(packet_between("10.77.0.1", "10.77.0.2"));
  pair.now.boot += seconds(180);
  CHECK(pair.arrived({datagram}).empty());
  CHECK(dropped(pair.b.plane, Drop::session_expired) == 1);
}

TEST_CASE("packets of the host to nobody are answered, multicast is not") {
  Pair pair;
  CHECK(drops(pair, packet_between("10.77.0.1", "10.77.0.9"), Drop::no_route, true));
  CHECK(drops(pair, packet_between("fd00:1:2::a", "fd00:1:2::9"), Drop::no_route, true));
  CHECK(drops(pair, packet_between("10.77.0.1", "8.8.8.8"), Drop::no_route, true));
  CHECK(drops(pair, packet_between("10.77.0.1", "127.0.0.1"), Drop::no_route, false));
  CHECK(drops(pair, packet_between("fd00:1:2::a", "fe80::1"), Drop::no_route, false));
  for (auto const* const to : {"224.0.0.251", "255.255.255.255", "10.77.255.255"})
    CHECK(drops(pair, packet_between("10.77.0.1", to), Drop::not_unicast, false));
  CHECK(drops(pair, packet_between("fd00:1:2::a", "ff02::1"), Drop::not_unicast, false));
  CHECK(drops(pair, Buffer(30, 0x45), Drop::malformed_packet, false));
}

TEST_CASE("the internet goes to the gateway, and while there is none it is blocked with an answer") {
  Pair pair;
  pair.a.table.routing_on = true;
  pair.a.publish();
  for (auto const* const to : {"8.8.8.8", "198.18.0.53", "192.168.1.1"})
    CHECK(drops(pair, packet_between("10.77.0.1", to), Drop::blocked, true));
  CHECK(pair.a.out.pieces[0][20] == 3);
  CHECK(pair.a.out.pieces[0][21] == 13);
  CHECK(drops(pair, packet_between("fd00:1:2::a", "2001:db8::1"), Drop::blocked, true));
  CHECK(pair.a.out.pieces[0][41] == 1);
  pair.a.table.gateway = pair.a.peer;
  pair.a.publish();
  for (auto const* const to : {"8.8.8.8", "198.18.0.53"})
    CHECK(datagrams_of(pair.a.tun(packet_between("10.77.0.1", to), pair.now)).size() == 1);
  CHECK(datagrams_of(pair.a.tun(packet_between("fd00:1:2::a", "2001:db8::1"), pair.now)).size() == 1);
  CHECK(drops(pair, packet_between("10.77.0.1", "10.77.0.9"), Drop::no_route, true));
}

TEST_CASE("a known peer without a place is unreachable") {
  Pair pair;
  pair.a.plane.remove_peer(pair.a.peer);
  pair.install(1);
  pair.a.plane.use_for_sending(pair.a.peer, Pair::index_at_a(1), pair.now, pair.a.out);
  CHECK(drops(pair, packet_between("10.77.0.1", "10.77.0.2"), Drop::unreachable, true));
}

TEST_CASE("a datagram to the peer's own place is never sealed for that peer again") {
  Pair pair;
  pair.a.table.routing_on = true;
  pair.a.table.gateway = pair.a.peer;
  pair.a.publish();
  auto flow = Pair::flow("10.77.0.1", "192.0.2.2");
  flow.destination_port = 9100;
  CHECK(drops(pair, make_packet(flow, as_bytes("x")), Drop::own_datagram, false));
  flow.destination_port = 9101;
  CHECK(datagrams_of(pair.a.tun(make_packet(flow, as_bytes("x")), pair.now)).size() == 1);
}

TEST_CASE("a packet or a segment beyond the MTU is answered with the MTU") {
  Pair pair;
  auto const at = make_packet(pair.flow(), Buffer(1344 - 28, 'x'));
  CHECK(datagrams_of(pair.a.tun(at, pair.now)).size() == 1);
  CHECK(drops(pair, make_packet(pair.flow(), Buffer(1345 - 28, 'x')), Drop::packet_too_big, true));
  CHECK(load_be<std::uint16_t>(pair.a.out.pieces[0].data() + 26) == 1344);
  auto const [packet, vnet] = make_super(pair.flow(true), Buffer(9000, 'x'), 1293);
  CHECK(drops(pair, packet, Drop::packet_too_big, true, vnet));
  auto const [fits, good] = make_super(pair.flow(true), Buffer(9000, 'x'), 1292);
  CHECK(datagrams_of(pair.a.tun(fits, pair.now, good)).size() == 7);
}

TEST_CASE("lying descriptions of a frame are malformed") {
  Pair pair;
  auto [packet, vnet] = make_super(pair.flow(true), Buffer(9000, 'x'), 1000);
  vnet.gso_size = 0;
  CHECK(drops(pair, packet, Drop::malformed_packet, false, vnet));
  vnet = {.flags = VnetHeader::needs_csum, .csum_start = 65000, .csum_offset = 16};
  CHECK(drops(pair, make_packet(pair.flow(true), as_bytes("x")), Drop::malformed_packet, false, vnet));
}

TEST_CASE("a flood of refused packets gets a bounded number of answers") {
  Pair pair;
  std::vector<Buffer> packets(100, packet_between("10.77.0.1", "10.77.0.9"));
  std::vector<TunFrame> frames;
  for (auto& packet : packets) frames.push_back({{}, packet});
  pair.a.out.clear();
  pair.a.plane.on_tun(frames, pair.now, pair.a.out);
  refuse_wanted(pair.a, pair.now);
  CHECK(pair.a.out.tun.size() == 32);
  CHECK(dropped(pair.a.plane, Drop::no_route) == 100);
}

TEST_CASE("edges add to the same counters") {
  Dataplane plane;
  plane.count_drop(Drop::send_failed, 3);
  plane.count_drop(Drop::tun_write_failed);
  CHECK(dropped(plane, Drop::send_failed) == 3);
  CHECK(dropped(plane, Drop::tun_write_failed) == 1);
}

TEST_CASE("beyond its bounds the waiting queue drops the oldest") {
  Pair pair(false);
  std::vector<Buffer> packets;
  for (int i = 0; i < 40; ++i) {
    packets.push_back(make_packet(pair.flow(), Buffer(static_cast<std::size_t>(10 + i), 'x')));
    pair.a.tun(packets.back(), pair.now);
  }
  CHECK(dropped(pair.a.plane, Drop::queue_full) == 8);
  pair.a.out.clear();
  pair.give_keys(1);
  CHECK(pair.arrived(datagrams_of(pair.a.out)) == std::vector(packets.begin() + 8, packets.end()));
}
