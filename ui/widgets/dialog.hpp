// A question in front of everything else. The caller keeps the state: a dialog is open in exactly those
// frames in which it is drawn. Escape is the caller's to answer, see escape_pressed().
#pragma once

#include "ui/widgets/kit.hpp"

namespace pim::ui {

class Dialog {
 public:
  /// `cells`: the width in characters, less where the window is narrower.
  Dialog(Kit& kit, char const* name, std::string_view title, float cells, Colour edge);
  ~Dialog();
  Dialog(Dialog const&) = delete;
  Dialog& operator=(Dialog const&) = delete;

  /// Draw the content only while this holds.
  explicit operator bool() const { return is_drawn_; }

 private:
  bool is_drawn_ = false;
};

[[nodiscard]] bool escape_pressed();
/// Ctrl and a letter or digit, given as its upper-case ASCII code.
[[nodiscard]] bool ctrl_pressed(char key);

}  // namespace pim::ui
