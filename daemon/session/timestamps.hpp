// The timestamps of our initiations: later than every one before, over restarts too, even when the
// wall clock went back or the host has none. A stretch of time is reserved in the store before any of it
// is used, so that a crash cannot make one repeat.
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.hpp"

namespace pim::session {

class Timestamps {
 public:
  /// How far ahead of a timestamp the reservation reaches: one write per so much time at most.
  static constexpr Duration stride = std::chrono::minutes{1};

  /// `reserved`: what the last run stored; nothing later was ever used.
  explicit Timestamps(WallTime reserved) : last_(reserved), reserved_(reserved) {}

  /// A timestamp for an initiation made at `wall`; ask to_store() in the same turn.
  [[nodiscard]] WallTime next(WallTime wall) {
    last_ = std::max(wall, last_ + std::chrono::nanoseconds{1});
    if (last_ > reserved_) {
      reserved_ = last_ + stride;
      store_due_ = true;
    }
    return last_;
  }

  /// The new end of the reservation, once after it grew.
  [[nodiscard]] std::optional<WallTime> to_store() {
    if (!store_due_) return std::nullopt;
    store_due_ = false;
    return reserved_;
  }

 private:
  WallTime last_, reserved_;
  bool store_due_ = false;
};

}  // namespace pim::session
