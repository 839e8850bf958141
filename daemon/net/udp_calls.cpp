#include "net/udp_calls.hpp"

#include <poll.h>

#include <cerrno>

namespace pim::net {
namespace {

class SystemCalls final : public UdpCalls {
 public:
  int receive(int fd, std::span<mmsghdr> messages) override {
    auto const count = ::recvmmsg(fd, messages.data(), static_cast<unsigned>(messages.size()), MSG_DONTWAIT, nullptr);
    return count < 0 ? -errno : count;
  }
  int send(int fd, std::span<mmsghdr> messages) override {
    auto const count = ::sendmmsg(fd, messages.data(), static_cast<unsigned>(messages.size()), MSG_DONTWAIT);
    return count < 0 ? -errno : count;
  }
  bool wait_writable(int fd, std::chrono::milliseconds limit) override {
    pollfd poll{fd, POLLOUT, 0};
    return ::poll(&poll, 1, static_cast<int>(limit.count())) > 0;
  }
};

}  // namespace

std::unique_ptr<UdpCalls> make_udp_calls() { return std::make_unique<SystemCalls>(); }

}  // namespace pim::net
