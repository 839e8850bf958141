#include "packet/coalesce.hpp"

#include <doctest/doctest.h>

#include <deque>

#include "packet/checksum.hpp"
#include "packet/segment.hpp"
#include "support/packets.hpp"

using namespace pim;
using namespace pim::packet;

namespace {

/// Feeds packets and shows the writes: how many packets each joins, and its bytes.
struct Bench {
  explicit Bench(bool join_udp = true) : coalescer(join_udp) {}

  bool add(Buffer packet, bool left_out = false) {
    packets.push_back(std::move(packet));
    return coalescer.add(packets.back(), *look_at(packets.back()), left_out, pieces, writes);
  }
  std::vector<std::uint32_t> flush() {
    coalescer.flush(pieces, writes);
    std::vector<std::uint32_t> counts;
    for (auto const& write : writes) counts.push_back(write.piece_count);
    return counts;
  }
  Buffer gathered(std::size_t index) const {
    Buffer out;
    for (std::uint32_t i = 0; i < writes[index].piece_count; ++i)
      Writer(out).bytes(pieces[writes[index].first_piece + i]);
    return out;
  }

  Coalescer coalescer;
  std::deque<Buffer> packets;
  std::vector<Bytes> pieces;
  std::vector<TunWrite> writes;
};

using Counts = std::vector<std::uint32_t>;
Buffer const full(100, 'a'), part(40, 'b');

Buffer tcp(std::uint32_t sequence, Bytes payload = full, test::Fields fields = {}) {
  fields.sequence = sequence;
  return test::make_packet({}, payload, fields);
}

Buffer udp(Bytes payload, std::uint16_t port = 40000) {
  return test::make_packet({.is_tcp = false, .source_port = port}, payload);
}

/// How many writes two packets become.
std::size_t writes_of(Buffer first, Buffer second) {
  Bench bench;
  bench.add(std::move(first));
  bench.add(std::move(second));
  return bench.flush().size();
}

}  // namespace

TEST_CASE("packets in order become one, and a shorter one ends it") {
  Bench bench;
  for (std::uint32_t at : {0U, 100U, 200U}) bench.add(tcp(at));
  bench.add(tcp(300, part));
  bench.add(tcp(340, part));
  CHECK(bench.flush() == Counts{4, 1});
}

TEST_CASE("a pushed packet ends a super-packet and marks it pushed") {
  Bench bench;
  bench.add(tcp(0));
  bench.add(tcp(100, full, {.tcp_flags = 0x18}));
  bench.add(tcp(200));
  CHECK(bench.flush() == Counts{2, 1});
  CHECK(bench.gathered(0)[33] == 0x18);
}

TEST_CASE("packets that differ in anything but length, sequence, checksum and push stay apart") {
  CHECK(writes_of(tcp(0), tcp(100)) == 1);
  CHECK(writes_of(tcp(0), tcp(101)) == 2);
  CHECK(writes_of(tcp(100), tcp(0)) == 2);
  CHECK(writes_of(tcp(0), tcp(0)) == 2);
  CHECK(writes_of(tcp(0, part), tcp(40, full)) == 2);
  CHECK(writes_of(tcp(0), tcp(100, full, {.ack = 8})) == 2);
  CHECK(writes_of(tcp(0), tcp(100, full, {.tcp_options = 8})) == 2);
  CHECK(writes_of(tcp(0), tcp(100, full, {.traffic_class = 1})) == 2);
  CHECK(writes_of(tcp(0), tcp(100, full, {.dont_fragment = false})) == 2);
  for (int const flag : {0x01, 0x02, 0x04, 0x20, 0x40, 0x80})
    CHECK(writes_of(tcp(0), tcp(100, full, {.tcp_flags = static_cast<std::uint8_t>(0x10 | flag)})) == 2);
  CHECK(writes_of(tcp(0), tcp(100, {}, {})) == 2);
  auto other_ttl = tcp(100);
  other_ttl[8] = 63;
  test::fix_v4_checksum(other_ttl);
  CHECK(writes_of(tcp(0), other_ttl) == 2);
  auto window = tcp(100);
  window[35] ^= 1;
  store_be(window.data() + 36, test::obvious_checksum(window, 6, 16));
  CHECK(writes_of(tcp(0), window) == 2);
}

