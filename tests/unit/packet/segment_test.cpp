#include "packet/segment.hpp"

#include <doctest/doctest.h>

#include "packet/checksum.hpp"
#include "packet/coalesce.hpp"
#include "support/packets.hpp"

using namespace pim;
using namespace pim::packet;

namespace {

struct Super {
  Buffer packet;
  VnetHeader vnet;
  test::Flow flow;
  Buffer payload;
  test::Fields fields;
};

Super make_super(std::mt19937_64& random, bool is_tcp, bool is_v4, std::size_t gso, std::size_t size,
                 std::uint8_t tcp_flags = 0x10) {
  Super super;
  super.flow = is_v4 ? test::Flow{.is_tcp = is_tcp} : test::v6_flow(is_tcp);
  super.fields = {.sequence = static_cast<std::uint32_t>(random()),
                  .ack = static_cast<std::uint32_t>(random()),
                  .tcp_flags = tcp_flags,
                  .tcp_options = random() % 11 * 4,
                  .id = static_cast<std::uint16_t>(random()),
                  .dont_fragment = random() % 2 == 0,
                  .traffic_class = static_cast<std::uint8_t>(random() & 3)};
  super.payload = test::random_bytes(random, size);
  super.packet = test::make_packet(super.flow, super.payload, super.fields);
  test::make_partial(super.packet, is_tcp);
  super.vnet.flags = VnetHeader::needs_csum;
  super.vnet.gso_type = !is_tcp ? VnetHeader::gso_udp_l4 : is_v4 ? VnetHeader::gso_tcp4 : VnetHeader::gso_tcp6;
  super.vnet.gso_size = static_cast<std::uint16_t>(gso);
  super.vnet.csum_start = static_cast<std::uint16_t>(test::ip_header_of(super.packet));
  super.vnet.csum_offset = static_cast<std::uint16_t>(test::checksum_field(is_tcp));
  return super;
}

/// The segments as packets built one by one from their fields.
std::vector<Buffer> obvious_segments(Super const& super) {
  std::vector<Buffer> out;
  std::size_t const gso = super.vnet.gso_size;
  for (std::size_t at = 0, index = 0; at < super.payload.size(); at += gso, ++index) {
    auto fields = super.fields;
    bool const is_last = at + gso >= super.payload.size();
    fields.sequence += static_cast<std::uint32_t>(at);
    fields.id = static_cast<std::uint16_t>(fields.id + index);
    if (!is_last) fields.tcp_flags &= 0xf6;
    if (index > 0) fields.tcp_flags &= 0x7f;
    auto const size = std::min(gso, super.payload.size() - at);
    out.push_back(test::make_packet(super.flow, Bytes{super.payload}.subspan(at, size), fields));
  }
  return out;
}

std::vector<Buffer> segments_of(Segmenter const& segmenter) {
  std::vector<Buffer> out;
  for (std::size_t i = 0; i < segmenter.count(); ++i) {
    out.emplace_back(segmenter.size(i));
    segmenter.write(i, out.back().data());
  }
  return out;
}

Buffer gathered(TunWrite const& write, std::vector<Bytes> const& pieces) {
  Buffer out;
  for (std::uint32_t i = 0; i < write.piece_count; ++i) Writer(out).bytes(pieces[write.first_piece + i]);
  return out;
}

}  // namespace

TEST_CASE("segments equal packets built one by one, once their checksums are completed") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 400; ++round) {
    bool const is_tcp = random() % 2 == 0, is_v4 = random() % 2 == 0;
    auto const flags = std::array<std::uint8_t, 4>{0x10, 0x18, 0x19, 0x90}[random() % 4];
    auto const super = make_super(random, is_tcp, is_v4, 1 + random() % 1400, 1 + random() % 30000, flags);
    auto const segmenter = Segmenter::make(super.packet, super.vnet);
    REQUIRE(segmenter);
    auto const expected = obvious_segments(super);
    auto segments = segments_of(*segmenter);
    REQUIRE(segments.size() == expected.size());
    for (std::size_t i = 0; i < segments.size(); ++i) {
      REQUIRE(complete_checksum(segments[i], super.vnet.csum_start, super.vnet.csum_offset));
      REQUIRE(segments[i] == expected[i]);
    }
  }
}

