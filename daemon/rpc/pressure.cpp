#include "rpc/pressure.hpp"

#include <algorithm>
#include <array>

namespace pim::rpc {
namespace {

constexpr std::array<std::uint64_t, 2> levels = {80, 95};  // percent
// A count that moves around a level is one piece of news.
constexpr std::uint64_t calm = 5;

std::uint8_t level_of(std::uint64_t percent) {
  return static_cast<std::uint8_t>(
      std::count_if(levels.begin(), levels.end(), [&](std::uint64_t level) { return percent >= level; }));
}

}  // namespace

std::optional<protocol::PressureDetail> PressureGauge::next(protocol::Conntrack const& now) {
  auto const percent = std::min<std::uint64_t>(now.used * 100 / now.max, 100);
  auto const level = level_of(percent);
  auto const before = level_;
  level_ = std::max(level, std::min(before, level_of(percent + calm)));
  if (level <= before) return std::nullopt;
  return protocol::PressureDetail{level, now.used, now.max, static_cast<std::uint8_t>(percent)};
}

}  // namespace pim::rpc
