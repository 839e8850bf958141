#include "ui/widgets/theme.hpp"

#include <algorithm>
#include <cmath>

namespace pim::ui {
namespace {

double linear(std::uint32_t channel) {
  auto const c = static_cast<double>(channel & 0xff) / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double luminance(Colour c) { return 0.2126 * linear(c) + 0.7152 * linear(c >> 8) + 0.0722 * linear(c >> 16); }

ImVec4 vec(Colour c) { return ImGui::ColorConvertU32ToFloat4(c); }

void set_colours(ImGuiStyle& style) {
  auto* to = style.Colors;
  to[ImGuiCol_Text] = vec(colour::text);
  to[ImGuiCol_TextDisabled] = vec(colour::metadata);
  to[ImGuiCol_WindowBg] = vec(colour::background);
  to[ImGuiCol_ChildBg] = ImVec4(0, 0, 0, 0);
  to[ImGuiCol_PopupBg] = vec(colour::panel);
  to[ImGuiCol_Border] = vec(colour::border);
  to[ImGuiCol_FrameBg] = to[ImGuiCol_FrameBgHovered] = to[ImGuiCol_FrameBgActive] = ImVec4(0, 0, 0, 0);
  to[ImGuiCol_ScrollbarBg] = ImVec4(0, 0, 0, 0);
  to[ImGuiCol_ScrollbarGrab] = vec(colour::border);
  to[ImGuiCol_ScrollbarGrabHovered] = to[ImGuiCol_ScrollbarGrabActive] = vec(colour::border_hovered);
  to[ImGuiCol_TextSelectedBg] = vec(colour::border_hovered);
  to[ImGuiCol_NavHighlight] = vec(colour::bright);
  to[ImGuiCol_ModalWindowDimBg] = vec(rgb(0x0a0c0a, 0xb0));
}

}  // namespace

double contrast(Colour a, Colour b) {
  auto const [dark, light] = std::minmax({luminance(a), luminance(b)});
  return (light + 0.05) / (dark + 0.05);
}

void apply_theme(float scale) {
  auto& style = ImGui::GetStyle();
  style = ImGuiStyle{};
  style.WindowRounding = style.ChildRounding = style.FrameRounding = style.PopupRounding = 0;
  style.ScrollbarRounding = style.GrabRounding = style.TabRounding = 0;
  style.WindowBorderSize = style.ChildBorderSize = style.FrameBorderSize = 0;
  style.PopupBorderSize = 1;
  style.WindowPadding = ImVec2(0, 0);
  style.FramePadding = ImVec2(0, 0);
  style.ItemSpacing = ImVec2(8 * scale, 2 * scale);
  style.ItemInnerSpacing = ImVec2(8 * scale, 2 * scale);
  style.ScrollbarSize = 8 * scale;
  style.AntiAliasedLinesUseTex = true;
  style.DisabledAlpha = 0.45F;
  set_colours(style);
}

}  // namespace pim::ui
