// Which gateway carries the internet: the user's order first, then what the gateways say of themselves,
// then distance; what works is not left for a trifle, and what comes back has to last before it is taken.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace pim::gateways {

/// A gateway that the user named and that answers right now. Others are not candidates.
struct Candidate {
  NodeId id;
  std::uint32_t order = 0;    ///< place in the user's list; those outside share the last
  std::uint8_t priority = 0;  ///< of its offer, lower is preferred
  std::uint8_t load = 0;      ///< of its offer, percent
  std::uint8_t lacking = 0;   ///< of its offer: families of addresses that it does not carry
  std::uint16_t metric = 0;   ///< of the way to it
  Time usable_since{};
  Time better_since{};  ///< than the one in use; of those that are not it says nothing
};

/// How long a better gateway must have been usable, and better, before a working one is left for it.
inline constexpr Duration failback_after = std::chrono::seconds{10};
/// Those that became usable within this time came together: which of them was first says nothing, and little has
/// begun through it.
inline constexpr Duration came_together = std::chrono::seconds{1};

/// Lower is better. Order, priority, families that it lacks, then metric and load together: each in decimal places of
/// its own, so that the number can be read as well as compared (2'100'1'00259 is order 2, priority 100, one family
/// lacking, metric and load 259).
[[nodiscard]] std::uint64_t score(Candidate const& candidate);

/// Those that are better by order, priority or families than the one in use, each since when without a break.
using Better = std::map<NodeId, Time>;

/// Follows `better` to the present candidates, and writes it into them. Called whenever something of them may have
/// changed: what is not seen breaks nothing.
void note_better(Better& better, std::span<Candidate> candidates, std::optional<NodeId> current, Time now);

/// The gateway to use; `current` is kept while it is a candidate and none is better by order,
/// priority or families.
[[nodiscard]] std::optional<NodeId> choose(std::span<Candidate const> candidates, std::optional<NodeId> current,
                                           Time now);

/// When choose() may answer differently although no candidate changes; never when it will not.
[[nodiscard]] Time next_deadline(std::span<Candidate const> candidates, std::optional<NodeId> current, Time now);

/// Why a gateway is the one in use, or is not.
enum class Standing : std::uint8_t {
  // the one in use
  alone,
  best_by_order,
  best_by_priority,
  best_by_families,
  best_by_cost,
  best_by_id,              ///< equal to the next in everything else
  kept_till_other_lasts,   ///< a better one came back, and has to last first
  kept_though_other_near,  ///< another costs less, for which what works is not left
  // the others, beside the one in use
  behind_by_order,
  behind_by_priority,
  behind_by_families,
  behind_by_cost,
  behind_by_id,
  has_to_last,
  near_but_other_works,
};

struct Ranked {
  Candidate candidate;
  Standing standing = Standing::alone;
};

/// In the order in which they would be taken: the one that choose() answers with, then whichever would follow if all
/// before it went.
[[nodiscard]] std::vector<Ranked> rank(std::span<Candidate const> candidates, std::optional<NodeId> current, Time now);

}  // namespace pim::gateways
