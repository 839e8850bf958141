// Tells when the connections of a gateway grow scarce: once as each level is reached, and again only after they had
// become fewer.
#pragma once

#include <optional>

#include "protocol/types/gateway.hpp"

namespace pim::rpc {

class PressureGauge {
 public:
  /// The detail of the event that `now` calls for, if any. `now.max` is not zero.
  [[nodiscard]] std::optional<protocol::PressureDetail> next(protocol::Conntrack const& now);
  void reset() { level_ = 0; }

 private:
  std::uint8_t level_ = 0;
};

}  // namespace pim::rpc