TEST_CASE("ids of packets that may be fragmented have to follow each other") {
  auto const with_id = [](std::uint32_t sequence, std::uint16_t id) {
    return tcp(sequence, full, {.id = id, .dont_fragment = false});
  };
  CHECK(writes_of(with_id(0, 65535), with_id(100, 0)) == 1);
  CHECK(writes_of(with_id(0, 5), with_id(100, 5)) == 2);
}

TEST_CASE("a wrong checksum is never joined and never made right") {
  auto bad = tcp(100);
  bad.back() ^= 1;
  Bench bench;
  bench.add(tcp(0));
  bench.add(bad);
  CHECK(bench.flush() == Counts{1, 1});
  CHECK(bench.gathered(1) == bad);
  CHECK(bench.writes[1].vnet.flags == 0);
  Bench first;
  bad = tcp(0);
  bad.back() ^= 1;
  first.add(bad);
  first.add(tcp(100));
  first.add(tcp(200));
  CHECK(first.flush() == Counts{1, 2});
  CHECK(first.gathered(0) == bad);
  CHECK(first.writes[0].vnet.flags == 0);
}

TEST_CASE("a packet whose checksum was left out is handed over as partial even alone") {
  for (bool const with_payload : {true, false}) {
    Bench bench;
    auto packet = tcp(0, with_payload ? Bytes{full} : Bytes{});
    auto partial = packet;
    test::make_partial(partial, true);
    auto garbled = partial;
    garbled[36] ^= 0x55;  // the receiver does not rely on the field
    CHECK(bench.add(garbled, true));
    CHECK(bench.flush() == Counts{1});
    CHECK(bench.writes[0].vnet.flags == VnetHeader::needs_csum);
    CHECK(bench.writes[0].vnet.csum_start == 20);
    CHECK(bench.writes[0].vnet.csum_offset == 16);
    CHECK(bench.writes[0].vnet.gso_type == VnetHeader::gso_none);
    CHECK(bench.gathered(0) == partial);
  }
}

TEST_CASE("a checksum cannot be left out where there is none") {
  auto packet = tcp(0);
  packet[9] = 1;
  Bench bench;
  CHECK_FALSE(bench.add(packet, true));
  CHECK(bench.add(packet, false));
  CHECK(bench.flush() == Counts{1});
}

TEST_CASE("UDP datagrams of one size join where the system can split them again") {
  for (bool const allowed : {true, false}) {
    Bench bench(allowed);
    for (int i = 0; i < 3; ++i) bench.add(udp(full));
    bench.add(udp(part));
    bench.add(udp(part));
    CHECK(bench.flush() == (allowed ? Counts{4, 1} : Counts{1, 1, 1, 1, 1}));
  }
}

TEST_CASE("a UDP datagram without a checksum, or with a length of its own, passes by itself") {
  auto none = udp(full);
  store_be<std::uint16_t>(none.data() + 26, 0);
  CHECK(writes_of(none, none) == 2);
  auto odd = udp(full);
  store_be<std::uint16_t>(odd.data() + 24, 50);
  store_be(odd.data() + 26, test::obvious_checksum(odd, 17, 6));
  CHECK(writes_of(odd, odd) == 2);
}

TEST_CASE("no more than 64 segments and 65535 bytes join") {
  Bench small;
  for (int i = 0; i < 130; ++i) small.add(udp(full));
  CHECK(small.flush() == Counts{64, 64, 2});
  Bench large;
  Buffer const payload(1400, 'x');
  for (std::uint32_t i = 0; i < 50; ++i) large.add(tcp(i * 1400, payload));
  CHECK(large.flush() == Counts{46, 4});
}

