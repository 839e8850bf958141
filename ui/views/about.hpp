// Versions, places, shortcuts, and what the marks mean.
#pragma once

#include "ui/model/snapshot.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

void draw_about(Kit& kit, Snapshot const& snapshot);

}  // namespace pim::ui
