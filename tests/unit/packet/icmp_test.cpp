#include "packet/icmp.hpp"

#include <doctest/doctest.h>

#include "support/packets.hpp"

using namespace pim;
using namespace pim::packet;

namespace {

Buffer answer_to(Bytes packet, Unreachable why) {
  Buffer to(max_icmp_size);
  to.resize(write_unreachable(*look_at(packet), why, to));
  return to;
}

}  // namespace

TEST_CASE("an IPv4 answer quotes the packet and comes from its destination with right checksums") {
  test::Flow const flow{.is_tcp = false};
  auto const packet = test::make_packet(flow, Buffer(1000, 7));
  auto const answer = answer_to(packet, Unreachable::prohibited);
  REQUIRE(answer.size() == 576);
  auto const ip = look_at(answer);
  CHECK(ip->source() == flow.destination);
  CHECK(ip->destination() == flow.source);
  CHECK(ip->protocol == protocol_icmp);
  CHECK(answer[20] == 3);
  CHECK(answer[21] == 13);
  CHECK(test::obvious_sum(Bytes{answer}.first(20)) == 0xffff);
  CHECK(test::obvious_sum(Bytes{answer}.subspan(20)) == 0xffff);
  CHECK(std::equal(answer.begin() + 28, answer.end(), packet.begin()));
}

TEST_CASE("an IPv6 answer stays within the smallest MTU and its checksum is right") {
  auto const flow = test::v6_flow(true);
  auto const packet = test::make_packet(flow, Buffer(4000, 7));
  auto const answer = answer_to(packet, Unreachable::no_route);
  REQUIRE(answer.size() == 1280);
  CHECK(look_at(answer)->source() == flow.destination);
  CHECK(answer[40] == 1);
  CHECK(answer[41] == 0);
  CHECK(load_be<std::uint16_t>(answer.data() + 42) == test::obvious_checksum(answer, protocol_icmp6, 2));
  CHECK(std::equal(answer.begin() + 48, answer.end(), packet.begin()));
}

TEST_CASE("each reason has its code in both families") {
  auto const v4 = test::make_packet({}, as_bytes("x"));
  auto const v6 = test::make_packet(test::v6_flow(true), as_bytes("x"));
  CHECK(answer_to(v4, Unreachable::no_route)[21] == 0);
  CHECK(answer_to(v4, Unreachable::host)[21] == 1);
  CHECK(answer_to(v6, Unreachable::host)[41] == 3);
  CHECK(answer_to(v6, Unreachable::prohibited)[41] == 1);
}

TEST_CASE("packet too big carries the MTU") {
  Buffer to(max_icmp_size);
  auto const v4 = test::make_packet({}, Buffer(2000));
  REQUIRE(write_too_big(*look_at(v4), 1344, to) > 0);
  CHECK(to[20] == 3);
  CHECK(to[21] == 4);
  CHECK(load_be<std::uint32_t>(to.data() + 24) == 1344);
  auto const v6 = test::make_packet(test::v6_flow(false), Buffer(2000));
  REQUIRE(write_too_big(*look_at(v6), 1344, to) > 0);
  CHECK(to[40] == 2);
  CHECK(load_be<std::uint32_t>(to.data() + 44) == 1344);
}

TEST_CASE("nobody is answered for ICMP errors, multicast, later fragments or sources that are no host") {
  auto const silent = [](Buffer const& packet) { return answer_to(packet, Unreachable::host).empty(); };
  auto const base = test::make_packet({.is_tcp = false}, as_bytes("hello"));
  CHECK_FALSE(silent(base));
  auto packet = base;
  packet[9] = protocol_icmp;
  for (int const error : {3, 4, 5, 11, 12}) {
    packet[20] = static_cast<std::uint8_t>(error);
    CHECK(silent(packet));
  }
  packet[20] = 8;
  CHECK_FALSE(silent(packet));
  packet = base;
  packet[7] = 5;
  CHECK(silent(packet));
  packet[6] = 0x20;
  packet[7] = 0;
  CHECK_FALSE(silent(packet));
  for (int const first : {0xe0, 0x7f}) {
    packet = base;
    packet[12] = static_cast<std::uint8_t>(first);
    CHECK(silent(packet));
    packet = base;
    packet[16] = static_cast<std::uint8_t>(first);
    CHECK(silent(packet));
  }
  auto v6 = test::make_packet(test::v6_flow(false), as_bytes("hello"));
  CHECK_FALSE(silent(v6));
  v6[6] = protocol_icmp6;
  v6[40] = 1;
  CHECK(silent(v6));
  v6[40] = 128;
  CHECK_FALSE(silent(v6));
  v6[24] = 0xff;
  CHECK(silent(v6));
}
