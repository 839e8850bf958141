// Numbers as shapes, drawn with lines so that no glyph is needed.
#pragma once

#include <span>

#include "ui/widgets/kit.hpp"

namespace pim::ui {

/// One bar per value from the oldest (left) to the newest (right edge), scaled to `ceiling` (> 0).
/// Takes `size` in the flow. Fewer values than bars leave the left empty.
void sparkline(Kit& kit, std::span<double const> values, double ceiling, Colour colour, ImVec2 size);

/// A bar of one colour filled to `part` (0 to 1, clamped); what is not nothing shows at least a pixel.
void bar(double part, Colour colour, ImVec2 size);

/// `↳ word   ████░░   1,022`: one of several that share a whole, of which it is `part`.
void tally(Kit& kit, std::string_view word, std::string_view amount, double part);

/// A bar filled to `part` (0 to 1, clamped), amber from 0.8 and red from 0.95.
void gauge(double part, ImVec2 size);

}  // namespace pim::ui
