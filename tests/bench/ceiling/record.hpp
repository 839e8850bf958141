// What the ceiling puts into a datagram. It has the size of pim's own frames, so that both carry the same MTU:
//
//    0               8               16
//   +---------------+---------------+----------------+----------+
//   | zeroes        | counter, LE   | IP packet      | tag (16) |
//   +---------------+---------------+----------------+----------+
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pim::ceiling {

inline constexpr std::size_t counter_offset = 8, header_size = 16, tag_size = 16;
inline constexpr std::size_t overhead = header_size + tag_size;

inline void write_header(std::uint8_t* to, std::uint64_t counter) {
  std::memset(to, 0, counter_offset);
  std::memcpy(to + counter_offset, &counter, sizeof counter);
}

}  // namespace pim::ceiling
