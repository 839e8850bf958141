#include "wire/transit.hpp"

#include <doctest/doctest.h>

#include "support/test_entropy.hpp"

using namespace pim;
using wire::Transit;

namespace {

NodeId id_of(std::uint64_t seed) { return test::SeededEntropy(seed).value<NodeId>(); }

Buffer written(Transit const& frame) {
  Buffer out;
  wire::write_transit(frame, out);
  return out;
}

}  // namespace

TEST_CASE("a transit frame is 32 bytes round its datagram, with the front of the source") {
  auto const inner = test::SeededEntropy(1).bytes(1376);
  auto const bytes = written({7, id_of(2), id_of(3), false, inner});
  CHECK(bytes.size() == 32 + 1376);
  CHECK(to_hex(Bytes{bytes}.first(32)) == "10070000" + to_string(id_of(2)) + to_string(id_of(3)).substr(0, 24));
  auto const frame = wire::parse_transit(bytes);
  REQUIRE(frame);
  CHECK(frame->hop_limit == 7);
  CHECK(frame->destination == id_of(2));
  CHECK_FALSE(frame->source_is_whole);
  CHECK(to_string(frame->source) == to_string(id_of(3)).substr(0, 24) + "00000000");
  CHECK(to_hex(frame->datagram) == to_hex(inner));
}

TEST_CASE("a handshake in transit carries its source whole") {
  auto const inner = test::SeededEntropy(1).bytes(148);
  auto const bytes = written({255, id_of(2), id_of(3), true, inner});
  CHECK(bytes.size() == 36 + 148);
  auto const frame = wire::parse_transit(bytes);
  REQUIRE(frame);
  CHECK(frame->source_is_whole);
  CHECK(frame->source == id_of(3));
  CHECK(to_hex(frame->datagram) == to_hex(inner));
}

TEST_CASE("a transit frame without a datagram, or with flags not known, is refused") {
  for (bool const whole : {false, true}) {
    auto const bytes = written({7, id_of(2), id_of(3), whole, as_bytes("x")});
    REQUIRE(wire::parse_transit(bytes));
    for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(wire::parse_transit(Bytes{bytes}.first(size)));
    for (unsigned bit = 1; bit < 16; ++bit) {
      auto other = bytes;
      other[bit < 8 ? 3 : 2] = static_cast<std::uint8_t>(other[bit < 8 ? 3 : 2] | (1U << (bit % 8)));
      CHECK_FALSE(wire::parse_transit(other));
    }
    auto other = bytes;
    other[0] = wire::transit_kind + 1;
    CHECK_FALSE(wire::parse_transit(other));
  }
}
