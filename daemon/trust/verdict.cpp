#include "trust/verdict.hpp"

#include <algorithm>

namespace pim::trust {
namespace {

template <class Enum, class Names>
std::optional<Enum> parse(Names const& names, std::string_view name) {
  auto const at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

}  // namespace

std::optional<Policy> parse_policy(std::string_view name) { return parse<Policy>(policy_names, name); }
std::optional<Level> parse_level(std::string_view name) { return parse<Level>(level_names, name); }

}  // namespace pim::trust
