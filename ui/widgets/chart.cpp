#include "ui/widgets/chart.hpp"

#include <algorithm>
#include <cmath>

namespace pim::ui {

void sparkline(Kit& kit, std::span<double const> values, double ceiling, Colour colour, ImVec2 size) {
  auto const at = ImGui::GetCursorScreenPos();
  auto& list = *ImGui::GetWindowDrawList();
  ImVec2 const end(at.x + size.x, at.y + size.y);
  auto const pitch = kit.px(4);
  auto const bars = static_cast<std::size_t>(std::max(0.0F, size.x / pitch));
  auto const shown = values.last(std::min(values.size(), bars));
  list.AddLine(ImVec2(at.x, end.y - 1), ImVec2(end.x, end.y - 1), Kit::ink(colour::border));
  auto x = end.x - pitch * static_cast<float>(shown.size());
  for (auto value : shown) {
    auto const part = ceiling > 0 ? std::clamp(value / ceiling, 0.0, 1.0) : 0.0;
    // A value that is not nothing is never drawn as nothing.
    auto const height = value > 0 ? std::max(kit.px(1), static_cast<float>(part) * (size.y - kit.px(1))) : 0.0F;
    if (height > 0)
      list.AddRectFilled(ImVec2(std::round(x), std::round(end.y - height)),
                         ImVec2(std::round(x + pitch - kit.px(1)), end.y), Kit::ink(colour));
    x += pitch;
  }
  ImGui::Dummy(size);
}

void bar(double part, Colour colour, ImVec2 size) {
  part = std::clamp(part, 0.0, 1.0);
  auto const at = ImGui::GetCursorScreenPos();
  auto& list = *ImGui::GetWindowDrawList();
  auto const filled = part > 0 ? std::max(1.0F, std::round(size.x * static_cast<float>(part))) : 0.0F;
  list.AddRectFilled(at, ImVec2(at.x + size.x, at.y + size.y), Kit::ink(colour::border));
  list.AddRectFilled(at, ImVec2(at.x + filled, at.y + size.y), Kit::ink(colour));
  ImGui::Dummy(size);
}

void tally(Kit& kit, std::string_view word, std::string_view amount, double part) {
  auto const at = ImGui::GetCursorScreenPos();
  auto const room = ImGui::GetContentRegionAvail().x;
  auto const height = kit.fonts().body->FontSize;
  auto const right = kit.cells(10);
  kit.paint(at, colour::secondary, "↳ " + std::string(word), room - right - kit.cells(9));
  kit.paint(ImVec2(at.x + room - kit.width_of(amount), at.y), colour::secondary, amount);
  ImGui::SetCursorScreenPos(ImVec2(at.x + room - right - kit.cells(8), at.y + std::round(height / 2) - kit.px(2)));
  bar(part, colour::secondary, ImVec2(kit.cells(8), kit.px(4)));
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy(ImVec2(room, height));
}

void gauge(double part, ImVec2 size) {
  bar(part, part >= 0.95 ? colour::red : part >= 0.8 ? colour::amber : colour::green, size);
}

}  // namespace pim::ui
