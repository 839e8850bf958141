// The wordmark, the screens, and the state of the connection; a strip of marks where the window is narrow.
#pragma once

#include "ui/model/snapshot.hpp"
#include "ui/views/place.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

/// Width it takes in a window of this width.
[[nodiscard]] float sidebar_width(Kit const& kit, float window_width);
void draw_sidebar(Kit& kit, Snapshot const& snapshot, Place& place, ImVec2 size);

}  // namespace pim::ui
