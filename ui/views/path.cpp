#include "ui/views/path.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ui/model/format.hpp"
#include "ui/model/path.hpp"
#include "ui/views/marks.hpp"

namespace pim::ui {
namespace {

/// What stands between two hops.
struct Leg {
  std::string_view word;
  Colour colour = colour::green;
  bool is_cut = false;
};

struct Look {
  std::string_view glyph;
  Colour colour;
};

Look look_of(PathHop const& hop, PathState state) {
  switch (hop.role) {
    case HopRole::self: return {"●", colour::text};
    case HopRole::relay: return {"◈", colour::text};
    case HopRole::relays_between: return {"◈", colour::secondary};
    case HopRole::gateway: return {"◉", colour::bright};
    case HopRole::lost_gateway: return {"✗", colour::red};
    case HopRole::internet: break;
  }
  return state == PathState::blocked ? Look{"⊘", colour::red} : Look{"○", colour::text};
}

Leg leg_before(PathHop const& hop, PathState state) {
  switch (state) {
    case PathState::direct: return {"not through the mesh", colour::secondary, false};
    case PathState::blocked:
      return hop.role == HopRole::internet ? Leg{"", colour::border, true} : Leg{"nothing leaves", colour::red, true};
    case PathState::through_mesh: break;
  }
  return hop.role == HopRole::internet ? Leg{"its uplink", colour::secondary, false}
                                       : Leg{"sealed", colour::green, false};
}

/// A place whose round trip is of interest: what is not measured is said to be unknown.
bool has_latency(PathHop const& hop) {
  return hop.role == HopRole::relay || hop.role == HopRole::relays_between || hop.role == HopRole::gateway;
}

void draw_cut(Kit& kit, Leg const& leg, float from, float to, float y) {
  auto& list = *ImGui::GetWindowDrawList();
  auto const middle = (from + to) / 2;
  for (auto x = from; x < to; x += kit.px(8))
    list.AddLine(ImVec2(x, y), ImVec2(std::min(x + kit.px(4), to), y), Kit::ink(leg.colour));
  if (leg.word.empty()) return;
  list.AddRectFilled(ImVec2(middle - kit.cells(1.5F), y - 1), ImVec2(middle + kit.cells(1.5F), y + 2),
                     Kit::ink(colour::card));
  kit.paint(ImVec2(middle - kit.cells(0.5F), y - kit.fonts().body->FontSize / 2), leg.colour, "✗", 0,
            kit.fonts().strong);
}

void draw_leg(Kit& kit, Leg const& leg, float from, float to, float y) {
  auto& list = *ImGui::GetWindowDrawList();
  auto const tip = kit.px(5);
  if (leg.is_cut) {
    draw_cut(kit, leg, from, to, y);
  } else {
    list.AddLine(ImVec2(from, y), ImVec2(to, y), Kit::ink(leg.colour));
    list.AddTriangleFilled(ImVec2(to, y), ImVec2(to - tip, y - tip + 1), ImVec2(to - tip, y + tip - 1),
                           Kit::ink(leg.colour));
  }
  auto const width = kit.width_of(leg.word);
  if (width > to - from) return;  // the arrow says it alone
  kit.paint(ImVec2((from + to - width) / 2, y - kit.fonts().body->FontSize - kit.px(4)), colour::metadata, leg.word);
}

void draw_hop(Kit& kit, PathHop const& hop, PathState state, float x, float y, float width) {
  auto const look = look_of(hop, state);
  auto const top = y - std::round(kit.fonts().body->FontSize / 2);
  auto const text = x + kit.cells(2);
  kit.paint(ImVec2(x, top), look.colour, look.glyph, 0, kit.fonts().strong);
  kit.paint(ImVec2(text, top), look.colour, hop.name, width - kit.cells(2), kit.fonts().strong);
  auto const below = y + kit.px(10);
  kit.paint(ImVec2(text, below), colour::metadata, hop.note, width - kit.cells(2));
  if (has_latency(hop))
    kit.paint(ImVec2(text, below + kit.line_height()), colour_of(latency_tone(hop.latency)), latency_text(hop.latency));
}

}  // namespace

void draw_path(Kit& kit, Snapshot const& snapshot, ImVec2 size) {
  auto const at = ImGui::GetCursorScreenPos();
  ImGui::Dummy(size);
  if (!snapshot.status) return;
  auto const [state, hops] = internet_path(snapshot);
  auto const y = at.y + std::round(size.y / 2) - kit.px(6);
  // Names are as wide as they need; the legs share the rest.
  auto const legs = static_cast<float>(hops.size() - 1);
  auto const longest =
      std::min(kit.cells(18), std::max(kit.cells(8), (size.x - legs * kit.cells(4)) / static_cast<float>(hops.size())));
  std::vector<float> widths;
  auto used = 0.0F;
  for (auto const& hop : hops) {
    auto const text = std::max(kit.width_of(hop.name, kit.fonts().strong), kit.width_of(hop.note));
    widths.push_back(std::min(longest, text + kit.cells(3)));
    used += widths.back();
  }
  auto const leg = std::max(kit.cells(3), (size.x - used) / legs);
  auto x = at.x;
  for (std::size_t i = 0; i < hops.size(); ++i) {
    draw_hop(kit, hops[i], state, x, y, widths[i]);
    x += widths[i];
    if (i + 1 < hops.size()) draw_leg(kit, leg_before(hops[i + 1], state), x, x + leg - kit.cells(1), y);
    x += leg;
  }
}

}  // namespace pim::ui
