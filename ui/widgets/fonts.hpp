// The faces the window is drawn with, found at run time among the installed packages. A missing face
// degrades in steps (JetBrains Mono, then DejaVu Sans Mono, then ImGui's built-in font) and says so.
#pragma once

#include <imgui.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pim::ui {

struct FontFiles {
  std::optional<std::filesystem::path> regular, bold;  ///< the monospaced face
  std::optional<std::filesystem::path> symbols;        ///< merged for glyphs that the face lacks
  std::string shortcoming;                             ///< one line for people; empty when all is there
};

struct FontSet {
  ImFont* body = nullptr;    ///< an em of 14 px at scale 1
  ImFont* strong = nullptr;  ///< the same in bold
  ImFont* title = nullptr;   ///< one step (1.25) larger
  std::string shortcoming;
};

/// Folders are searched in order; files are known by their Debian names.
[[nodiscard]] FontFiles find_fonts(std::vector<std::filesystem::path> const& folders);
[[nodiscard]] std::vector<std::filesystem::path> standard_font_folders();

/// Replaces the fonts of the current ImGui context. The texture is built by whoever asks for it.
[[nodiscard]] FontSet load_fonts(FontFiles const& files, float scale);

}  // namespace pim::ui
