// The system calls of the UDP batches, behind an interface so that tests can make them fail.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <span>

namespace pim::net {

class UdpCalls {
 public:
  virtual ~UdpCalls() = default;
  /// recvmmsg without waiting: how many messages came, or -errno.
  virtual int receive(int fd, std::span<mmsghdr> messages) = 0;
  /// sendmmsg without waiting: how many from the front went out, or -errno of the first.
  virtual int send(int fd, std::span<mmsghdr> messages) = 0;
  /// Whether the socket became writable in time.
  virtual bool wait_writable(int fd, std::chrono::milliseconds limit) = 0;
};

/// The kernel's own.
[[nodiscard]] std::unique_ptr<UdpCalls> make_udp_calls();

}  // namespace pim::net
