// A count that only grows, made of a kernel counter that begins anew whenever its table is replaced.
#pragma once

#include <cstdint>

namespace pim::linux_edge {

class SteadyCount {
 public:
  /// `shown` by the counter now: less than before means that it began anew unseen. -> the whole count
  std::uint64_t see(std::uint64_t shown) {
    if (shown < last_) begin_anew();
    last_ = shown;
    return earlier_ + last_;
  }
  /// The counter that was seen last is gone, and another one stands in its place.
  void begin_anew() {
    earlier_ += last_;
    last_ = 0;
  }

 private:
  std::uint64_t earlier_ = 0, last_ = 0;
};

}  // namespace pim::linux_edge
