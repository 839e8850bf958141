// Where each named widget stood in the last frame, in window pixels: lets a test click what is
// really there. Costs nothing unless it is enabled.
#pragma once

#include <imgui.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pim::ui {

class RectBook {
 public:
  void enable() { is_enabled_ = true; }
  [[nodiscard]] bool is_enabled() const { return is_enabled_; }
  void begin_frame();
  /// Remembers a widget; only its visible part counts (`clip`), and one that is scrolled away is left out.
  void note(std::string_view name, ImVec2 min, ImVec2 max, ImVec2 clip_min, ImVec2 clip_max);
  [[nodiscard]] std::string to_json() const;
  /// The middle of a widget of the last frame, or nothing when it was not in sight.
  [[nodiscard]] std::optional<ImVec2> middle_of(std::string_view name) const;

 private:
  struct Rect {
    int x, y, width, height;
  };
  bool is_enabled_ = false;
  std::map<std::string, Rect, std::less<>> rects_;
};

}  // namespace pim::ui
