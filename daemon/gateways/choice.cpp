#include "gateways/choice.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace pim::gateways {
namespace {

auto rank(Candidate const& candidate) { return std::tuple(candidate.order, candidate.priority); }

auto full_rank(Candidate const& candidate) { return std::tuple(rank(candidate), score(candidate), candidate.id); }

/// When a better candidate may take over from the one in use.
Time settles_at(Candidate const& candidate, Candidate const& kept) {
  return candidate.usable_since < kept.usable_since + came_together ? Time{} : candidate.usable_since + failback_after;
}

Candidate const* find(std::span<Candidate const> candidates, std::optional<NodeId> id) {
  auto const at = std::find_if(candidates.begin(), candidates.end(), [&](auto const& c) { return id && c.id == *id; });
  return at == candidates.end() ? nullptr : &*at;
}

}  // namespace

std::uint64_t score(Candidate const& candidate) {
  auto const rtt = std::chrono::duration_cast<std::chrono::milliseconds>(candidate.rtt).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(rtt, 0)) + candidate.load;
}

std::optional<NodeId> choose(std::span<Candidate const> candidates, std::optional<NodeId> current, Time now) {
  auto const* const kept = find(candidates, current);
  Candidate const* best = nullptr;
  for (auto const& candidate : candidates) {
    bool const settled = !kept || (rank(candidate) < rank(*kept) && now >= settles_at(candidate, *kept));
    if (settled && (!best || full_rank(candidate) < full_rank(*best))) best = &candidate;
  }
  if (best) return best->id;
  return kept ? std::optional(kept->id) : std::nullopt;
}

Time next_deadline(std::span<Candidate const> candidates, std::optional<NodeId> current, Time now) {
  auto earliest = never;
  auto const* const kept = find(candidates, current);
  if (!kept) return earliest;
  for (auto const& candidate : candidates) {
    auto const settles = settles_at(candidate, *kept);
    if (rank(candidate) < rank(*kept) && settles > now) earliest = std::min(earliest, settles);
  }
  return earliest;
}

}  // namespace pim::gateways
