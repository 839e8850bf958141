#include "trust/verdict.hpp"

#include <algorithm>

namespace pim::trust {

std::optional<Level> parse_level(std::string_view name) {
  auto const* const at = std::ranges::find(level_names, name);
  if (at == level_names.end()) return std::nullopt;
  return static_cast<Level>(at - level_names.begin());
}

}  // namespace pim::trust
