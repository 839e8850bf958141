#include "ui/views/toasts.hpp"

#include <algorithm>

namespace pim::ui {
namespace {

struct Look {
  std::string_view glyph;
  Colour colour;
};

Look look_of(Tone tone) {
  switch (tone) {
    case Tone::good: return {"✓", colour::green};
    case Tone::bad: return {"✗", colour::red};
    case Tone::neutral: return {"↳", colour::secondary};
  }
  return {"↳", colour::secondary};
}

/// Returns the height it took.
float draw_toast(Kit& kit, Toast const& toast, Actions& actions, float bottom) {
  auto const& display = ImGui::GetIO().DisplaySize;
  auto const width = std::min(kit.cells(56), display.x - kit.px(32));
  auto const text_width = width - kit.px(32) - kit.cells(3);
  auto const height = kit.paragraph_height(toast.text, text_width) + kit.px(20);
  auto const look = look_of(toast.tone);
  ImGui::SetNextWindowPos(ImVec2(display.x - kit.px(16) - width, bottom - height));
  ImGui::SetNextWindowSize(ImVec2(width, height));
  auto const name = "toast" + std::to_string(toast.id);
  ImGui::Begin(name.c_str(), nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav);
  auto const press = kit.pressable("toast", ImVec2(width, height), false);
  auto& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(press.min, press.max, Kit::ink(colour::panel));
  list.AddRect(press.min, press.max, Kit::ink(press.is_hovered ? colour::border_hovered : colour::border));
  list.AddRectFilled(press.min, ImVec2(press.min.x + kit.px(2), press.max.y), Kit::ink(look.colour));
  kit.paint(ImVec2(press.min.x + kit.px(16), press.min.y + kit.px(10)), look.colour, look.glyph);
  ImGui::SetCursorPos(ImVec2(kit.px(16) + kit.cells(3), kit.px(10)));
  ImGui::PushTextWrapPos(kit.px(16) + kit.cells(3) + text_width);
  ImGui::TextUnformatted(toast.text.data(), toast.text.data() + toast.text.size());
  ImGui::PopTextWrapPos();
  if (press.is_clicked) actions.request(action::DismissToast{toast.id});
  ImGui::End();
  return height;
}

}  // namespace

void draw_toasts(Kit& kit, Snapshot const& snapshot, Actions& actions) {
  auto bottom = ImGui::GetIO().DisplaySize.y - kit.px(16);
  for (auto toast = snapshot.toasts.rbegin(); toast != snapshot.toasts.rend(); ++toast) {
    if (toast->until <= kit.now().boot) continue;
    bottom -= draw_toast(kit, *toast, actions, bottom) + kit.px(8);
    kit.redraw_in(std::chrono::ceil<std::chrono::milliseconds>(toast->until - kit.now().boot));
  }
}

}  // namespace pim::ui
