// Joins packets of one flow that follow each other and hands them to the tunnel device as one: the opposite of
// cutter.hpp, and as much apart from pim's own. Payload is not moved, the write gathers it.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "packet/ip.hpp"

namespace pim::ceiling {

class Gatherer {
 public:
  /// With `inner_checksums` only packets whose checksum is right are joined; else the AEAD vouched for them.
  Gatherer(int tun, bool inner_checksums) : tun_(tun), inner_checksums_(inner_checksums) {}

  /// The packet must stay until flush().
  void add(MutBytes packet);
  void flush();

 private:
  static constexpr std::size_t max_packets = 64;  ///< as many segments as UDP takes in one packet
  struct Packet {
    MutBytes bytes;
    packet::IpView ip;
    packet::Transport transport;
    bool may_join = false;  ///< carries data, and nothing in its headers forbids it

    [[nodiscard]] std::size_t payload() const { return bytes.size() - transport.payload; }
    [[nodiscard]] std::uint8_t* header() const { return bytes.data() + transport.offset; }
  };
  [[nodiscard]] Packet inspect(MutBytes bytes) const;
  [[nodiscard]] bool follows(Packet const& next) const;
  void begin(Packet const& first);

  int tun_;
  bool inner_checksums_;
  Packet first_;
  std::size_t total_ = 0, count_ = 0;  ///< bytes with the headers once; packets
  bool is_open_ = false;               ///< more may follow
  std::array<iovec, 1 + max_packets> pieces_;
};

}  // namespace pim::ceiling
