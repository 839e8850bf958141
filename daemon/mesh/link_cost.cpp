#include "mesh/link_cost.hpp"

#include <algorithm>
#include <bit>

namespace pim::mesh {
namespace {

constexpr int outcomes_kept = 64;
/// A level of delivery is left when so many probes are missing from, or beyond, its middle; eight would be its edge.
/// Chance alone does that to a link whose delivery is in the middle less than once in 300 windows.
constexpr int level_reach = 12;
constexpr unsigned delay_steps = 8;
constexpr Metric delay_cost = 16;

/// Where step `step` begins, from 1.
Duration edge_of(unsigned step) { return std::chrono::milliseconds{8} * (1u << (step - 1)); }

}  // namespace

void LinkCost::on_outcome(bool is_answered) {
  outcomes_ = outcomes_ << 1 | (is_answered ? 1 : 0);
  int const answered = std::popcount(outcomes_);
  int const per_quarter = outcomes_kept / 4;
  if (std::abs(answered - static_cast<int>(quarters_) * per_quarter) < level_reach) return;
  quarters_ = static_cast<unsigned>(std::clamp((answered + per_quarter / 2) / per_quarter, 1, 4));
}

void LinkCost::on_round_trip(Duration sample) {
  // The first decides by itself; later ones have to be a quarter past the edge.
  auto const margin = round_trip_ ? 4 : 5;
  round_trip_ = round_trip_ ? (*round_trip_ * 7 + sample) / 8 : sample;
  while (delay_step_ < delay_steps && *round_trip_ * margin >= edge_of(delay_step_ + 1) * 5) ++delay_step_;
  while (delay_step_ > 0 && *round_trip_ * 5 < edge_of(delay_step_) * 4) --delay_step_;
}

Metric LinkCost::value() const { return static_cast<Metric>(perfect_cost * 4u / quarters_ + delay_cost * delay_step_); }

unsigned LinkCost::loss_percent() const {
  auto const lost = static_cast<unsigned>(outcomes_kept - std::popcount(outcomes_));
  return lost * 100 / outcomes_kept;
}

}  // namespace pim::mesh
