// The 10-byte virtio header in front of every packet of a tunnel device with offloads, in the host's byte
// order (linux/virtio_net.h; its own header is not valid C++).
#pragma once

#include <cstdint>

namespace pim::packet {

struct VnetHeader {
  static constexpr std::uint8_t needs_csum = 1, data_valid = 2;
  static constexpr std::uint8_t gso_none = 0, gso_tcp4 = 1, gso_tcp6 = 4, gso_udp_l4 = 5, gso_ecn = 0x80;

  std::uint8_t flags = 0;
  std::uint8_t gso_type = gso_none;
  std::uint16_t hdr_len = 0;
  std::uint16_t gso_size = 0;
  std::uint16_t csum_start = 0;
  std::uint16_t csum_offset = 0;
};
static_assert(sizeof(VnetHeader) == 10);

}  // namespace pim::packet
