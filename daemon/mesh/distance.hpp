// What Babel counts with (RFC 8966): sequence numbers modulo 2^16, metrics that saturate, and the distance
// made of both, by which feasibility is judged.
#pragma once

#include <cstdint>

namespace pim::mesh {

using Seqno = std::uint16_t;
using Metric = std::uint16_t;

/// Unreachable; in an announcement, a retraction.
inline constexpr Metric infinite = 0xffff;

/// Modulo 2^16 (section 3.2.1): two numbers half the circle apart are not newer than each other.
[[nodiscard]] constexpr bool is_newer(Seqno a, Seqno b) {
  auto const ahead = static_cast<Seqno>(a - b);
  return ahead != 0 && ahead < 0x8000;
}

/// A route of sequence number `seqno` is feasible for whoever asked for `requested`. That is the same as newer than
/// the number before it, on the whole circle, so asking never leads to an answer that does not help.
[[nodiscard]] constexpr bool satisfies(Seqno seqno, Seqno requested) {
  return is_newer(seqno, static_cast<Seqno>(requested - 1));
}

/// Batch numbers, modulo 2^32.
[[nodiscard]] constexpr bool is_later_batch(std::uint32_t a, std::uint32_t b) {
  auto const ahead = a - b;
  return ahead != 0 && ahead < 0x8000'0000u;
}

[[nodiscard]] constexpr Metric plus(Metric a, Metric b) {
  unsigned const sum = unsigned{a} + b;
  return sum < infinite ? static_cast<Metric>(sum) : infinite;
}

struct Distance {
  Seqno seqno = 0;
  Metric metric = infinite;
  bool operator==(Distance const&) const = default;
};

/// Strictly less, as the feasibility condition of section 3.5.1 means it: a newer seqno beats every metric.
[[nodiscard]] constexpr bool is_less(Distance const& a, Distance const& b) {
  return is_newer(a.seqno, b.seqno) || (a.seqno == b.seqno && a.metric < b.metric);
}

}  // namespace pim::mesh
