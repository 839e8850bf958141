// "Route internet via mesh": the switch with its state, and the path that traffic takes right now.
#pragma once

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

/// Full width; the path stands beside the switch where there is room, else below it.
void draw_route_card(Kit& kit, Snapshot const& snapshot, Actions& actions);

/// One sentence: `Routing through home-server (direct).`
[[nodiscard]] std::string route_sentence(Snapshot const& snapshot);

}  // namespace pim::ui
