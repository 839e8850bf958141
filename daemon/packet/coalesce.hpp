// Gathers in-order packets of one flow into TSO and USO super-packets for the tunnel device: the
// opposite of segment.hpp. Payload is not moved; a write gathers pieces. Packets of one flow keep their
// order; what cannot be joined passes by itself.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "packet/ip.hpp"
#include "packet/vnet.hpp"

namespace pim::packet {

/// One write to the tunnel device: `vnet`, then pieces [first_piece, first_piece + piece_count) gathered.
struct TunWrite {
  VnetHeader vnet;
  std::uint32_t first_piece = 0;
  std::uint32_t piece_count = 0;
};

class Coalescer {
 public:
  /// A system takes at most 64 UDP segments in one packet; with the header's piece this also stays far
  /// below what one gathering write may hold.
  static constexpr std::size_t max_segments = 64;

  /// Super-packets of UDP only where the system knows them (Linux 6.2): it refuses the write otherwise.
  explicit Coalescer(bool join_udp = false) : join_udp_(join_udp) {}

  /// Takes a packet that `ip` looked at; bytes behind its total length must not exist. The headers may be
  /// changed until flush(). `checksum_left_out`: the sender left the TCP or UDP checksum to the AEAD. False,
  /// and nothing taken, when that is said of a packet that has no such checksum.
  [[nodiscard]] bool add(MutBytes packet, IpView const& ip, bool checksum_left_out, std::vector<Bytes>& pieces,
                         std::vector<TunWrite>& writes);
  /// Writes out what is still open. After it nothing here refers to any packet.
  void flush(std::vector<Bytes>& pieces, std::vector<TunWrite>& writes);

 private:
  /// Packets joined so far: the first with its headers, of the others the payload.
  struct Flow {
    std::uint8_t* first = nullptr;  ///< null: not in use
    IpView ip;                      ///< of the first
    Transport transport;
    std::uint32_t total = 0;    ///< bytes with the first's headers once
    std::uint32_t segment = 0;  ///< payload of the first
    std::uint32_t next_sequence = 0;
    bool is_open = false;      ///< more may follow
    bool is_verified = false;  ///< checksums verified or left to the AEAD
    bool is_left_out = false;
    std::uint32_t count = 0;
    std::array<Bytes, max_segments> pieces;
  };
  static constexpr std::size_t max_flows = 8;

  Flow* find(IpView const& ip, Transport const& transport);
  bool joins(Flow& flow, IpView const& ip, Transport const& transport, bool left_out) const;
  static void append(Flow& flow, IpView const& ip, Transport const& transport);
  static void open(Flow& flow, MutBytes packet, IpView const& ip, Transport const& transport, bool left_out);
  static void finish(Flow& flow, std::vector<Bytes>& pieces, std::vector<TunWrite>& writes);
  [[nodiscard]] bool may_begin(IpView const& ip, Transport const& transport) const;

  bool join_udp_;
  std::size_t oldest_ = 0;  ///< the place that gives way next
  std::size_t used_ = 0;    ///< places in use are within the first `used_`
  std::array<Flow, max_flows> flows_;
};

}  // namespace pim::packet
