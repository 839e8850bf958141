#include "ui/views/logs.hpp"

#include <array>

#include "ui/model/format.hpp"
#include "ui/views/marks.hpp"
#include "ui/widgets/card.hpp"
#include "ui/widgets/dialog.hpp"
#include "ui/widgets/table.hpp"

namespace pim::ui {
namespace {

constexpr std::array levels = {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error};
constexpr std::array<Column, 5> columns = {{{"Time", 12, false, false, 8},
                                            {"Level", 7, false, false, 9},
                                            {"Source", 11, false, false, 6},
                                            {"Peer", 9, false, false, 5},
                                            {"Message", 44, true, false, 10}}};

void draw_row(TableRow const& row, LogLine const& line, std::chrono::seconds zone) {
  auto const mark = mark_of(line.level);
  row.cell(0, colour::metadata, clock_millis_text(line.at, zone));
  row.cell(1, mark.colour, std::string(mark.glyph) + " " + std::string(mark.word));
  row.cell(2, colour::secondary, line.source);
  row.cell(3, colour::metadata, line.peer.substr(0, 8));
  row.cell(4, line.level >= LogLevel::warn ? mark.colour : colour::text, line.message);
}

}  // namespace

void LogsView::draw_filters(Snapshot const& snapshot, Actions& actions) {
  for (auto level : levels) {
    if (level != levels.front()) ImGui::SameLine();
    auto const word = std::string(to_string(level));
    if (!kit_.chip("logs/level/" + word, word, filter_.least == level)) continue;
    filter_.least = level;
    // What the daemon does not send cannot be shown: ask it for finer lines, never for fewer.
    if (level < snapshot.log_level) actions.request(action::FollowLogs{level});
  }
  ImGui::SameLine();
  if (kit_.chip("logs/pause", "paused (Ctrl+P)", held_.has_value()) || ctrl_pressed('P')) {
    if (held_)
      held_.reset();
    else
      held_ = snapshot.logs;
  }
  kit_.gap(4);
  if (ctrl_pressed('F')) kit_.focus_input("logs/search");
  kit_.input("logs/search", filter_.needle, "search in message, source and peer   (Ctrl+F)",
             ImGui::GetContentRegionAvail().x);
  kit_.gap(4);
}

void LogsView::draw(Snapshot const& snapshot, Actions& actions) {
  Card const card(kit_, "logs", "", ImGui::GetContentRegionAvail());
  draw_filters(snapshot, actions);
  auto const& book = held_ ? *held_ : snapshot.logs;
  index_.update(book, filter_);
  auto const room = ImGui::GetContentRegionAvail();
  Table table(kit_, "log", columns, room.x);
  table.header();
  auto const foot = kit_.fonts().body->FontSize + kit_.px(8);
  auto const used = ImGui::GetContentRegionAvail().y;
  table.rows(
      index_.size(), used - foot, [&](std::size_t row) { return std::to_string(index_.number(row)); },
      [&](std::size_t row, TableRow const& line) { draw_row(line, book.at(index_.number(row)), kit_.zone()); }, -1,
      !held_.has_value());
  auto text = count_text(index_.size()) + " of " + count_text(book.size()) + " lines";
  if (held_) text += "  ·  paused, " + count_text(snapshot.logs.end() - held_->end()) + " newer";
  kit_.gap(4);
  kit_.line(held_ ? colour::amber : colour::metadata, text);
}

}  // namespace pim::ui
