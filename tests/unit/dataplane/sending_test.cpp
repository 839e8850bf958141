#include <doctest/doctest.h>

#include "pair.hpp"
#include "wire/data.hpp"

using namespace pim;
using namespace pim::test;

TEST_CASE("a data datagram is its inner packet plus 32 bytes and arrives as it was sent") {
  Pair pair;
  for (bool const is_v4 : {true, false})
    for (std::size_t size : {0U, 1U, 100U, 1200U}) {
      auto const packet = make_packet(pair.flow(false, is_v4), Buffer(size, 'x'));
      auto const datagram = pair.sealed(packet);
      CHECK(datagram.size() == packet.size() + 32);
      CHECK(pair.a.out.trains[0].to == pair.b.address);
      CHECK(pair.arrived({datagram}) == std::vector<Buffer>{packet});
    }
  CHECK(dropped(pair.a.plane) == 0);
  CHECK(dropped(pair.b.plane) == 0);
}

TEST_CASE("a super-packet becomes one train of equal datagrams and arrives as one super-packet") {
  Pair pair;
  pair.b.plane.join_udp(true);
  std::mt19937_64 random(1);
  for (bool const is_tcp : {true, false})
    for (bool const is_v4 : {true, false}) {
      std::uint16_t const gso = 1240;
      auto [packet, vnet] = make_super(pair.flow(is_tcp, is_v4), random_bytes(random, gso * 30 + 5), gso);
      auto const& out = pair.a.tun(packet, pair.now, vnet);
      REQUIRE(out.trains.size() == 1);
      CHECK(datagrams_of(out).size() == 31);
      CHECK(out.trains[0].segment == vnet.hdr_len + gso + 32u);
      // As UDP_GRO brings it: one receive call for the whole train.
      Buffer bytes(out.bytes.data(), out.bytes.data() + out.bytes.size());
      Train train{pair.a.address, bytes, out.trains[0].segment};
      pair.b.out.clear();
      pair.b.plane.on_datagrams({&train, 1}, pair.now, pair.b.out);
      REQUIRE(pair.b.out.tun.size() == 1);
      auto const& write = pair.b.out.tun[0];
      CHECK(write.vnet.gso_size == gso);
      CHECK(write.vnet.gso_type == vnet.gso_type);
      CHECK(write.vnet.flags == VnetHeader::needs_csum);
      Buffer whole;
      for (auto const& piece : pair.b.out.pieces) Writer(whole).bytes(piece);
      CHECK(whole == packet);
    }
}

TEST_CASE("trains hold one size, one endpoint, 64 datagrams and 65507 bytes at most") {
  Pair pair;
  std::vector<Buffer> packets;
  for (int i = 0; i < 300; ++i) packets.push_back(make_packet(pair.flow(), Buffer(i < 150 ? 1300 : 60, 'x')));
  std::vector<TunFrame> frames;
  for (auto& packet : packets) frames.push_back({{}, packet});
  pair.a.out.clear();
  pair.a.plane.on_tun(frames, pair.now, pair.a.out);
  std::size_t datagrams = 0;
  for (auto const& train : pair.a.out.trains) {
    auto const in_train = (train.data.size() + train.segment - 1) / train.segment;
    CHECK(train.data.size() <= 65507);
    CHECK(in_train <= 64);
    datagrams += in_train;
  }
  CHECK(datagrams == 300);
  // 48 large ones to a train; the last of these is ended by the first small one; then 64, 64 and 21.
  CHECK(pair.a.out.trains.size() == 7);
  CHECK(pair.arrived(datagrams_of(pair.a.out)) == packets);
}

TEST_CASE("counters begin at zero, never repeat, and the receiver's index stands in every datagram") {
  Pair pair;
  for (std::uint64_t i = 0; i < 5; ++i) {
    auto const header = wire::parse_data_header(pair.sealed(make_packet(pair.flow(), as_bytes("x"))));
    REQUIRE(header);
    CHECK(header->counter == i);
    CHECK(header->receiver == Pair::index_at_b(1));
    CHECK(header->flags == std::array<std::uint8_t, 3>{0, 0, 0});
  }
}

TEST_CASE("a checksum that the kernel left partial stays so on the wire and is right at the other end") {
  Pair pair;
  for (bool const is_tcp : {true, false}) {
    auto const whole = make_packet(pair.flow(is_tcp), as_bytes("odd"));
    auto partial = whole;
    make_partial(partial, is_tcp);
    VnetHeader const vnet{.flags = VnetHeader::needs_csum,
                          .csum_start = 20,
                          .csum_offset = static_cast<std::uint16_t>(checksum_field(is_tcp))};
    auto const datagrams = datagrams_of(pair.a.tun(partial, pair.now, vnet));
    REQUIRE(datagrams.size() == 1);
    CHECK(datagrams[0][1] == 1);
    CHECK(pair.arrived(datagrams) == std::vector<Buffer>{whole});
    CHECK(pair.b.out.tun[0].vnet.flags == VnetHeader::needs_csum);
  }
}

