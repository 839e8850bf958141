// The questions before routing is turned on: what was checked, what is missing, and the one click that does it.
#pragma once

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/views/place.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

/// Draws only while the switch is in pre-flight or waits to be confirmed.
void draw_route_dialog(Kit& kit, Snapshot const& snapshot, Actions& actions, Place& place);

}  // namespace pim::ui
