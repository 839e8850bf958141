// The banners above every screen: full width, as high as their words need.
#pragma once

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/views/place.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

/// Draws at the cursor and leaves it below; draws nothing when all is well.
void draw_banners(Kit& kit, Snapshot const& snapshot, Actions& actions, Place& place);

}  // namespace pim::ui
