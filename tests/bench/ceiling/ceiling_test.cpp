// The ceiling carries packets whole: cut, sealed, sent over the loopback, opened and joined they are as before.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "cutter.hpp"
#include "gatherer.hpp"
#include "record.hpp"
#include "support/packets.hpp"

using namespace pim;
using namespace pim::ceiling;
using packet::VnetHeader;

namespace {

constexpr std::size_t segment = 1200, segments = 7, whole = segment * segments, with_short_tail = whole - 100;

/// A connected UDP socket each way on the loopback, and what stands for the tunnel device: each write is one message.
struct Wire {
  Wire() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(::bind(in, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::getsockname(in, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    REQUIRE(::connect(out, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM, 0, device.data()) == 0);
  }
  ~Wire() {
    for (int const fd : {in, out, device[0], device[1]}) ::close(fd);
  }
  int in = ::socket(AF_INET, SOCK_DGRAM, 0), out = ::socket(AF_INET, SOCK_DGRAM, 0);
  std::array<int, 2> device{};
};

std::optional<Buffer> message_of(int fd) {
  Buffer message(70'000);
  auto const got = ::recv(fd, message.data(), message.size(), MSG_DONTWAIT);
  if (got < 0) return std::nullopt;
  message.resize(static_cast<std::size_t>(got));
  return message;
}

Buffer frame_with(VnetHeader const& vnet, Bytes packet) {
  Buffer frame(sizeof vnet + packet.size());
  std::memcpy(frame.data(), &vnet, sizeof vnet);
  std::memcpy(frame.data() + sizeof vnet, packet.data(), packet.size());
  return frame;
}

/// One read of the tunnel device: a packet to be cut, the `index`th of a flow.
Buffer frame_of(test::Flow const& flow, std::uint32_t index, std::size_t size = whole) {
  std::mt19937_64 random(index);
  auto packet = test::make_packet(flow, test::random_bytes(random, size),
                                  {.sequence = 1000 + index * static_cast<std::uint32_t>(size), .id = 100});
  test::make_partial(packet, flow.is_tcp);
  auto const is_v4 = flow.source.is_v4();
  VnetHeader vnet;
  vnet.flags = VnetHeader::needs_csum;
  vnet.gso_type = !flow.is_tcp ? VnetHeader::gso_udp_l4 : is_v4 ? VnetHeader::gso_tcp4 : VnetHeader::gso_tcp6;
  vnet.gso_size = segment;
  vnet.csum_start = static_cast<std::uint16_t>(test::ip_header_of(packet));
  vnet.csum_offset = static_cast<std::uint16_t>(test::checksum_field(flow.is_tcp));
  vnet.hdr_len = static_cast<std::uint16_t>(packet.size() - size);
  return frame_with(vnet, packet);
}

struct Ends {
  Ends(bool is_sealed, bool inner_checksums)
      : trains(wire.out, is_sealed),
        cutter(trains, inner_checksums),
        opener(Direction::open, is_sealed),
        gatherer(wire.device[0], inner_checksums) {}

  void send(Buffer const& frame) {
    cutter.take(frame);
    trains.flush();
  }
  /// -> how many records opened
  std::size_t receive(bool spoils = false) {
    std::vector<Buffer> records;
    std::size_t opened = 0;
    while (auto record = message_of(wire.in)) records.push_back(std::move(*record));
    for (auto& record : records) {
      if (spoils) record[header_size + 30] ^= 1;
      if (!opener.apply(record)) continue;
      gatherer.add(MutBytes{record}.subspan(header_size, record.size() - overhead));
      ++opened;
    }
    gatherer.flush();
    return opened;
  }

  Wire wire;
  Trains trains;
  Cutter cutter;
  Cipher opener;
  Gatherer gatherer;
};

}  // namespace

TEST_CASE("what was cut and sealed arrives as it was, turn after turn") {
  for (auto const& flow : {test::Flow{}, test::Flow{.is_tcp = false}, test::v6_flow(true), test::v6_flow(false)})
    for (bool const is_sealed : {true, false})
      for (bool const inner_checksums : {true, false})
        for (auto const size : {whole, with_short_tail}) {
          Ends ends{is_sealed, inner_checksums};
          for (std::uint32_t turn = 0; turn < 3; ++turn) {
            auto const frame = frame_of(flow, turn, size);
            ends.send(frame);
            CHECK(ends.receive() == segments);
            CHECK(message_of(ends.wire.device[1]) == frame);
            CHECK_FALSE(message_of(ends.wire.device[1]));
          }
        }
}

TEST_CASE("a packet that needs no cutting arrives alone, its checksum complete or asked for") {
  test::Flow const flow;
  auto const packet = test::make_packet(flow, as_bytes("hello"));
  auto const frame = frame_with({}, packet);
  for (bool const inner_checksums : {true, false}) {
    Ends ends{true, inner_checksums};
    ends.send(frame);
    CHECK(ends.receive() == 1);
    auto const got = message_of(ends.wire.device[1]).value();
    auto expected = packet;
    if (!inner_checksums) test::make_partial(expected, true);
    CHECK(Buffer(got.begin() + sizeof(VnetHeader), got.end()) == expected);
    CHECK((got[0] == VnetHeader::needs_csum) == !inner_checksums);
  }
}

TEST_CASE("a record that was changed on its way does not open") {
  Ends ends{true, false};
  ends.send(frame_of({}, 0));
  CHECK(ends.receive(true) == 0);
  CHECK_FALSE(message_of(ends.wire.device[1]));
}
