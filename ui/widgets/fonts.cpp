#include "ui/widgets/fonts.hpp"

#include <imgui_freetype.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace pim::ui {
namespace {

constexpr float base_em = 14.0F;
constexpr float step = 1.25F;

// Letters of the languages the face covers, and every mark the views use. ImGui keeps the pointers,
// so these live as long as the program.
constexpr std::array<ImWchar, 17> text_range = {0x20,   0x17F,  0x370,  0x3FF,  0x400,  0x4FF,  0x2010, 0x205E, 0x2190,
                                                0x2193, 0x2500, 0x257F, 0x2580, 0x25A1, 0x2713, 0x2717, 0};
constexpr std::array<ImWchar, 11> symbol_range = {0x2190, 0x21B5, 0x2298, 0x2298, 0x25A0, 0x25FF,
                                                  0x26A0, 0x26A0, 0x2713, 0x2717, 0};

std::optional<std::filesystem::path> find(std::vector<std::filesystem::path> const& folders, std::string_view name) {
  for (auto const& folder : folders) {
    std::error_code error;
    if (auto path = folder / name; std::filesystem::is_regular_file(path, error)) return path;
  }
  return std::nullopt;
}

/// A face and the height of its line in units of its em: ImGui asks for sizes by line height.
struct Face {
  std::filesystem::path file;
  float line_per_em;
};
constexpr float jetbrains_line = 1.32F, dejavu_line = 1.164F;
constexpr float advance_per_em = 0.6F;  // of both faces

float line_of(std::filesystem::path const& file) {
  return file.filename().string().starts_with("JetBrains") ? jetbrains_line : dejavu_line;
}

/// Every glyph takes one cell, so that columns stand under each other.
ImFont* add_face(Face const& face, float em, ImWchar const* range, bool merge) {
  ImFontConfig config;
  config.MergeMode = merge;
  config.PixelSnapH = true;
  config.OversampleH = config.OversampleV = 1;
  config.GlyphMinAdvanceX = config.GlyphMaxAdvanceX = std::floor(em * advance_per_em);
  return ImGui::GetIO().Fonts->AddFontFromFileTTF(face.file.c_str(), std::round(em * face.line_per_em), &config, range);
}

ImFont* add_font(std::optional<std::filesystem::path> const& face, FontFiles const& files, float em) {
  if (!face) {
    ImFontConfig config;
    config.SizePixels = em;
    return ImGui::GetIO().Fonts->AddFontDefault(&config);
  }
  auto* font = add_face({*face, line_of(*face)}, em, text_range.data(), false);
  if (files.symbols && files.symbols != face) add_face({*files.symbols, dejavu_line}, em, symbol_range.data(), true);
  return font;
}

}  // namespace

std::vector<std::filesystem::path> standard_font_folders() {
  std::vector<std::filesystem::path> folders;
  if (auto const* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    folders.emplace_back(std::filesystem::path(home) / ".local/share/fonts");
  for (auto const* root : {"/usr/local/share/fonts", "/usr/share/fonts"})
    for (auto const* sub : {"truetype/jetbrains-mono", "truetype/dejavu", "jetbrains-mono", "dejavu", "TTF", ""})
      folders.emplace_back(std::filesystem::path(root) / sub);
  return folders;
}

FontFiles find_fonts(std::vector<std::filesystem::path> const& folders) {
  FontFiles files;
  files.regular = find(folders, "JetBrainsMono-Regular.ttf");
  files.bold = find(folders, "JetBrainsMono-Bold.ttf");
  files.symbols = find(folders, "DejaVuSansMono.ttf");
  if (!files.regular && files.symbols) {
    files.regular = files.symbols;
    files.bold = find(folders, "DejaVuSansMono-Bold.ttf");
    files.shortcoming = "JetBrains Mono is not installed (package fonts-jetbrains-mono): drawn with DejaVu Sans Mono";
  } else if (!files.regular) {
    files.shortcoming = "no monospaced font is installed (packages fonts-jetbrains-mono, fonts-dejavu-core)";
  } else if (!files.symbols) {
    files.shortcoming = "DejaVu Sans Mono is not installed (package fonts-dejavu-core): some marks show as ?";
  }
  if (!files.bold) files.bold = files.regular;
  return files;
}

FontSet load_fonts(FontFiles const& files, float scale) {
  auto& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  atlas.FontBuilderIO = ImGuiFreeType::GetBuilderForFreeType();
  atlas.FontBuilderFlags = ImGuiFreeTypeBuilderFlags_LightHinting;
  FontSet set;
  set.body = add_font(files.regular, files, base_em * scale);
  set.strong = add_font(files.bold, files, base_em * scale);
  set.title = add_font(files.bold, files, base_em * step * scale);
  set.shortcoming = files.shortcoming;
  return set;
}

}  // namespace pim::ui
