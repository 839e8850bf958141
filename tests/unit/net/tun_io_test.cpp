#include "net/tun_io.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include "counted.hpp"

using namespace pim;
using namespace pim::net;
using pim::net::test::counted;

namespace {

/// A datagram socket pair stands for the device: one write is one packet there too.
struct Device {
  Fd ours, theirs;
  Device() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  void put(std::uint8_t gso_type, Buffer const& packet) const {
    packet::VnetHeader vnet;
    vnet.gso_type = gso_type;
    Buffer frame(sizeof vnet);
    std::memcpy(frame.data(), &vnet, sizeof vnet);
    frame.insert(frame.end(), packet.begin(), packet.end());
    REQUIRE(::send(theirs.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size()));
  }
  [[nodiscard]] Buffer get() const {
    Buffer frame(70'000);
    auto const size = ::recv(theirs.get(), frame.data(), frame.size(), 0);
    frame.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return frame;
  }
};

Buffer bytes_of(std::size_t size, std::uint8_t first) {
  Buffer buffer(size);
  for (std::size_t i = 0; i < size; ++i) buffer[i] = static_cast<std::uint8_t>(first + i);
  return buffer;
}

}  // namespace

TEST_CASE("frames_of_every_size_are_read_whole_and_do_not_overlap") {
  Device device;
  std::vector<Buffer> const packets{bytes_of(20, 1), bytes_of(1344, 2), bytes_of(65'000, 3), bytes_of(1, 4)};
  for (auto const& packet : packets) device.put(1, packet);
  TunIo io;
  io.attach(std::move(device.ours));
  auto const frames = io.read();
  REQUIRE(frames.size() == packets.size());
  for (std::size_t i = 0; i < packets.size(); ++i) {
    CHECK(frames[i].vnet.gso_type == 1);
    CHECK(Buffer(frames[i].packet.begin(), frames[i].packet.end()) == packets[i]);
  }
  CHECK(io.read().empty());
  CHECK_FALSE(io.is_lost());
}

TEST_CASE("one_batch_is_bounded_and_the_rest_waits_for_the_next") {
  Device device;
  int const room = 8 << 20;
  ::setsockopt(device.theirs.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  std::size_t put = 0;
  Buffer frame(sizeof(packet::VnetHeader) + 40);
  while (put < 3 * TunIo::max_frames && ::send(device.theirs.get(), frame.data(), frame.size(), 0) > 0) ++put;
  REQUIRE(put > TunIo::max_frames);
  TunIo io;
  io.attach(std::move(device.ours));
  CHECK(io.read().size() == TunIo::max_frames);
  std::size_t rest = 0;
  while (auto const more = io.read().size()) rest += more;
  CHECK(rest == put - TunIo::max_frames);
}

TEST_CASE("a_frame_without_a_packet_is_passed_over") {
  Device device;
  std::uint8_t const runt[4]{};
  REQUIRE(::send(device.theirs.get(), runt, sizeof runt, 0) == 4);
  device.put(0, bytes_of(40, 9));
  TunIo io;
  io.attach(std::move(device.ours));
  CHECK(io.read().size() == 1);
}

TEST_CASE("a_write_gathers_header_and_pieces_into_one_packet") {
  Device device;
  TunIo io;
  io.attach(std::move(device.ours));
  auto const one = bytes_of(40, 1), two = bytes_of(1000, 7);
  dataplane::Out out{4096};
  out.pieces = {Bytes{one}, Bytes{two}, Bytes{one}};
  packet::VnetHeader vnet;
  vnet.gso_type = 1;
  out.tun = {{vnet, 0, 2}, {packet::VnetHeader{}, 2, 1}};
  DropCounters drops{};
  io.write(out, drops);
  auto const first = device.get();
  REQUIRE(first.size() == 10 + 1040);
  CHECK(first[1] == 1);
  CHECK(first[10] == 1);
  CHECK(first[50] == 7);
  CHECK(device.get().size() == 10 + 40);
  CHECK(drops == DropCounters{});
}

TEST_CASE("packets_for_an_absent_or_full_device_are_counted_by_the_cause") {
  auto const one = bytes_of(40, 1);
  dataplane::Out out{4096};
  out.pieces = {Bytes{one}};
  out.tun = {{packet::VnetHeader{}, 0, 1}};
  TunIo io;
  DropCounters drops{};
  io.write(out, drops);
  CHECK(counted(drops, Drop::tun_write_failed) == 1);

  Device device;
  io.attach(std::move(device.ours));
  for (int i = 0; i < 10'000 && counted(drops, Drop::congestion) == 0; ++i) io.write(out, drops);
  CHECK(counted(drops, Drop::congestion) == 1);
  device.theirs.reset();
  auto const before = counted(drops, Drop::tun_write_failed);
  // MSG_NOSIGNAL does not exist for writev; a real device never raises SIGPIPE.
  io.detach();
  io.write(out, drops);
  CHECK(counted(drops, Drop::tun_write_failed) == before + 1);
}