TEST_CASE("interleaved flows are each gathered, keep their order, and the oldest gives way") {
  Bench bench;
  for (std::uint32_t round = 0; round < 5; ++round)
    for (std::uint16_t flow = 0; flow < 8; ++flow) {
      test::Flow const which{.source_port = static_cast<std::uint16_t>(1000 + flow)};
      bench.add(test::make_packet(which, full, {.sequence = round * 100}));
    }
  CHECK(bench.flush() == Counts(8, 5));
  Bench many;
  for (std::uint16_t flow = 0; flow < 20; ++flow) many.add(udp(full, flow));
  CHECK(many.flush() == Counts(20, 1));
  for (std::uint16_t flow = 0; flow < 20; ++flow)
    CHECK(load_be<std::uint16_t>(many.gathered(flow).data() + 20) == flow);
}

TEST_CASE("a fragment does not overtake what came before it") {
  Bench bench;
  bench.add(udp(full));
  auto fragment = udp(full);
  fragment[6] = 0x20;
  test::fix_v4_checksum(fragment);
  bench.add(fragment);
  bench.add(udp(full));
  CHECK(bench.flush() == Counts{1, 1, 1});
  CHECK(bench.gathered(1) == fragment);
}

TEST_CASE("random streams come out as the same packets in the same order within each flow") {
  std::mt19937_64 random(9);
  for (int round = 0; round < 60; ++round) {
    Bench bench;
    std::array<std::vector<Buffer>, 12> sent, got;
    std::array<std::uint32_t, 12> sequence{};
    for (int i = 0; i < 300; ++i) {
      auto const which = random() % sent.size();
      test::Flow flow{.is_tcp = which % 2 == 0, .source_port = static_cast<std::uint16_t>(which)};
      auto const payload = test::random_bytes(random, random() % 5 == 0 ? random() % 300 : 300);
      if (random() % 10 == 0) sequence[which] += 17;
      test::Fields const fields{.sequence = sequence[which],
                                .tcp_flags = static_cast<std::uint8_t>(random() % 8 == 0 ? 0x18 : 0x10),
                                .id = 0};
      auto packet = test::make_packet(flow, payload, fields);
      sequence[which] += static_cast<std::uint32_t>(payload.size());
      sent[which].push_back(packet);
      bool const left_out = random() % 2 == 0;
      if (left_out) test::make_partial(packet, flow.is_tcp);
      REQUIRE(bench.add(packet, left_out));
    }
    bench.flush();
    for (std::size_t i = 0; i < bench.writes.size(); ++i) {
      auto packet = bench.gathered(i);
      auto const& vnet = bench.writes[i].vnet;
      auto& mine = got[load_be<std::uint16_t>(packet.data() + 20)];
      if (vnet.gso_type == VnetHeader::gso_none) {
        if (vnet.flags != 0) REQUIRE(complete_checksum(packet, vnet.csum_start, vnet.csum_offset));
        mine.push_back(packet);
        continue;
      }
      auto const segmenter = Segmenter::make(packet, vnet);
      REQUIRE(segmenter);
      for (std::size_t s = 0; s < segmenter->count(); ++s) {
        Buffer segment(segmenter->size(s));
        segmenter->write(s, segment.data());
        store_be<std::uint16_t>(segment.data() + 4, 0);  // ids count up; these may not be fragmented
        test::fix_v4_checksum(segment);
        REQUIRE(complete_checksum(segment, vnet.csum_start, vnet.csum_offset));
        mine.push_back(segment);
      }
    }
    for (std::size_t which = 0; which < sent.size(); ++which) {
      REQUIRE(got[which].size() == sent[which].size());
      // A push inside a super-packet moves to its end, as it does in the kernel's own gathering.
      for (std::size_t i = 0; i < got[which].size(); ++i) REQUIRE(got[which][i] == sent[which][i]);
    }
  }
}
