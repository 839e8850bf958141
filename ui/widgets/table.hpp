// A table of one line per row that draws only the rows in sight: 500 peers or 100,000 log lines cost
// the same. Columns that do not fit are left out, the least important first.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "ui/widgets/kit.hpp"

namespace pim::ui {

struct Column {
  std::string_view title;
  float cells = 8;        ///< width in characters, the least one where it grows
  bool grows = false;     ///< takes the width that is left
  bool is_right = false;  ///< numbers
  int importance = 9;     ///< the lowest leaves first when there is no room
};

struct SortState {
  std::size_t column = 0;
  bool is_descending = false;
};

class Table;

/// One row while it is drawn.
class TableRow {
 public:
  TableRow(Table const& table, ImVec2 at, bool is_pointed = false) : table_(table), at_(at), is_pointed_(is_pointed) {}
  /// Text of a column; does nothing when the column is left out.
  void cell(std::size_t column, Colour colour, std::string_view text) const;
  /// The mouse or the keyboard stands on it.
  [[nodiscard]] bool is_pointed() const { return is_pointed_; }

 private:
  Table const& table_;
  ImVec2 at_;
  bool is_pointed_;
};

class Table {
 public:
  Table(Kit& kit, std::string_view name, std::span<Column const> columns, float width);

  /// Titles; clicking one sorts by it, clicking again turns the order. Without `sort` they are only words.
  void header(SortState* sort = nullptr);
  /// Rows in a scrolling area of `height` (0: what is left). `draw(row, TableRow)` is called for rows in
  /// sight; `key(row)` names a row among its fellows. Returns the clicked row or -1.
  int rows(std::size_t count, float height, std::function<std::string(std::size_t)> const& key,
           std::function<void(std::size_t, TableRow const&)> const& draw, int selected = -1, bool follow_end = false);

  [[nodiscard]] static float row_height(Kit const& kit);

 private:
  friend class TableRow;
  struct Place {
    float x = 0, width = 0;
    bool is_shown = false;
  };
  void lay_out(float width);

  Kit& kit_;
  std::string name_;
  std::span<Column const> columns_;
  std::vector<Place> places_;
  float width_;
};

}  // namespace pim::ui
