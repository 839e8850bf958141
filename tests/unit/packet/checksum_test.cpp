#include "packet/checksum.hpp"

#include <doctest/doctest.h>

#include "support/packets.hpp"

using namespace pim;
using namespace pim::packet;

namespace {
std::uint16_t as_number(std::uint16_t folded) {
  std::uint8_t bytes[2];
  store_folded(bytes, folded);
  return load_be<std::uint16_t>(bytes);
}
}  // namespace

TEST_CASE("the fast checksum equals the obvious one at every length and alignment") {
  std::mt19937_64 random(1);
  auto const bytes = test::random_bytes(random, 3000);
  for (std::size_t length = 0; length < 400; ++length)
    for (std::size_t from = 0; from < 9; ++from) {
      auto const part = Bytes{bytes}.subspan(from, length);
      CHECK(as_number(fold(sum_of(part))) == test::obvious_sum(part));
    }
  CHECK(as_number(fold(sum_of(bytes))) == test::obvious_sum(bytes));
}

TEST_CASE("carries of all-ones data are not lost") {
  Buffer const ones(65535, 0xff);
  CHECK(as_number(fold(sum_of(ones))) == test::obvious_sum(ones));
  CHECK(fold(sum_of(Buffer(64, 0xff))) == 0xffff);
  CHECK(fold(add_sums(~std::uint64_t{0}, ~std::uint64_t{0})) == 0xffff);
}

TEST_CASE("spans summed one after the other give the sum of the whole") {
  std::mt19937_64 random(2);
  auto const bytes = test::random_bytes(random, 1001);
  auto const first = sum_of(Bytes{bytes}.first(40));
  CHECK(fold(sum_of(Bytes{bytes}.subspan(40), first)) == fold(sum_of(bytes)));
}

TEST_CASE("a partial checksum is completed to the right one, and one outside the packet is refused") {
  std::mt19937_64 random(3);
  for (bool const is_tcp : {true, false})
    for (auto const& flow : {test::Flow{.is_tcp = is_tcp}, test::v6_flow(is_tcp)})
      for (auto const size : {0U, 1U, 2U, 31U, 1292U}) {
        auto const whole = test::make_packet(flow, test::random_bytes(random, size));
        auto const start = test::ip_header_of(whole);
        auto packet = whole;
        test::make_partial(packet, is_tcp);
        CHECK(complete_checksum(packet, start, test::checksum_field(is_tcp)));
        CHECK(packet == whole);
        auto const ip = look_at(packet);
        CHECK(has_right_checksum(*ip, *transport_of(*ip)));
        packet.back() ^= 1;
        CHECK_FALSE(has_right_checksum(*ip, *transport_of(*ip)));
        auto const before = packet;
        CHECK_FALSE(complete_checksum(packet, packet.size() - 1, 0));
        CHECK_FALSE(complete_checksum(packet, 65535, 65535));
        CHECK(packet == before);
      }
}

TEST_CASE("a UDP datagram without a checksum does not count as verified") {
  auto packet = test::make_packet({.is_tcp = false}, as_bytes("hello"));
  store_be<std::uint16_t>(packet.data() + 26, 0);
  auto const ip = look_at(packet);
  CHECK_FALSE(has_right_checksum(*ip, *transport_of(*ip)));
}
