// Turns counters into one second's rates; remembers the counters of the second before.
#pragma once

#include <chrono>

#include "rpc/model.hpp"

namespace pim::rpc {

class Sampler {
 public:
  /// `elapsed` since the last call; the first one after reset() has no rates. Lists only peers whose counters
  /// moved, so an idle mesh of any size costs one short line.
  [[nodiscard]] protocol::Sample next(Model const& model, std::chrono::milliseconds elapsed);
  void reset() { before_.reset(); }

 private:
  struct Before {
    TrafficTotals totals;
    std::map<std::string, TrafficTotals> peers;
    protocol::RelayStatus relay;
  };
  std::optional<Before> before_;
};

}  // namespace pim::rpc
