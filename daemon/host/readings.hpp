// What the host thread has seen of the host and nobody decides by: for those who show it.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "host/gateway_meter.hpp"
#include "linux/conntrack.hpp"

namespace pim::host {

struct Readings {
  /// Of packets out of the tunnel that this host did not let in, since the daemon started.
  struct RefusedInbound {
    std::uint64_t packets = 0;
    Time read_at{};
  };
  /// Of the host as it carries others.
  struct Gateway {
    Carried totals, rates;  ///< bytes, bytes per second
    std::optional<linux_edge::TrackedConnections> connections;
  };

  std::optional<RefusedInbound> refused_inbound;
  std::optional<Gateway> gateway;       ///< while a plan with a gateway is in force
  std::optional<WallTime> verified_at;  ///< when the host was last found to be as its plan says
  std::string tunnel_cure;              ///< what helps while there is no tunnel; empty where nothing is known
};

/// One thread writes, any may read.
class SharedReadings {
 public:
  [[nodiscard]] Readings get() const {
    std::lock_guard const held{lock_};
    return readings_;
  }
  template <class Change>
  void change(Change const& change) {
    std::lock_guard const held{lock_};
    change(readings_);
  }

 private:
  mutable std::mutex lock_;
  Readings readings_;
};

}  // namespace pim::host
