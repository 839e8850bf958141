// A bordered panel with a title: the unit every screen is laid out in.
#pragma once

#include <optional>
#include <string_view>

#include "ui/widgets/kit.hpp"

namespace pim::ui {

struct CardLook {
  std::string_view aside{};  ///< said at the right end of the title line
  Colour aside_colour = colour::metadata;
  std::optional<Colour> edge{};  ///< 2 px at the left, for emphasis
};

/// Opens in the constructor, closes in the destructor; draw the content between.
class Card {
 public:
  Card(Kit& kit, char const* name, std::string_view title, ImVec2 size, CardLook look = {});
  ~Card();
  Card(Card const&) = delete;
  Card& operator=(Card const&) = delete;

  /// Height of a card that holds this many lines of body text.
  [[nodiscard]] static float height_for(Kit const& kit, float lines);
};

/// `label    value`, the label in a column of `label_cells` characters.
void field(Kit& kit, std::string_view label, std::string_view value, Colour colour = colour::text,
           float label_cells = 12);

}  // namespace pim::ui
