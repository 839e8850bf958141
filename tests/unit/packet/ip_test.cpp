#include "packet/ip.hpp"

#include <doctest/doctest.h>

#include "support/packets.hpp"

using namespace pim;
using namespace pim::packet;

TEST_CASE("a packet is seen with its family, lengths, protocol and addresses") {
  for (auto const& flow : {test::Flow{}, test::v6_flow(true)}) {
    auto packet = test::make_packet(flow, as_bytes("payload"));
    auto const size = packet.size();
    packet.resize(size + 5);  // what lies behind the packet is not part of it
    auto const ip = look_at(packet);
    REQUIRE(ip);
    CHECK(ip->total_length == size);
    CHECK(ip->protocol == protocol_tcp);
    CHECK(ip->source() == flow.source);
    CHECK(ip->destination() == flow.destination);
    auto const transport = transport_of(*ip);
    REQUIRE(transport);
    CHECK(transport->is_tcp());
    CHECK(transport->payload - transport->offset == 32);
    CHECK(size - transport->payload == 7);
  }
}

TEST_CASE("no cut of a packet is accepted") {
  for (bool const is_tcp : {true, false})
    for (auto const& flow : {test::Flow{.is_tcp = is_tcp}, test::v6_flow(is_tcp)}) {
      auto const packet = test::make_packet(flow, as_bytes("x"));
      for (std::size_t size = 0; size < packet.size(); ++size) {
        Buffer const cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(look_at(cut));
      }
    }
}

TEST_CASE("headers that lie about their own length are refused") {
  auto packet = test::make_packet({}, as_bytes("x"));
  packet[0] = 0x44;
  CHECK_FALSE(look_at(packet));
  packet[0] = 0x4f;
  packet.resize(59);
  store_be<std::uint16_t>(packet.data() + 2, 59);
  CHECK_FALSE(look_at(packet));
  packet[0] = 0x55;
  CHECK_FALSE(look_at(packet));
}

TEST_CASE("a transport header that does not fit, or is one of a fragment, is none") {
  auto packet = test::make_packet({}, as_bytes("x"), {.tcp_options = 0});
  packet[20 + 12] = 0xf0;
  CHECK_FALSE(transport_of(*look_at(packet)));
  packet[20 + 12] = 0x40;
  CHECK_FALSE(transport_of(*look_at(packet)));
  packet[20 + 12] = 0x50;
  CHECK(transport_of(*look_at(packet)));
  packet[6] = 0x20;
  auto const first = look_at(packet);
  CHECK(first->is_fragment);
  CHECK_FALSE(first->is_later_fragment);
  CHECK_FALSE(transport_of(*first));
  packet[6] = 0;
  packet[7] = 1;
  CHECK(look_at(packet)->is_later_fragment);
  packet[7] = 0;
  packet[9] = 47;
  CHECK_FALSE(transport_of(*look_at(packet)));
}

TEST_CASE("random bytes never read outside and never yield a view beyond the buffer") {
  std::mt19937_64 random(4);
  for (int round = 0; round < 20000; ++round) {
    auto bytes = test::random_bytes(random, random() % 120);
    if (!bytes.empty()) bytes[0] = static_cast<std::uint8_t>((random() % 2 ? 0x40 : 0x60) | (bytes[0] & 15));
    auto const exact = std::make_unique<std::uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), exact.get());
    auto const ip = look_at({exact.get(), bytes.size()});
    if (!ip) continue;
    CHECK(ip->total_length <= bytes.size());
    auto const transport = transport_of(*ip);
    if (transport) CHECK(transport->payload <= ip->total_length);
  }
}
