// Which gateway carries the internet: the user's order first, then what the gateways say of themselves,
// then distance; what works is not left for a trifle, and what comes back has to last before it is taken.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace pim::gateways {

/// A gateway that the user named and that answers right now. Others are not candidates.
struct Candidate {
  NodeId id;
  std::uint32_t order = 0;    ///< place in the user's list; those outside share the last
  std::uint8_t priority = 0;  ///< of its offer, lower is preferred
  std::uint8_t load = 0;      ///< of its offer, percent
  Duration rtt{};
  Time usable_since{};
};

/// How long a better gateway must have been usable before a working one is left for it.
inline constexpr Duration failback_after = std::chrono::seconds{10};
/// Those that became usable within this time came together: which of them was first says nothing, and little has
/// begun through it.
inline constexpr Duration came_together = std::chrono::seconds{1};

/// What weighs in the choice beside order and priority, in milliseconds; lower is better.
[[nodiscard]] std::uint64_t score(Candidate const& candidate);

/// The gateway to use; `current` is kept while it is a candidate and none is better by order or priority.
[[nodiscard]] std::optional<NodeId> choose(std::span<Candidate const> candidates, std::optional<NodeId> current,
                                           Time now);

/// When choose() may answer differently although no candidate changes; never when it will not.
[[nodiscard]] Time next_deadline(std::span<Candidate const> candidates, std::optional<NodeId> current, Time now);

}  // namespace pim::gateways
