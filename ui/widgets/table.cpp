#include "ui/widgets/table.hpp"

#include <algorithm>
#include <utility>

namespace pim::ui {

void TableRow::cell(std::size_t column, Colour colour, std::string_view text) const {
  auto const& place = table_.places_[column];
  if (!place.is_shown || text.empty()) return;
  auto const& kit = table_.kit_;
  auto x = at_.x + place.x;
  if (table_.columns_[column].is_right) x += std::max(0.0F, place.width - kit.width_of(text));
  kit.paint(ImVec2(x, at_.y), colour, text, place.width);
}

Table::Table(Kit& kit, std::string_view name, std::span<Column const> columns, float width)
    : kit_(kit), name_(name), columns_(columns), places_(columns.size()), width_(width) {
  lay_out(width - ImGui::GetStyle().ScrollbarSize - kit.cells(1));
}

void Table::lay_out(float width) {
  auto const gap = kit_.cells(2);
  for (auto& place : places_) place.is_shown = true;
  auto const needed = [&] {
    float total = -gap;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (places_[i].is_shown) total += kit_.cells(columns_[i].cells) + gap;
    return total;
  };
  while (needed() > width) {
    std::size_t least = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (places_[i].is_shown && (least == columns_.size() || columns_[i].importance < columns_[least].importance))
        least = i;
    if (least == columns_.size() ||
        std::count_if(places_.begin(), places_.end(), [](Place const& p) { return p.is_shown; }) < 2)
      break;
    places_[least].is_shown = false;
  }
  auto growing = 0.0F;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (places_[i].is_shown && columns_[i].grows) growing += 1;
  auto const spare = growing > 0 ? std::max(0.0F, width - needed()) / growing : 0.0F;
  auto x = kit_.cells(1);  // room for the mark of a selected row
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!places_[i].is_shown) continue;
    places_[i].x = x;
    places_[i].width = kit_.cells(columns_[i].cells) + (columns_[i].grows ? spare : 0.0F);
    x += places_[i].width + gap;
  }
}

float Table::row_height(Kit const& kit) { return kit.fonts().body->FontSize + kit.px(4); }

void Table::header(SortState* sort) {
  auto const at = ImGui::GetCursorScreenPos();
  auto const height = row_height(kit_);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (!places_[i].is_shown) continue;
    ImVec2 const from(at.x + places_[i].x, at.y);
    auto text = std::string(columns_[i].title);
    auto colour = colour::metadata;
    if (sort != nullptr && !text.empty()) {
      ImGui::SetCursorScreenPos(from);
      auto const press = kit_.pressable(name_ + "/sort/" + text, ImVec2(places_[i].width, height));
      if (press.is_clicked) *sort = {i, sort->column == i && !sort->is_descending};
      if (sort->column == i) text += sort->is_descending ? " ▾" : " ▴";
      if (sort->column == i) colour = colour::secondary;
      if (press.is_hovered) colour = colour::bright;
    }
    TableRow(*this, ImVec2(at.x, at.y + kit_.px(2))).cell(i, colour, text);
  }
  auto const bottom = at.y + height + kit_.px(1);
  ImGui::GetWindowDrawList()->AddLine(ImVec2(at.x, bottom), ImVec2(at.x + width_, bottom), Kit::ink(colour::border));
  ImGui::SetCursorScreenPos(ImVec2(at.x, bottom + kit_.px(3)));
}

int Table::rows(std::size_t count, float height, std::function<std::string(std::size_t)> const& key,
                std::function<void(std::size_t, TableRow const&)> const& draw, int selected, bool follow_end) {
  int clicked = -1;
  auto const pitch = row_height(kit_);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  ImGui::BeginChild(name_.c_str(), ImVec2(width_, height), false, ImGuiWindowFlags_NavFlattened);
  auto const was_at_end = ImGui::GetScrollY() >= ImGui::GetScrollMaxY() - 1;
  auto is_first = true;  // the tab key halts at it, arrows go on from there
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(count), pitch);
  while (clipper.Step()) {
    for (auto i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      auto const row = static_cast<std::size_t>(i);
      auto const press = kit_.pressable(name_ + "/row/" + key(row), ImVec2(ImGui::GetContentRegionAvail().x, pitch),
                                        std::exchange(is_first, false));
      auto& list = *ImGui::GetWindowDrawList();
      if (i == selected || press.is_hovered) list.AddRectFilled(press.min, press.max, Kit::ink(colour::panel));
      if (i == selected || press.is_focused)
        list.AddRectFilled(press.min, ImVec2(press.min.x + kit_.px(2), press.max.y), Kit::ink(colour::green));
      if (press.is_clicked) clicked = i;
      draw(row, TableRow(*this, ImVec2(press.min.x, press.min.y + kit_.px(2)), press.is_hovered));
    }
  }
  clipper.End();
  if (follow_end && was_at_end) ImGui::SetScrollHereY(1.0F);
  ImGui::EndChild();
  ImGui::PopStyleVar();
  return clicked;
}

}  // namespace pim::ui
