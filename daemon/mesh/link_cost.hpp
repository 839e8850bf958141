// The metric of one direct link, from what became of its probes. It moves in steps, and only when the measurement
// is clearly past a step's edge, so that a link between two steps does not chatter through the whole mesh.
#pragma once

#include <optional>

#include "base/time.hpp"
#include "mesh/distance.hpp"

namespace pim::mesh {

/// Of a link that loses nothing and answers within 8 ms.
inline constexpr Metric perfect_cost = 128;

class LinkCost {
 public:
  /// Whether a probe was answered, in the order in which they were sent.
  void on_outcome(bool is_answered);
  void on_round_trip(Duration sample);

  /// 128 divided by the share that came back of the last 64 (1, 3/4, 1/2 or 1/4), and 16 for each doubling of the
  /// round trip from 8 ms on, at most 128.
  [[nodiscard]] Metric value() const;
  /// Smoothed as TCP does (RFC 6298).
  [[nodiscard]] std::optional<Duration> round_trip() const { return round_trip_; }
  /// Of the last 64 round trips; those not made yet count as good.
  [[nodiscard]] unsigned loss_percent() const;

 private:
  std::uint64_t outcomes_ = ~std::uint64_t{0};  ///< one bit each, the newest lowest
  unsigned quarters_ = 4;
  unsigned delay_step_ = 0;
  std::optional<Duration> round_trip_;
};

}  // namespace pim::mesh
