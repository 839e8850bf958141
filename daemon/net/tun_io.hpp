// Reads from and writes to the tunnel device in batches. The device comes and goes at run time: the host
// thread opens it and hands the descriptor over. Used by the packet thread alone.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/drop.hpp"
#include "dataplane/io.hpp"
#include "net/fd.hpp"

namespace pim::net {

class TunIo {
 public:
  /// A TSO super-packet with its header; the device never hands out more.
  static constexpr std::size_t frame_size = 65'536 + sizeof(packet::VnetHeader);
  /// One batch: so many frames, or so many bytes. Small enough to stay in the cache until it is sealed.
  static constexpr std::size_t max_frames = 64;
  static constexpr std::size_t arena_size = std::size_t{256} * 1024;

  TunIo();

  /// Takes a nonblocking descriptor of a device with a 10-byte vnet header.
  void attach(Fd device);
  void detach() { device_.reset(); }
  /// -1 while there is no device.
  [[nodiscard]] int fd() const { return device_.get(); }

  /// What waits, at most one batch; valid until the next call. Empty when nothing does.
  [[nodiscard]] std::span<dataplane::TunFrame> read();
  /// Writes every packet of `out.tun`; refused ones are counted and take no other along.
  void write(dataplane::Out const& out, DropCounters& drops);

  /// The device was deleted by someone: this descriptor will never work again.
  [[nodiscard]] bool is_lost() const { return lost_; }

 private:
  Fd device_;
  bool lost_ = false;
  std::unique_ptr<std::uint8_t[]> arena_;
  std::vector<dataplane::TunFrame> frames_;
  std::vector<iovec> gather_;
};

}  // namespace pim::net
