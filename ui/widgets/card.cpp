#include "ui/widgets/card.hpp"

namespace pim::ui {
namespace {

constexpr float pad_x = 16;
constexpr float pad_y = 12;

}  // namespace

Card::Card(Kit& kit, char const* name, std::string_view title, ImVec2 size, CardLook look) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(kit.px(pad_x), kit.px(pad_y)));
  ImGui::BeginChild(
      name, size, false,
      ImGuiWindowFlags_NavFlattened | ImGuiWindowFlags_AlwaysUseWindowPadding | ImGuiWindowFlags_NoScrollbar);
  ImGui::PopStyleVar();
  auto& list = *ImGui::GetWindowDrawList();
  auto const min = ImGui::GetWindowPos();
  auto const extent = ImGui::GetWindowSize();
  ImVec2 const max(min.x + extent.x, min.y + extent.y);
  list.PushClipRect(min, max, false);  // ImGui keeps content away from the edge, where the border belongs
  list.AddRectFilled(min, max, Kit::ink(colour::card));
  list.AddRect(min, max, Kit::ink(colour::border));
  if (look.edge) list.AddRectFilled(min, ImVec2(min.x + kit.px(2), max.y), Kit::ink(*look.edge));
  list.PopClipRect();
  if (title.empty()) return;
  auto const at = ImGui::GetCursorScreenPos();
  auto const room = ImGui::GetContentRegionAvail().x;
  auto const used = kit.paint(at, colour::secondary, title, room, kit.fonts().strong);
  if (!look.aside.empty()) {
    auto const aside_room = room - used - kit.cells(2);
    auto const width = std::min(kit.width_of(look.aside), aside_room);
    if (width > kit.cells(3)) kit.paint(ImVec2(at.x + room - width, at.y), look.aside_colour, look.aside, aside_room);
  }
  ImGui::Dummy(ImVec2(0, kit.line_height() + kit.px(2)));
}

Card::~Card() { ImGui::EndChild(); }

float Card::height_for(Kit const& kit, float lines) {
  auto const spacing = ImGui::GetStyle().ItemSpacing.y;
  auto const pitch = kit.fonts().body->FontSize + spacing;
  return 2 * kit.px(pad_y) + kit.line_height() + kit.px(2) + spacing + lines * pitch - spacing;
}

void field(Kit& kit, std::string_view label, std::string_view value, Colour colour, float label_cells) {
  auto const at = ImGui::GetCursorScreenPos();
  auto const room = ImGui::GetContentRegionAvail().x;
  kit.paint(at, colour::metadata, label, kit.cells(label_cells));
  kit.paint(ImVec2(at.x + kit.cells(label_cells), at.y), colour, value, room - kit.cells(label_cells));
  ImGui::Dummy(ImVec2(room, kit.fonts().body->FontSize));
}

}  // namespace pim::ui
