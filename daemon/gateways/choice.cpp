#include "gateways/choice.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace pim::gateways {
namespace {

/// What a working gateway is left for.
auto rank_of(Candidate const& candidate) { return std::tuple(candidate.order, candidate.priority, candidate.lacking); }

auto full_rank(Candidate const& candidate) { return std::tuple(score(candidate), candidate.id); }

/// When a better candidate may take over from the one in use.
Time settles_at(Candidate const& candidate, Candidate const& kept) {
  auto const since = std::max(candidate.usable_since, candidate.better_since);
  return since < kept.usable_since + came_together ? Time{} : since + failback_after;
}

Candidate const* find(std::span<Candidate const> candidates, std::optional<NodeId> id) {
  auto const at = std::find_if(candidates.begin(), candidates.end(), [&](auto const& c) { return id && c.id == *id; });
  return at == candidates.end() ? nullptr : &*at;
}

Standing standing_of_chosen(Candidate const& chosen, Candidate const& next) {
  if (rank_of(next) < rank_of(chosen)) return Standing::kept_till_other_lasts;
  if (full_rank(next) < full_rank(chosen)) return Standing::kept_though_other_near;
  if (chosen.order != next.order) return Standing::best_by_order;
  if (chosen.priority != next.priority) return Standing::best_by_priority;
  if (chosen.lacking != next.lacking) return Standing::best_by_families;
  return score(chosen) != score(next) ? Standing::best_by_cost : Standing::best_by_id;
}

Standing standing_of_other(Candidate const& other, Candidate const& chosen) {
  if (rank_of(other) < rank_of(chosen)) return Standing::has_to_last;
  if (full_rank(other) < full_rank(chosen)) return Standing::near_but_other_works;
  if (chosen.order != other.order) return Standing::behind_by_order;
  if (chosen.priority != other.priority) return Standing::behind_by_priority;
  if (chosen.lacking != other.lacking) return Standing::behind_by_families;
  return score(chosen) != score(other) ? Standing::behind_by_cost : Standing::behind_by_id;
}

}  // namespace

std::uint64_t score(Candidate const& candidate) {
  constexpr std::uint64_t costs = 100'000, lacks = 10, priorities = 1'000;  // of each there are fewer
  auto const cost = std::uint64_t{candidate.metric} + candidate.load;
  return ((candidate.order * priorities + candidate.priority) * lacks + candidate.lacking) * costs + cost;
}

void note_better(Better& better, std::span<Candidate> candidates, std::optional<NodeId> current, Time now) {
  auto const before = std::exchange(better, {});
  auto const* const kept = find(candidates, current);
  for (auto& candidate : candidates) {
    if (!kept || !(rank_of(candidate) < rank_of(*kept))) continue;
    auto const known = before.find(candidate.id);
    candidate.better_since = known == before.end() ? now : known->second;
    better.emplace(candidate.id, candidate.better_since);
  }
}

std::optional<NodeId> choose(std::span<Candidate const> candidates, std::optional<NodeId> current, Time now) {
  auto const* const kept = find(candidates, current);
  Candidate const* best = nullptr;
  for (auto const& candidate : candidates) {
    bool const settled = !kept || (rank_of(candidate) < rank_of(*kept) && now >= settles_at(candidate, *kept));
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
    if (rank_of(candidate) < rank_of(*kept) && settles > now) earliest = std::min(earliest, settles);
  }
  return earliest;
}

std::vector<Ranked> rank(std::span<Candidate const> candidates, std::optional<NodeId> current, Time now) {
  auto const chosen = choose(candidates, current, now);
  std::vector<Ranked> ranked;
  for (auto const& candidate : candidates) ranked.push_back({candidate});
  std::ranges::sort(
      ranked, {}, [&](Ranked const& one) { return std::tuple(one.candidate.id != chosen, full_rank(one.candidate)); });
  if (ranked.size() < 2) return ranked;
  auto const& first = ranked.front().candidate;
  for (auto& one : ranked) one.standing = standing_of_other(one.candidate, first);
  ranked.front().standing = standing_of_chosen(first, ranked[1].candidate);
  return ranked;
}

}  // namespace pim::gateways
