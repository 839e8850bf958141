// The window's views without a window: frames of ImGui on nothing, moved by simulated mouse and keys.
#pragma once

#include <imgui.h>

#include <algorithm>

#include "ui/views/shell.hpp"

namespace pim::ui::test {

class Stage {
 public:
  explicit Stage(ImVec2 size = ImVec2(1280, 800), float scale = 1) {
    ImGui::CreateContext();
    auto& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DisplaySize = size;
    io.DeltaTime = 1.0F / 60;
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;
    io.KeyMap[ImGuiKey_Tab] = 1;
    io.KeyMap[ImGuiKey_Enter] = 2;
    io.KeyMap[ImGuiKey_Space] = 3;
    io.KeyMap[ImGuiKey_Escape] = 4;
    io.KeyMap[ImGuiKey_DownArrow] = 5;
    apply_theme(scale);
    kit_ = std::make_unique<Kit>(scale, load_fonts(find_fonts(standard_font_folders()), scale), false,
                                 std::chrono::seconds(0));
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    io.Fonts->GetTexDataAsRGBA32(&pixels, &width, &height);
    kit_->rects.enable();
    shell_ = std::make_unique<Shell>(*kit_);
  }
  ~Stage() {
    shell_.reset();
    ImGui::DestroyContext();
  }
  Stage(Stage const&) = delete;
  Stage& operator=(Stage const&) = delete;

  void draw(Snapshot const& snapshot, unsigned frames = 1) {
    for (unsigned i = 0; i < frames; ++i) {
      now_.boot += std::chrono::milliseconds(16);
      now_.wall += std::chrono::milliseconds(16);
      ImGui::NewFrame();
      kit_->begin_frame(now_);
      shell_->draw(snapshot, actions_);
      ImGui::Render();
      vertices_ = ImGui::GetDrawData()->TotalVtxCount;
    }
  }

  [[nodiscard]] bool shows(std::string_view name) const { return kit_->rects.middle_of(name).has_value(); }

  /// Moves there, presses and releases. False when nothing of this name is in sight.
  bool click(Snapshot const& snapshot, std::string_view name) {
    auto const at = kit_->rects.middle_of(name);
    if (!at) return false;
    auto& io = ImGui::GetIO();
    io.MousePos = *at;
    draw(snapshot, 2);
    io.MouseDown[0] = true;
    draw(snapshot, 2);
    io.MouseDown[0] = false;
    draw(snapshot, 2);
    return true;
  }

  void press(Snapshot const& snapshot, ImGuiKey key) { hold(snapshot, ImGui::GetIO().KeyMap[key]); }
  void press_ctrl(Snapshot const& snapshot, char key) {
    ImGui::GetIO().KeyCtrl = true;
    hold(snapshot, key);
    ImGui::GetIO().KeyCtrl = false;
  }
  void type(Snapshot const& snapshot, char const* text) {
    ImGui::GetIO().AddInputCharactersUTF8(text);
    draw(snapshot, 3);
  }

  [[nodiscard]] std::vector<Action> take_actions() { return actions_.take(); }
  template <class T>
  [[nodiscard]] std::vector<T> take_calls() {
    std::vector<T> calls;
    for (auto const& action : actions_.take())
      if (auto const* call = std::get_if<Call>(&action))
        if (auto const* params = std::get_if<T>(call)) calls.push_back(*params);
    return calls;
  }
  template <class T>
  [[nodiscard]] bool took() {
    auto const taken = actions_.take();
    return std::any_of(taken.begin(), taken.end(), [](Action const& a) { return std::holds_alternative<T>(a); });
  }

  [[nodiscard]] Place& place() { return shell_->place(); }
  [[nodiscard]] Kit& kit() { return *kit_; }
  [[nodiscard]] int vertices() const { return vertices_; }

 private:
  void hold(Snapshot const& snapshot, int key) {
    ImGui::GetIO().KeysDown[key] = true;
    draw(snapshot, 2);
    ImGui::GetIO().KeysDown[key] = false;
    draw(snapshot, 2);
  }

  Now now_{Time{std::chrono::seconds(5000)}, WallTime{std::chrono::seconds(1'800'000'000)}};
  std::unique_ptr<Kit> kit_;
  std::unique_ptr<Shell> shell_;
  Actions actions_;
  int vertices_ = 0;
};

}  // namespace pim::ui::test
