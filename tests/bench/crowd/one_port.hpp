// One UDP socket of many addresses: each datagram says to which of them it came, and is sent from the one that it is
// to come from (ip(7), IP_PKTINFO). IPv4; the addresses have to be local ones of the namespace.
#pragma once

#include <array>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/fd.hpp"

namespace pim::crowd {

class OnePort {
 public:
  /// The error says what the system refused.
  static Result<OnePort> open(std::uint16_t port);

  struct Arrival {
    IpAddress to;
    Endpoint from;
    MutBytes datagram;  ///< until the next receive
  };
  /// Does not wait.
  [[nodiscard]] std::optional<Arrival> receive();
  /// False when the system did not take it.
  bool send(IpAddress const& from, Endpoint const& to, Bytes datagram) const;

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit OnePort(net::Fd fd) : fd_(std::move(fd)) {}

  net::Fd fd_;
  std::array<std::uint8_t, 2048> buffer_{};
};

}  // namespace pim::crowd
