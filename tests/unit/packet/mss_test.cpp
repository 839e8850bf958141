#include "packet/mss.hpp"

#include <doctest/doctest.h>

#include "packet/checksum.hpp"
#include "support/packets.hpp"

using namespace pim;
using namespace pim::packet;

namespace {

/// A SYN whose options are `options`, padded to a multiple of four.
Buffer make_syn(test::Flow const& flow, Buffer options, std::uint8_t flags = 0x02) {
  options.resize((options.size() + 3) / 4 * 4);
  auto packet = test::make_packet(flow, {}, {.tcp_flags = flags, .tcp_options = options.size()});
  auto const transport = test::ip_header_of(packet);
  std::copy(options.begin(), options.end(), packet.begin() + static_cast<std::ptrdiff_t>(transport + 20));
  store_be(packet.data() + transport + 16, test::obvious_checksum(packet, 6, 16));
  return packet;
}

bool is_right(Bytes packet) {
  auto const ip = look_at(packet);
  return has_right_checksum(*ip, *transport_of(*ip));
}

}  // namespace

TEST_CASE("a SYN's MSS is lowered to what the tunnel carries and its checksum kept right") {
  for (auto const& flow : {test::Flow{}, test::v6_flow(true)})
    for (auto const& options : {Buffer{2, 4, 0x05, 0xb4}, Buffer{1, 2, 4, 0x05, 0xb4},
                                Buffer{1, 3, 3, 7, 2, 4, 0xff, 0xff}, Buffer{3, 3, 7, 1, 1, 2, 4, 0xff, 0x00}}) {
      auto packet = make_syn(flow, options);
      REQUIRE(is_right(packet));
      CHECK(clamp_mss(packet, *look_at(packet), 1344, true));
      CHECK(is_right(packet));
      CHECK_FALSE(clamp_mss(packet, *look_at(packet), 1344, true));
      std::uint16_t const limit = flow.source.is_v4() ? 1304 : 1284;
      std::uint8_t wanted[2];
      store_be(wanted, limit);
      CHECK(std::search(packet.begin(), packet.end(), wanted, wanted + 2) != packet.end());
    }
}

TEST_CASE("with a checksum that is still partial only the option changes") {
  auto packet = make_syn({}, {2, 4, 0x05, 0xb4});
  test::make_partial(packet, true);
  auto const before = packet;
  CHECK(clamp_mss(packet, *look_at(packet), 1344, false));
  CHECK(load_be<std::uint16_t>(packet.data() + 42) == 1304);
  CHECK(load_be<std::uint16_t>(packet.data() + 36) == load_be<std::uint16_t>(before.data() + 36));
}

TEST_CASE("small values, other segments and broken options stay as they are") {
  auto const untouched = [](Buffer packet) {
    auto const before = packet;
    return !clamp_mss(packet, *look_at(packet), 1344, true) && packet == before;
  };
  CHECK(untouched(make_syn({}, {2, 4, 0x05, 0x00})));
  CHECK(untouched(make_syn({}, {2, 4, 0xff, 0xff}, 0x10)));
  CHECK(untouched(make_syn({}, {0, 2, 4, 0xff, 0xff})));
  CHECK(untouched(make_syn({}, {2, 3, 0xff, 0xff})));
  CHECK(untouched(make_syn({}, {3, 0, 2, 4, 0xff, 0xff})));
  CHECK(untouched(make_syn({}, {3, 200, 2, 4, 0xff, 0xff, 0, 0})));
  CHECK(untouched(make_syn({}, {1, 1, 1, 2})));
  CHECK(untouched(test::make_packet({.is_tcp = false}, Buffer(40, 2))));
}
