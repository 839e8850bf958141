// Cuts what the tunnel device hands over into packets that fit, and gives them to the trains. Written apart from
// pim's own packet/segment, so that the ceiling does not rise and fall with what it is compared with.
#pragma once

#include "packet/ip.hpp"
#include "packet/vnet.hpp"
#include "trains.hpp"

namespace pim::ceiling {

class Cutter {
 public:
  /// With `inner_checksums` each packet leaves with its TCP or UDP checksum complete; else the AEAD stands for it.
  Cutter(Trains& trains, bool inner_checksums) : trains_(trains), inner_checksums_(inner_checksums) {}

  /// `frame` is one read of the device: a virtio header and a packet of up to 64 KiB.
  void take(Bytes frame);

 private:
  void pass(Bytes packet, packet::VnetHeader const& vnet);
  void cut(packet::IpView const& ip, packet::Transport const& transport, std::size_t payload_size);

  Trains& trains_;
  bool inner_checksums_;
};

}  // namespace pim::ceiling
