#include "ui/views/about.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "protocol/types/session.hpp"
#include "ui/model/format.hpp"
#include "ui/views/marks.hpp"
#include "ui/widgets/card.hpp"

namespace pim::ui {
namespace {

struct Shortcut {
  std::string_view keys, what;
};
constexpr std::array<Shortcut, 9> shortcuts = {{{"Ctrl+1 … 6", "go to a screen"},
                                                {"Ctrl+R", "route internet via mesh, on or off"},
                                                {"Ctrl+F", "search peers or the log"},
                                                {"Ctrl+N", "add a peer (on their screen)"},
                                                {"Ctrl+P", "hold the log still (on its screen)"},
                                                {"Tab, arrows", "move to the next control"},
                                                {"Enter, Space", "press it"},
                                                {"Escape", "close what is in front"},
                                                {"Ctrl+Q", "close this window; pim goes on"}}};
struct Legend {
  std::string_view glyph, meaning;
  Colour colour;
};
constexpr std::array<Legend, 10> legend = {
    {{"◆", "active: a direct, encrypted session", colour::green},
     {"◈", "relayed: through other devices, end-to-end encrypted", colour::green},
     {"○", "connecting, or not compared yet", colour::amber},
     {"✗", "failed or blocking", colour::red},
     {"◐", "waiting for the daemon", colour::amber},
     {"●", "running, on", colour::green},
     {"◉", "shares its internet (gateway)", colour::bright},
     {"⊘", "off", colour::secondary},
     {"↯", "degraded", colour::amber},
     {"✓", "checked and right", colour::green}}};

std::string joined(std::vector<std::string> const& words) {
  std::string text;
  for (auto const& word : words) text += (text.empty() ? "" : ", ") + printable(word);
  return text.empty() ? "none" : text;
}

void draw_versions(Kit& kit, Snapshot const& snapshot, ImVec2 size) {
  Card const card(kit, "versions", "Versions and places", size);
  auto const or_dash = [](std::string const& text) { return text.empty() ? std::string("–") : printable(text); };
  field(kit, "window", std::string("pim-dashboard ") + PIM_VERSION);
  field(kit, "daemon", or_dash(snapshot.link.daemon));
  field(kit, "contract", "rpc_version " + std::to_string(protocol::rpc_version));
  field(kit, "features", joined(snapshot.link.features));
  field(kit, "socket", or_dash(snapshot.link.socket));
  if (snapshot.status) field(kit, "public key", snapshot.status->x25519_pubkey);
  auto const& fonts = kit.fonts().shortcoming;
  field(kit, "fonts", fonts.empty() ? std::string("all found") : fonts, fonts.empty() ? colour::text : colour::amber);
}

}  // namespace

void draw_about(Kit& kit, Snapshot const& snapshot) {
  auto const room = ImGui::GetContentRegionAvail();
  auto const is_wide = room.x >= kit.cells(100);
  auto const half = is_wide ? std::floor((room.x - kit.px(8)) / 2) : room.x;
  draw_versions(kit, snapshot, ImVec2(room.x, Card::height_for(kit, 7)));
  kit.gap(6);
  auto const height = Card::height_for(kit, static_cast<float>(legend.size()));
  {
    Card const card(kit, "shortcuts", "Keys", ImVec2(half, height));
    for (auto const& [keys, what] : shortcuts) field(kit, keys, what, colour::text, 16);
  }
  if (is_wide) ImGui::SameLine(0, kit.px(8));
  Card const card(kit, "legend", "Marks", ImVec2(half, height));
  for (auto const& [glyph, meaning, tone] : legend) {
    auto const at = ImGui::GetCursorScreenPos();
    kit.paint(at, tone, glyph);
    kit.paint(ImVec2(at.x + kit.cells(4), at.y), colour::text, meaning,
              ImGui::GetContentRegionAvail().x - kit.cells(4));
    ImGui::Dummy(ImVec2(1, kit.fonts().body->FontSize));
  }
}

}  // namespace pim::ui