TEST_CASE("a partial checksum of a protocol that the receiver would not find is completed before sealing") {
  Pair pair;
  auto packet = make_packet(pair.flow(), Buffer(40, 7));
  packet[9] = 132;
  fix_v4_checksum(packet);
  VnetHeader const vnet{.flags = VnetHeader::needs_csum, .csum_start = 20, .csum_offset = 10};
  auto const datagrams = datagrams_of(pair.a.tun(packet, pair.now, vnet));
  REQUIRE(datagrams.size() == 1);
  CHECK(datagrams[0][1] == 0);
  auto expected = packet;
  CHECK(packet::complete_checksum(expected, 20, 10));
  CHECK(pair.arrived(datagrams) == std::vector<Buffer>{expected});
}

TEST_CASE("packets without a session wait, ask for one once, and go out in order when keys come") {
  Pair pair(false);
  std::vector<Buffer> packets;
  for (int i = 0; i < 5; ++i) {
    packets.push_back(make_packet(pair.flow(), Buffer(static_cast<std::size_t>(100 + i), 'x')));
    auto const& out = pair.a.tun(packets.back(), pair.now);
    CHECK(out.trains.empty());
    CHECK(events_of<SessionWanted>(out).size() == (i == 0 ? 1 : 0));
  }
  pair.now.boot += seconds(5);
  CHECK(events_of<SessionWanted>(pair.a.tun(packets[0], pair.now)).size() == 1);
  packets.push_back(packets[0]);
  pair.a.out.clear();
  pair.give_keys(1);
  CHECK(pair.arrived(datagrams_of(pair.a.out)) == packets);
  CHECK(events_of<SessionWanted>(pair.a.tun(packets[0], pair.now)).empty());
}

TEST_CASE("a super-packet waits as a whole") {
  Pair pair(false);
  std::mt19937_64 random(2);
  auto const [packet, vnet] = make_super(pair.flow(true), random_bytes(random, 20000), 1000);
  pair.a.tun(packet, pair.now, vnet);
  pair.a.out.clear();
  pair.give_keys(1);
  CHECK(datagrams_of(pair.a.out).size() == 20);
  CHECK(pair.arrived(datagrams_of(pair.a.out)).size() == 20);
}

TEST_CASE("expired keys seal nothing: packets wait and a session is asked for") {
  Pair pair;
  pair.now.boot += seconds(180);
  auto const packet = make_packet(pair.flow(), as_bytes("x"));
  auto const& out = pair.a.tun(packet, pair.now);
  CHECK(out.trains.empty());
  CHECK(events_of<SessionWanted>(out).size() == 1);
  CHECK_FALSE(pair.a.plane.seal_control(pair.a.peer, as_bytes("\x20hello"), pair.now, pair.a.out));
  pair.a.out.clear();
  pair.give_keys(2);
  CHECK(pair.arrived(datagrams_of(pair.a.out)) == std::vector<Buffer>{packet});
}

TEST_CASE("an old key asks to be replaced once, by age or by count") {
  auto const packet = [](Pair& pair) { return make_packet(pair.flow(), as_bytes("x")); };
  Pair old;
  CHECK(events_of<RekeyWanted>(old.a.tun(packet(old), old.now)).empty());
  old.now.boot += seconds(120);
  CHECK(events_of<RekeyWanted>(old.a.tun(packet(old), old.now)).size() == 1);
  CHECK(events_of<RekeyWanted>(old.a.tun(packet(old), old.now)).empty());

  Pair busy;
  Dataplane plane({.rekey_after = 3, .reject_after = 5});
  plane.publish(std::make_unique<ForwardingTable>(busy.a.table));
  plane.set_endpoint(busy.a.peer, busy.b.address);
  plane.install({busy.a.peer, {1}, {2}, key_of(1), key_of(2), never, never});
  plane.use_for_sending(busy.a.peer, {1}, busy.now, busy.a.out);
  std::vector<std::size_t> asked, sealed;
  for (int i = 0; i < 7; ++i) {
    auto bytes = packet(busy);
    TunFrame frame{{}, bytes};
    busy.a.out.clear();
    plane.on_tun({&frame, 1}, busy.now, busy.a.out);
    asked.push_back(events_of<RekeyWanted>(busy.a.out).size());
    sealed.push_back(busy.a.out.trains.size());
  }
  CHECK(asked == std::vector<std::size_t>{0, 0, 0, 1, 0, 0, 0});
  CHECK(sealed == std::vector<std::size_t>{1, 1, 1, 1, 1, 0, 0});
  CHECK(dropped(plane, Drop::counter_exhausted) == 2);
}

