// The word that someone probably meant.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace pim::config {

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `words`, if it is near enough to be a typing mistake.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word, std::span<std::string_view const> words);

}  // namespace pim::config
