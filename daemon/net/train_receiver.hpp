// Receives from one UDP socket in batches: one call brings up to `slots` trains, each of which UDP_GRO
// may have merged from many datagrams. The buffers are reused by the next call.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "base/drop.hpp"
#include "dataplane/io.hpp"
#include "net/socket_address.hpp"
#include "net/udp_calls.hpp"

namespace pim::net {

class TrainReceiver {
 public:
  /// A batch stays in the cache until it is opened, and takes no more memory than that.
  static constexpr std::size_t slots = 8;
  /// UDP_GRO merges up to 64 KiB whatever the size of the datagrams.
  static constexpr std::size_t slot_size = 65'536;

  /// `calls` must outlive it; `fd` stays the caller's.
  TrainReceiver(UdpCalls& calls, int fd);

  /// What waits, at most `slots` trains; empty when nothing does. Valid until the next call. Errors that
  /// ICMP left on the socket are passed over: they say nothing about what else waits.
  [[nodiscard]] std::span<dataplane::Train> receive(DropCounters& drops);

 private:
  struct Slot {
    SocketAddress from;
    iovec data;
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int))> control;
  };
  void prepare();

  UdpCalls& calls_;
  int fd_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::unique_ptr<std::array<Slot, slots>> slots_;
  std::array<mmsghdr, slots> messages_{};
  std::array<dataplane::Train, slots> trains_;
};

}  // namespace pim::net
