// What a gateway carries: totals since it was enabled and rates, out of counts that only grow. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace pim::host {

struct Carried {
  std::uint64_t in_bytes = 0, out_bytes = 0;  ///< from and to the internet, IP
};

/// What to tell of the connections in use, in percent: `told` until they have moved by ten, for each change is told to
/// all peers.
[[nodiscard]] std::uint8_t load_to_tell(std::size_t connections, std::uint32_t max_connections, std::uint8_t told);

class GatewayMeter {
 public:
  /// Readings closer together than this say too little of a rate.
  static constexpr Duration shortest = std::chrono::milliseconds{900};

  /// What `counted` says now is nothing; from here on it counts.
  void begin(Carried counted, Time now);
  void see(Carried counted, Time now);

  [[nodiscard]] Carried totals() const { return totals_; }
  /// Bytes per second between the last two readings that were far enough apart.
  [[nodiscard]] Carried rates() const { return rates_; }

 private:
  Carried begun_, totals_, rates_;
  Carried before_;
  Time before_at_{};
};

}  // namespace pim::host
