#include "ui/views/sidebar.hpp"

#include "ui/model/format.hpp"
#include "ui/views/marks.hpp"

namespace pim::ui {
namespace {

constexpr float wide = 240, narrow = 56;

bool is_narrow(Kit const& kit, float width) { return width < kit.px(wide) - 1; }

std::string aside(Snapshot const& snapshot, Screen screen) {
  switch (screen) {
    case Screen::dashboard: return {};
    case Screen::peers: return snapshot.peers->empty() ? std::string() : std::to_string(snapshot.peers->size());
    case Screen::routing: return snapshot.status ? std::string(route_mark(snapshot).word) : std::string();
    case Screen::gateway: return snapshot.gateway && snapshot.gateway->active ? "ON" : "";
    case Screen::logs:
    case Screen::about: return {};
  }
  return {};
}

void entry(Kit& kit, Snapshot const& snapshot, Place& place, std::size_t index, float width) {
  auto const& [screen, name] = screens[index];
  auto const is_here = place.screen == screen;
  auto const press = kit.pressable("nav/" + std::string(name), ImVec2(width, kit.px(32)));
  auto& list = *ImGui::GetWindowDrawList();
  if (is_here || press.is_hovered) list.AddRectFilled(press.min, press.max, Kit::ink(colour::panel));
  if (is_here) list.AddRectFilled(press.min, ImVec2(press.min.x + kit.px(2), press.max.y), Kit::ink(colour::green));
  if (press.is_focused) list.AddRect(press.min, press.max, Kit::ink(colour::bright));
  if (press.is_clicked) place.screen = screen;
  auto const tone = is_here ? colour::bright : press.is_hovered ? colour::text : colour::secondary;
  auto const y = press.min.y + (press.max.y - press.min.y - kit.fonts().body->FontSize) / 2;
  auto const number = std::to_string(index + 1);
  if (is_narrow(kit, width)) {
    kit.paint(ImVec2(press.min.x + kit.px(16), y), tone, number);
    kit.paint(ImVec2(press.min.x + kit.px(28), y), tone, name.substr(0, 1), 0, kit.fonts().strong);
    return;
  }
  kit.paint(ImVec2(press.min.x + kit.px(16), y), is_here ? colour::secondary : colour::metadata, number);
  kit.paint(ImVec2(press.min.x + kit.px(40), y), tone, name, 0, is_here ? kit.fonts().strong : nullptr);
  auto const more = aside(snapshot, screen);
  auto const more_tone =
      screen == Screen::routing && snapshot.is_live() ? route_mark(snapshot).colour : colour::secondary;
  kit.paint(ImVec2(press.max.x - kit.px(16) - kit.width_of(more), y), more_tone, more);
}

void footer(Kit& kit, Snapshot const& snapshot, ImVec2 size) {
  auto const mark = mark_of(snapshot);
  auto const min = ImGui::GetWindowPos();
  auto const y = min.y + size.y - kit.px(32);
  kit.paint(ImVec2(min.x + kit.px(16), y), mark.colour, mark.glyph);
  if (is_narrow(kit, size.x)) return;
  kit.paint(ImVec2(min.x + kit.px(40), y), mark.colour, mark.word);
  auto const node = snapshot.status ? printable(snapshot.status->node) : std::string();
  kit.paint(ImVec2(min.x + kit.px(40), y - kit.px(20)), colour::secondary, node, size.x - kit.px(56));
}

}  // namespace

float sidebar_width(Kit const& kit, float window_width) {
  return window_width >= kit.px(1000) ? kit.px(wide) : kit.px(narrow);
}

void draw_sidebar(Kit& kit, Snapshot const& snapshot, Place& place, ImVec2 size) {
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  ImGui::BeginChild("sidebar", size, false, ImGuiWindowFlags_NavFlattened | ImGuiWindowFlags_NoScrollbar);
  auto const min = ImGui::GetWindowPos();
  auto& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(min, ImVec2(min.x + size.x, min.y + size.y), Kit::ink(colour::card));
  list.AddLine(ImVec2(min.x + size.x - 1, min.y), ImVec2(min.x + size.x - 1, min.y + size.y), Kit::ink(colour::border));
  auto const block = mark_of(snapshot).colour;
  auto const y = min.y + kit.px(20);
  list.AddRectFilled(ImVec2(min.x + kit.px(16), y), ImVec2(min.x + kit.px(27), y + kit.px(18)), Kit::ink(block));
  if (!is_narrow(kit, size.x))
    kit.paint(ImVec2(min.x + kit.px(40), y - kit.px(2)), colour::text, "pim", 0, kit.fonts().title);
  ImGui::SetCursorPosY(kit.px(64));
  for (std::size_t i = 0; i < screens.size(); ++i) entry(kit, snapshot, place, i, size.x - 1);
  footer(kit, snapshot, size);
  ImGui::EndChild();
  ImGui::PopStyleVar();
}

}  // namespace pim::ui