TEST_CASE("an answer is awaited from the first data after the last reception") {
  Pair pair;
  auto const packet = make_packet(pair.flow(), as_bytes("x"));
  auto const began = pair.now.boot;
  auto const first = pair.sealed(packet);
  CHECK(events_of<AnswerAwaited>(pair.a.out).size() == 1);
  pair.now.boot += seconds(1);
  pair.sealed(packet);
  CHECK(events_of<AnswerAwaited>(pair.a.out).empty());
  CHECK(pair.a.plane.activity(pair.a.peer).awaiting_since == began);
  // An empty keepalive of the other side is an answer.
  pair.b.out.clear();
  REQUIRE(pair.b.plane.seal_control(pair.b.peer, {}, pair.now, pair.b.out));
  auto const& out = pair.a.receive(datagrams_of(pair.b.out), pair.b.address, pair.now);
  CHECK(out.tun.empty());
  CHECK(pair.a.plane.activity(pair.a.peer).awaiting_since == never);
  CHECK(pair.a.plane.activity(pair.a.peer).last_received == pair.now.boot);
  pair.sealed(packet);
  CHECK(events_of<AnswerAwaited>(pair.a.out).size() == 1);
}

TEST_CASE("what goes out under new keys is awaited anew, whatever was awaited before") {
  Pair pair;
  auto const packet = make_packet(pair.flow(), as_bytes("x"));
  pair.sealed(packet);
  pair.a.plane.use_for_sending(pair.a.peer, Pair::index_at_a(1), pair.now, pair.a.out);
  CHECK(pair.a.plane.activity(pair.a.peer).awaiting_since == never);
  pair.now.boot += seconds(1);
  pair.sealed(packet);
  CHECK(events_of<AnswerAwaited>(pair.a.out).size() == 1);
}

TEST_CASE("a keepalive or control message awaits no answer") {
  Pair pair;
  pair.sealed_control({});
  CHECK(pair.a.out.control.empty());
  auto const& activity = pair.a.plane.activity(pair.a.peer);
  CHECK(activity.awaiting_since == never);
  CHECK(activity.last_sent == pair.now.boot);
  CHECK(activity.last_data_sent == Time{});
  CHECK(activity.tx_packets == 0);
}

TEST_CASE("activity counts inner packets and bytes on both sides") {
  Pair pair;
  auto const [packet, vnet] = make_super(pair.flow(true), Buffer(5000, 'x'), 1000);
  pair.arrived(datagrams_of(pair.a.tun(packet, pair.now, vnet)));
  auto const& sent = pair.a.plane.activity(pair.a.peer);
  auto const& got = pair.b.plane.activity(pair.b.peer);
  CHECK(sent.tx_packets == 5);
  CHECK(sent.tx_bytes == 5 * 1052);
  CHECK(got.rx_packets == 5);
  CHECK(got.rx_bytes == 5 * 1052);
  CHECK(got.last_data_received == pair.now.boot);
}

TEST_CASE("a full arena counts congestion and leaves whole datagrams only") {
  Pair pair;
  Out small(3000);
  auto const [packet, vnet] = make_super(pair.flow(true), Buffer(5000, 'x'), 1000);
  auto copy = packet;
  TunFrame frame{vnet, copy};
  pair.a.plane.on_tun({&frame, 1}, pair.now, small);
  CHECK(datagrams_of(small).size() == 2);
  CHECK(small.bytes.size() == 2 * 1084);
  CHECK(dropped(pair.a.plane, Drop::congestion) > 0);
  CHECK(pair.arrived(datagrams_of(small)).size() == 2);
}

TEST_CASE("a SYN's MSS is clamped on the way out and on the way in") {
  Pair pair;
  auto syn = make_packet(pair.flow(true), {}, {.tcp_flags = 0x02, .tcp_options = 4});
  std::array<std::uint8_t, 4> const option{2, 4, 0x05, 0xb4};
  std::copy(option.begin(), option.end(), syn.begin() + 40);
  store_be(syn.data() + 36, obvious_checksum(syn, 6, 16));
  pair.b.table.mtu = 1200;
  pair.b.publish();
  auto const arrived = pair.arrived({pair.sealed(syn)});
  REQUIRE(arrived.size() == 1);
  CHECK(load_be<std::uint16_t>(arrived[0].data() + 42) == 1160);
  CHECK(load_be<std::uint16_t>(arrived[0].data() + 36) == obvious_checksum(arrived[0], 6, 16));
}
