// The way that internet traffic takes now, hop by hop: `you ─→ gateway ─→ internet`.
#pragma once

#include "ui/model/snapshot.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

void draw_path(Kit& kit, Snapshot const& snapshot, ImVec2 size);

}  // namespace pim::ui
