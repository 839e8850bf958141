// The look in one place: colours, and Dear ImGui's style set to match. Flat, square, one pixel
// borders on an 8 px grid. Colours are packed the way ImGui packs them (0xAABBGGRR).
#pragma once

#include <imgui.h>

#include <cstdint>

namespace pim::ui {

using Colour = ImU32;

[[nodiscard]] constexpr Colour rgb(std::uint32_t hex, std::uint32_t alpha = 0xff) {
  return alpha << 24 | (hex & 0xff) << 16 | (hex & 0xff00) | (hex >> 16 & 0xff);
}

namespace colour {
inline constexpr Colour background = rgb(0x0a0c0a);
inline constexpr Colour card = rgb(0x121513);
inline constexpr Colour panel = rgb(0x1a1e1b);
inline constexpr Colour border = rgb(0x2a2e2c);
inline constexpr Colour border_hovered = rgb(0x3a5a3e);
inline constexpr Colour text = rgb(0xd4d8d4);
inline constexpr Colour secondary = rgb(0x9aa09c);
inline constexpr Colour metadata = rgb(0x7a807c);  ///< on background and card only: too faint on panel
inline constexpr Colour green = rgb(0x22c55e);
inline constexpr Colour bright = rgb(0x4ade80);
inline constexpr Colour amber = rgb(0xe8a84a);
inline constexpr Colour red = rgb(0xff5555);
inline constexpr Colour ink = background;  ///< text on red, green and amber
}  // namespace colour

/// Contrast ratio of two opaque colours (WCAG 2.1, 1.4.3): 1 to 21, 4.5 is the least for small text.
[[nodiscard]] double contrast(Colour a, Colour b);

/// Sets the style of the current ImGui context for one pixel scale.
void apply_theme(float scale);

}  // namespace pim::ui
