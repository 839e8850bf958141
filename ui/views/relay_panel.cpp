#include "ui/views/relay_panel.hpp"

#include <algorithm>

#include "ui/model/format.hpp"
#include "ui/widgets/card.hpp"
#include "ui/widgets/chart.hpp"

namespace pim::ui {
namespace {

std::string whom(Snapshot const& snapshot, protocol::RelayedFor const& one) {
  auto const* peer = find_peer(snapshot, one.node_id);
  auto text = peer != nullptr ? title_of(peer->summary) : short_text(one.node_id);
  if (one.handed_over_by == one.node_id) return text;
  auto const* neighbour = find_peer(snapshot, one.handed_over_by);
  return text + ", from " + (neighbour != nullptr ? title_of(neighbour->summary) : short_text(one.handed_over_by));
}

}  // namespace

void draw_relay(Kit& kit, Snapshot const& snapshot, ImVec2 size) {
  auto const dropped = snapshot.status ? snapshot.status->relay.dropped : 0;
  auto const aside = dropped > 0 ? count_text(dropped) + " dropped" : std::string("sealed, unread");
  Card const card(kit, "relay", "Passed on for others", size, {aside, colour::metadata, {}});
  if (!snapshot.status) return kit.line(colour::metadata, "pim has not answered yet");
  auto const& relay = snapshot.status->relay;
  if (!relay.enabled) return kit.line(colour::secondary, "⊘ off: passes nothing on (relay)");
  if (relay.packets == 0) return kit.line(colour::secondary, "nothing yet: nobody needed it (relay)");
  field(kit, "in all", bytes_text(relay.bytes) + ", " + count_text(relay.packets) + " packets");
  auto const pitch = kit.fonts().body->FontSize + ImGui::GetStyle().ItemSpacing.y;
  auto const rows = static_cast<std::size_t>(std::max(0.0F, ImGui::GetContentRegionAvail().y / pitch));
  for (std::size_t i = 0; i < std::min(rows, relay.for_.size()); ++i) {
    auto const& one = relay.for_[i];
    tally(kit, whom(snapshot, one), bytes_text(one.bytes),
          static_cast<double>(one.bytes) / static_cast<double>(relay.bytes));
  }
}

}  // namespace pim::ui
