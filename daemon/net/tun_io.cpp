#include "net/tun_io.hpp"

#include <cerrno>
#include <climits>

namespace pim::net {
namespace {

constexpr std::size_t header_size = sizeof(packet::VnetHeader);
// Packets begin on a cache line, and their header lies just before.
constexpr std::size_t alignment = 64;

constexpr std::size_t next_start(std::size_t used) {
  return (used + header_size + alignment - 1) / alignment * alignment;
}

}  // namespace

TunIo::TunIo() : arena_(std::make_unique_for_overwrite<std::uint8_t[]>(arena_size + frame_size + alignment)) {
  frames_.reserve(max_frames);
  gather_.reserve(128);
}

void TunIo::attach(Fd device) {
  device_ = std::move(device);
  lost_ = false;
}

std::span<dataplane::TunFrame> TunIo::read() {
  frames_.clear();
  if (!device_.is_open() || lost_) return {};
  for (std::size_t used = 0; used < arena_size && frames_.size() < max_frames;) {
    auto const start = next_start(used);
    auto* const frame = arena_.get() + start - header_size;
    auto const got = ::read(device_.get(), frame, frame_size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      lost_ = errno == EBADFD;
      break;
    }
    if (got == 0) break;
    auto const size = static_cast<std::size_t>(got);
    if (size <= header_size) continue;
    dataplane::TunFrame entry;
    std::memcpy(&entry.vnet, frame, header_size);
    entry.packet = {arena_.get() + start, size - header_size};
    frames_.push_back(entry);
    used = start + entry.packet.size();
  }
  return frames_;
}

void TunIo::write(dataplane::Out const& out, DropCounters& drops) {
  for (auto const& packet : out.tun) {
    gather_.clear();
    // writev does not write through the pointers; iovec is shared with readv.
    gather_.push_back({const_cast<packet::VnetHeader*>(&packet.vnet), header_size});
    for (auto const& piece : std::span{out.pieces}.subspan(packet.first_piece, packet.piece_count))
      gather_.push_back({const_cast<std::uint8_t*>(piece.data()), piece.size()});
    ssize_t written = -1;
    if (device_.is_open() && !lost_ && gather_.size() <= IOV_MAX) do
        written = ::writev(device_.get(), gather_.data(), static_cast<int>(gather_.size()));
      while (written < 0 && errno == EINTR);
    else
      errno = EBADF;
    if (written >= 0) continue;
    // EIO is a device that is down; it may come up again.
    if (errno == EBADFD) lost_ = true;
    count(drops, errno == EAGAIN ? Drop::congestion : Drop::tun_write_failed);
  }
}

}  // namespace pim::net
