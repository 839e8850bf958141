#include "config/suggest.hpp"

#include <algorithm>
#include <vector>

namespace pim::config {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Optimal string alignment: row i of the table needs the two rows above it.
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

std::optional<std::string_view> nearest(std::string_view word, std::span<std::string_view const> words) {
  // A third of the letters wrong is another word; and a hostile file must not make this slow.
  auto best = std::min<std::size_t>(word.size() / 3 + 1, 4);
  if (word.size() > 64) return std::nullopt;
  std::optional<std::string_view> found;
  for (auto const candidate : words) {
    auto const distance = edit_distance(word, candidate);
    if (distance < best || (distance == best && !found)) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

}  // namespace pim::config
