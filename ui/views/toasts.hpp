// Short news at the bottom right; each leaves by itself or with a click.
#pragma once

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

void draw_toasts(Kit& kit, Snapshot const& snapshot, Actions& actions);

}  // namespace pim::ui
