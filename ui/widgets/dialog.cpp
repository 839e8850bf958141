#include "ui/widgets/dialog.hpp"

#include <imgui_internal.h>

#include <algorithm>

namespace pim::ui {

Dialog::Dialog(Kit& kit, char const* name, std::string_view title, float cells, Colour edge) {
  auto const& display = ImGui::GetIO().DisplaySize;
  auto const width = std::min(kit.cells(cells), display.x - kit.px(32));
  if (!ImGui::IsPopupOpen(name)) ImGui::OpenPopup(name);
  ImGui::SetNextWindowPos(ImVec2(display.x / 2, display.y / 2), ImGuiCond_Always, ImVec2(0.5F, 0.5F));
  ImGui::SetNextWindowSizeConstraints(ImVec2(width, 0), ImVec2(width, display.y - kit.px(32)));
  ImGui::SetNextWindowSize(ImVec2(width, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(kit.px(24), kit.px(16)));
  is_drawn_ = ImGui::BeginPopupModal(name, nullptr,
                                     ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                                         ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_AlwaysAutoResize);
  ImGui::PopStyleVar();
  if (!is_drawn_) return;
  // A question shows at once where Enter would go, however the user came here.
  if (ImGui::IsWindowAppearing()) ImGui::GetCurrentContext()->NavDisableHighlight = false;
  auto const min = ImGui::GetWindowPos();
  auto const size = ImGui::GetWindowSize();
  auto& list = *ImGui::GetWindowDrawList();
  list.PushClipRect(min, ImVec2(min.x + size.x, min.y + size.y), false);
  list.AddRectFilled(min, ImVec2(min.x + kit.px(2), min.y + size.y), Kit::ink(edge));
  list.PopClipRect();
  kit.line(colour::text, title, kit.fonts().title);
  kit.gap(8);
}

Dialog::~Dialog() {
  if (is_drawn_) ImGui::EndPopup();
}

bool escape_pressed() { return ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape), false); }

bool ctrl_pressed(char key) {
  auto const& io = ImGui::GetIO();
  return io.KeyCtrl && !io.KeyAlt && !io.KeyShift && ImGui::IsKeyPressed(key, false);
}

}  // namespace pim::ui
