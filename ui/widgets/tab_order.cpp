#include "ui/widgets/tab_order.hpp"

#include <imgui_internal.h>

#include <algorithm>

namespace pim::ui {
namespace {

bool tab_pressed() {
  auto const& io = ImGui::GetIO();
  return !io.KeyCtrl && !io.KeyAlt && ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Tab), true);
}

}  // namespace

void TabOrder::note(ImGuiID id, ImVec2 min, ImVec2 max, std::string_view input) {
  auto* const window = ImGui::GetCurrentWindow();
  auto const is_disabled = (ImGui::GetCurrentContext()->CurrentItemFlags & ImGuiItemFlags_Disabled) != 0;
  if (is_disabled) return;
  stops_.push_back({id, window, min, max, std::string(input)});
}

/// While a question stands in front, only what belongs to it.
std::vector<TabOrder::Stop> TabOrder::reachable() const {
  auto const* const modal = ImGui::GetTopMostPopupModal();
  if (modal == nullptr) return stops_;
  std::vector<Stop> inside;
  std::copy_if(stops_.begin(), stops_.end(), std::back_inserter(inside),
               [&](Stop const& stop) { return stop.window->RootWindow == modal; });
  return inside;
}

std::string TabOrder::begin_frame() {
  auto const stops = tab_pressed() ? reachable() : std::vector<Stop>{};
  stops_.clear();
  if (stops.empty()) return {};
  ImGui::NavMoveRequestCancel();  // by which Dear ImGui would go on to the next text input
  auto& context = *ImGui::GetCurrentContext();
  auto const here = context.ActiveId != 0 ? context.ActiveId : context.NavId;
  auto const found = std::find_if(stops.begin(), stops.end(), [&](Stop const& stop) { return stop.id == here; });
  auto const is_back = ImGui::GetIO().KeyShift;
  auto const count = stops.size();
  auto const at = static_cast<std::size_t>(found - stops.begin());
  auto const next = found == stops.end() ? (is_back ? count - 1 : 0) : (at + (is_back ? count - 1 : 1)) % count;
  auto const& stop = stops[next];
  ImGui::ClearActiveID();
  ImGui::FocusWindow(stop.window);
  ImRect const box(stop.min, stop.max);
  ImGui::SetNavID(stop.id, ImGuiNavLayer_Main, 0, ImGui::WindowRectAbsToRel(stop.window, box));
  ImGui::ScrollToRect(stop.window, box);
  context.NavDisableHighlight = false;
  context.NavDisableMouseHover = true;
  return stop.input;
}

}  // namespace pim::ui
