// Where the tab key goes: through every control in the order in which they were drawn, inputs included.
// (Dear ImGui 1.86 itself moves between text inputs only.)
#pragma once

#include <imgui.h>

#include <string>
#include <string_view>
#include <vector>

struct ImGuiWindow;

namespace pim::ui {

class TabOrder {
 public:
  /// Once per frame before anything is drawn: moves the keyboard when tab was pressed. Returns the name of
  /// the input it arrived at, which then takes the keyboard; else an empty name.
  std::string begin_frame();
  /// A control of the current window, drawn now. `input`: its name when it takes text.
  void note(ImGuiID id, ImVec2 min, ImVec2 max, std::string_view input = {});

 private:
  struct Stop {
    ImGuiID id;
    ImGuiWindow* window;
    ImVec2 min, max;
    std::string input;
  };
  [[nodiscard]] std::vector<Stop> reachable() const;

  std::vector<Stop> stops_;
};

}  // namespace pim::ui
