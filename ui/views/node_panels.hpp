// The small panels about this node: who it is, what flows, what is thrown away, what it says.
#pragma once

#include "ui/model/log_book.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/views/place.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

void draw_identity(Kit& kit, Snapshot const& snapshot, ImVec2 size);
void draw_throughput(Kit& kit, Traffic const& traffic, char const* title, ImVec2 size);
/// A tally of each reason, the most frequent first, as many as the panel has room for, and how many more there are.
void draw_reasons(Kit& kit, protocol::Counters const& counters);
/// The least that the panel of the network takes: what was refused stands in lines of its own.
[[nodiscard]] float network_height(Kit const& kit, Snapshot const& snapshot);
void draw_network(Kit& kit, Snapshot const& snapshot, ImVec2 size);
/// The newest lines that fit; a click on the title's button opens the log.
void draw_log_tail(Kit& kit, Snapshot const& snapshot, Place& place, ImVec2 size);

}  // namespace pim::ui