TEST_CASE("segments gathered again are the super-packet that they came from") {
  std::mt19937_64 random(6);
  std::vector<Bytes> pieces;
  std::vector<TunWrite> writes;
  for (int round = 0; round < 400; ++round) {
    bool const is_tcp = random() % 2 == 0, is_v4 = random() % 2 == 0, left_out = random() % 2 == 0;
    std::size_t const gso = 500 + random() % 900, size = gso + 1 + random() % (gso * 40);
    auto const super = make_super(random, is_tcp, is_v4, gso, size, random() % 2 ? 0x10 : 0x18);
    auto segments = segments_of(*Segmenter::make(super.packet, super.vnet));
    pieces.clear();
    writes.clear();
    Coalescer coalescer(true);
    for (auto& segment : segments) {
      if (!left_out) REQUIRE(complete_checksum(segment, super.vnet.csum_start, super.vnet.csum_offset));
      REQUIRE(coalescer.add(segment, *look_at(segment), left_out, pieces, writes));
    }
    coalescer.flush(pieces, writes);
    REQUIRE(writes.size() == 1);
    auto const& vnet = writes[0].vnet;
    CHECK(gathered(writes[0], pieces) == super.packet);
    CHECK(vnet.gso_type == super.vnet.gso_type);
    CHECK(vnet.gso_size == gso);
    CHECK(vnet.flags == VnetHeader::needs_csum);
    CHECK(vnet.csum_start == super.vnet.csum_start);
    CHECK(vnet.csum_offset == super.vnet.csum_offset);
    CHECK(vnet.hdr_len == super.packet.size() - size);
  }
}

TEST_CASE("a description that does not fit its packet is refused") {
  std::mt19937_64 random(7);
  auto const good = make_super(random, true, true, 1000, 5000);
  REQUIRE(Segmenter::make(good.packet, good.vnet));
  auto const refuses = [&](auto change) {
    auto vnet = good.vnet;
    change(vnet);
    return !Segmenter::make(good.packet, vnet).has_value();
  };
  CHECK(refuses([](auto& v) { v.gso_size = 0; }));
  CHECK(refuses([](auto& v) { v.gso_type = VnetHeader::gso_tcp6; }));
  CHECK(refuses([](auto& v) { v.gso_type = VnetHeader::gso_udp_l4; }));
  CHECK(refuses([](auto& v) { v.gso_type = 3; }));
  CHECK(refuses([](auto& v) { v.csum_start = 40; }));
  CHECK(refuses([](auto& v) { v.csum_start = 65535; }));
  CHECK(refuses([](auto& v) { v.csum_offset = 6; }));
  CHECK_FALSE(refuses([](auto& v) { v.hdr_len = 65535; }));
  CHECK_FALSE(refuses([](auto& v) { v.gso_type |= VnetHeader::gso_ecn; }));
}

TEST_CASE("hostile descriptions and packets never read or write outside") {
  std::mt19937_64 random(8);
  int accepted = 0;
  for (int round = 0; round < 5000; ++round) {
    auto super = make_super(random, random() % 2 == 0, random() % 2 == 0, 1 + random() % 2000, random() % 3000);
    for (auto flips = random() % 4; flips > 0; --flips)
      super.packet[random() % std::min<std::size_t>(super.packet.size(), 64)] = static_cast<std::uint8_t>(random());
    super.packet.resize(super.packet.size() - random() % 3 * (random() % super.packet.size()) / 2);
    super.vnet.hdr_len = static_cast<std::uint16_t>(random());
    if (random() % 8 == 0) super.vnet.csum_start = static_cast<std::uint16_t>(random());
    auto const exact = std::make_unique<std::uint8_t[]>(super.packet.size());
    std::copy(super.packet.begin(), super.packet.end(), exact.get());
    auto const segmenter = Segmenter::make({exact.get(), super.packet.size()}, super.vnet);
    if (!segmenter) continue;
    ++accepted;
    for (std::size_t i = 0; i < segmenter->count(); ++i) {
      auto const to = std::make_unique<std::uint8_t[]>(segmenter->size(i));
      segmenter->write(i, to.get());
      CHECK(look_at({to.get(), segmenter->size(i)})->total_length == segmenter->size(i));
    }
  }
  CHECK(accepted > 1000);
}
