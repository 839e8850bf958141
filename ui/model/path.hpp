// The way that internet traffic takes now, hop by hop, with the round trip from this device to each hop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ui/model/snapshot.hpp"

namespace pim::ui {

enum class HopRole {
  self,
  relay,
  relays_between,  ///< beyond the first: how many there are is known, who they are is not
  gateway,
  lost_gateway,
  internet,
};

struct PathHop {
  HopRole role = HopRole::self;
  std::string name;
  std::string note;                 ///< what stands below the name
  std::optional<double> latency{};  ///< milliseconds, there and back; nothing where it is not measured
  bool operator==(PathHop const&) const = default;
};

enum class PathState { direct, through_mesh, blocked };

struct InternetPath {
  PathState state = PathState::direct;
  std::vector<PathHop> hops;  ///< from this device to the internet
};

/// `snapshot.status` must be there.
[[nodiscard]] InternetPath internet_path(Snapshot const& snapshot);

}  // namespace pim::ui
