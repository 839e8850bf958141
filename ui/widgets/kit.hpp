// What every view draws with: the scale, the fonts, the frame's time, and the few controls that know
// mouse and keyboard. One Kit per window; begin_frame() after ImGui::NewFrame(), then draw.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"
#include "ui/widgets/fonts.hpp"
#include "ui/widgets/rects.hpp"
#include "ui/widgets/tab_order.hpp"
#include "ui/widgets/theme.hpp"

namespace pim::ui {

/// What the pointer and the keyboard did to one widget in this frame.
struct Press {
  ImVec2 min, max;
  bool is_hovered = false;
  bool is_focused = false;  ///< the keyboard stands here, and the user navigates by keyboard
  bool is_held = false;
  bool is_clicked = false;
};

enum class ButtonLook { plain, primary, danger, on_red };

class Kit {
 public:
  /// `zone`: seconds east of UTC, for clocks.
  Kit(float scale, FontSet fonts, bool reduced_motion, std::chrono::seconds zone);

  void begin_frame(Now now);
  [[nodiscard]] Now const& now() const { return now_; }
  [[nodiscard]] std::chrono::seconds zone() const { return zone_; }

  [[nodiscard]] float px(float units) const { return units * scale_; }
  [[nodiscard]] float scale() const { return scale_; }
  [[nodiscard]] FontSet const& fonts() const { return fonts_; }
  [[nodiscard]] float line_height() const;
  /// Width of one character of the body font.
  [[nodiscard]] float cell() const { return cell_; }
  [[nodiscard]] float cells(float count) const { return cell_ * count; }

  /// Asks for another frame; the earliest request of a frame counts.
  void redraw_in(std::chrono::milliseconds delay);
  [[nodiscard]] std::chrono::milliseconds next_redraw() const { return next_redraw_; }

  /// 0 to 1, moving towards `is_on` within 150 ms (at once under reduced motion).
  [[nodiscard]] float glide(std::string_view name, bool is_on);

  /// Text at a place of its own; longer than `max_width` (when not 0) ends in `…`. Returns its width.
  float paint(ImVec2 at, Colour colour, std::string_view text, float max_width = 0, ImFont* font = nullptr) const;
  [[nodiscard]] float width_of(std::string_view text, ImFont* font = nullptr) const;
  /// The colour under the current opacity (stale screens and disabled actions are dimmed).
  [[nodiscard]] static Colour ink(Colour colour);

  /// Text in the flow of the page; one line, cut at the right edge.
  void line(Colour colour, std::string_view text, ImFont* font = nullptr);
  /// Continues the line.
  void beside(Colour colour, std::string_view text, ImFont* font = nullptr);
  /// Text in the flow, wrapped at the right edge.
  void paragraph(Colour colour, std::string_view text);
  /// Height a paragraph takes at this width.
  [[nodiscard]] float paragraph_height(std::string_view text, float width) const;
  void gap(float units) const;

  /// The base of every control. `is_stop`: the tab key halts here (rows of a table but the first are reached by
  /// arrows).
  Press pressable(std::string_view name, ImVec2 size, bool is_stop = true);
  /// For the mouse alone: what a picture shows and a table beside it has for the keyboard.
  Press pointable(std::string_view name, ImVec2 size);
  /// `[ LABEL ]`
  bool button(std::string_view name, std::string_view label, ButtonLook look = ButtonLook::plain);
  [[nodiscard]] float button_width(std::string_view label) const;
  /// A word that is on or off: `(x) word`; returns true when clicked.
  bool chip(std::string_view name, std::string_view label, bool is_on);
  /// `> text`; returns true while the text changed, `is_submitted` on Enter.
  bool input(std::string_view name, std::string& text, char const* hint, float width, bool* is_submitted = nullptr);
  /// The next input of this name takes the keyboard.
  void focus_input(std::string_view name) { focus_wanted_ = name; }

  RectBook rects;
  /// What was drawn there is called so; only what is in sight of it counts.
  void note(std::string_view name, ImVec2 min, ImVec2 max);

 private:
  void outline(Press const& press) const;

  float scale_;
  FontSet fonts_;
  bool reduced_motion_;
  std::chrono::seconds zone_;
  float cell_ = 8;
  Now now_;
  Time previous_{};
  std::chrono::milliseconds next_redraw_{};
  std::string focus_wanted_;
  TabOrder tab_order_;
  std::unordered_map<std::string, float> glides_;
};

}  // namespace pim::ui
