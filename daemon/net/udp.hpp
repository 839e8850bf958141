// The node's UDP port: one IPv4 and one IPv6 socket, batches in and batches out. Used by the packet
// thread alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "net/fd.hpp"
#include "net/train_receiver.hpp"
#include "net/train_sender.hpp"

namespace pim::net {

struct UdpOptions {
  std::uint16_t port = 0;  ///< 0: any free one
  std::uint32_t mark = 0;  ///< SO_MARK where permitted; 0: none
};

class UdpSockets {
 public:
  /// Either family may be missing on a host, not both. The error names the port and the key to change.
  static Result<UdpSockets> open(UdpOptions const& options, std::unique_ptr<UdpCalls> calls = make_udp_calls());

  /// -1 where the host lacks the family.
  [[nodiscard]] int fd(Family family) const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// False when the mark was wanted but refused: without CAP_NET_ADMIN.
  [[nodiscard]] bool is_marked() const { return marked_; }

  /// One call of TrainReceiver::receive. The trains live until the next receive of the same family.
  [[nodiscard]] std::span<dataplane::Train> receive(Family family, DropCounters& drops);
  /// Sends all trains of `out`; those that cannot leave are counted by the datagram.
  dataplane::SentBytes send(dataplane::Out const& out, Time now, DropCounters& drops);

 private:
  struct Socket {
    Socket(Fd socket, UdpCalls& calls, bool offload);
    Fd fd;
    TrainReceiver receiver;
    TrainSender sender;
  };
  UdpSockets() = default;

  std::unique_ptr<UdpCalls> calls_;
  std::optional<Socket> v4_, v6_;
  std::uint16_t port_ = 0;
  bool marked_ = false;
};

}  // namespace pim::net
