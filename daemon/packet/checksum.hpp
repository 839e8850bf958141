// The internet checksum (RFC 1071), summed 8 bytes at a time. Sums are kept in the byte order of memory,
// so nothing is swapped: a folded sum is stored and compared as the two bytes that it is.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "packet/ip.hpp"

namespace pim::packet {

/// Adds `bytes` to a running sum. Of several spans summed one after the other only the last may be odd.
[[nodiscard]] std::uint64_t sum_of(Bytes bytes, std::uint64_t before = 0);

/// One's complement addition of 64-bit values.
[[nodiscard]] inline std::uint64_t add_sums(std::uint64_t a, std::uint64_t b) {
  a += b;
  return a + (a < b ? 1 : 0);
}

/// A running sum as 16 bits; its complement is the checksum.
[[nodiscard]] inline std::uint16_t fold(std::uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

inline void store_folded(std::uint8_t* to, std::uint16_t folded) { std::memcpy(to, &folded, sizeof folded); }
[[nodiscard]] inline std::uint16_t load_folded(std::uint8_t const* from) {
  std::uint16_t folded;
  std::memcpy(&folded, from, sizeof folded);
  return folded;
}

/// The sum of the pseudo-header for `length` bytes of TCP, UDP or ICMPv6 in this packet.
[[nodiscard]] std::uint64_t pseudo_sum(IpView const& ip, std::uint8_t protocol, std::size_t length);

/// Writes the header checksum of an IPv4 header of `length` bytes.
void write_v4_checksum(std::uint8_t* header, std::size_t length);

/// Finishes what CHECKSUM_PARTIAL began: the two bytes at `start + offset` hold the pseudo-header sum and
/// become the checksum of everything from `start`. False, and nothing written, when they lie outside.
[[nodiscard]] bool complete_checksum(MutBytes packet, std::size_t start, std::size_t offset);

/// True when the TCP or UDP checksum is right. A UDP checksum of zero (none, RFC 768) is not.
[[nodiscard]] bool has_right_checksum(IpView const& ip, Transport const& transport);

}  // namespace pim::packet
