// Sends trains on one UDP socket: a train is one message that the kernel or the card cuts (UDP_SEGMENT),
// many messages are one call. Where a train is refused its datagrams go out singly, and what fails takes
// nothing else along.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "base/drop.hpp"
#include "base/time.hpp"
#include "dataplane/io.hpp"
#include "net/socket_address.hpp"
#include "net/udp_calls.hpp"

namespace pim::net {

class TrainSender {
 public:
  /// For so long an endpoint that refused a train of some size gets such datagrams singly.
  static constexpr Duration single_for = std::chrono::seconds{60};
  /// Waited for at most once in a send(): longer would hold up everyone else.
  static constexpr std::chrono::milliseconds patience{2};

  /// `calls` must outlive it; `fd` stays the caller's. Without `offload` every datagram goes singly.
  TrainSender(UdpCalls& calls, int fd, bool offload);

  /// Sends the trains of `family`, those of this node first: of a full send buffer what is relayed gets the rest.
  /// What does not leave is counted in `drops`, by the datagram: congestion, or send_failed.
  dataplane::SentBytes send(dataplane::Out const& out, Family family, Time now, DropCounters& drops);

  /// False once the path to some device proved to lack checksum offload (EIO).
  [[nodiscard]] bool uses_offload() const { return offload_; }

 private:
  static constexpr std::size_t batch_size = 64;
  struct Slot {
    SocketAddress to;
    iovec data;
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> control;
  };
  struct Batch {
    std::array<mmsghdr, batch_size> messages{};
    std::array<Slot, batch_size> slots{};
  };
  struct Limit {
    Endpoint to;
    std::size_t segment = 0;
    Time until{};
  };
  enum class Next { again, passed };

  void collect(dataplane::Out const& out, Family family, bool relayed);
  void send_batch(Batch& batch, std::span<dataplane::OutTrain const> trains);
  void send_singly(dataplane::OutTrain const& train);
  void fill(Batch& batch, std::span<dataplane::OutTrain const> trains) const;
  Next on_error(int error, dataplane::OutTrain const& train);
  Next on_congestion(dataplane::OutTrain const& train);
  [[nodiscard]] bool goes_whole(dataplane::OutTrain const& train) const;
  void remember_limit(dataplane::OutTrain const& train);
  void count_lost(Drop reason, dataplane::OutTrain const& train);

  UdpCalls& calls_;
  int fd_;
  bool offload_;
  std::unique_ptr<Batch> trains_, singles_;
  std::vector<dataplane::OutTrain> pending_;
  // A fixed few: a path that refuses trains is rare, and forgetting one costs a failed call.
  std::array<Limit, 32> limits_{};
  std::size_t limits_used_ = 0, next_limit_ = 0;

  // Of the send() in progress.
  DropCounters* drops_ = nullptr;
  dataplane::SentBytes sent_{};
  Time now_{};
  bool waited_ = false;
};

}  // namespace pim::net
