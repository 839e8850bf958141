#include "wire/data.hpp"

#include <doctest/doctest.h>

#include "vectors/vectors.hpp"

using namespace pim;

TEST_CASE("a data header is laid out as documented and reads back") {
  wire::DataHeader const header{{1, 2, 3}, ReceiverIndex{0x0a0b0c0d}, 0x0102030405060708};
  Buffer datagram(wire::data_overhead);
  wire::write_data_header(datagram, header);
  CHECK(to_hex(Bytes{datagram}.first(16)) == "040102030a0b0c0d0102030405060708");
  CHECK(wire::parse_data_header(datagram) == header);
}

TEST_CASE("a data header needs a whole datagram of its kind round it") {
  Buffer datagram(wire::data_overhead);
  wire::write_data_header(datagram, {});
  for (std::size_t size = 0; size < datagram.size(); ++size)
    CHECK_FALSE(wire::parse_data_header(Bytes{datagram}.first(size)));
  datagram[0] = 3;
  CHECK_FALSE(wire::parse_data_header(datagram));
}

TEST_CASE("the first nibble tells an IP packet from everything else") {
  using wire::Content;
  CHECK(wire::content_of({}) == Content::keepalive);
  for (unsigned first = 0; first < 256; ++first) {
    std::uint8_t const byte[] = {static_cast<std::uint8_t>(first)};
    bool const is_ip = first / 16 == 4 || first / 16 == 6;
    CHECK(wire::content_of(byte) == (is_ip ? Content::ip_packet : Content::other));
  }
}
