// What this device passes on for others: how much, and for whom most.
#pragma once

#include "ui/model/snapshot.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

void draw_relay(Kit& kit, Snapshot const& snapshot, ImVec2 size);

}  // namespace pim::ui
