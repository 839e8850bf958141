// The native window: GLFW and OpenGL 3 around Dear ImGui. Sleeps until there is input, a wake() or a
// frame that was asked for; draws a frame only when it would look different from the one in sight.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"

struct GLFWwindow;

namespace pim::ui {

class Window {
 public:
  struct Options {
    unsigned width = 1280, height = 800;
    std::optional<float> scale;  ///< instead of the monitor's
  };
  /// An error is one line that says what is missing: a display, or OpenGL.
  [[nodiscard]] static Result<std::unique_ptr<Window>> open(Options const& options);
  ~Window();
  Window(Window const&) = delete;
  Window& operator=(Window const&) = delete;

  /// Pixels per unit of the layout.
  [[nodiscard]] float scale() const { return scale_; }
  [[nodiscard]] bool is_closing() const;

  /// Sleeps until input, wake() or `timeout`. True when there was input.
  bool wait(std::chrono::milliseconds timeout);
  /// Runs one frame of ImGui around `draw` and shows it.
  void frame(std::function<void()> const& draw);
  /// Writes what the window shows. False when the file cannot be written.
  [[nodiscard]] bool save_png(std::string const& file);

  /// Ends a wait() early; from any thread.
  static void wake();

 private:
  explicit Window(GLFWwindow* window);
  void present();

  GLFWwindow* window_;
  float scale_ = 1;
  bool had_input_ = true;
  std::uint64_t shown_ = 0;  ///< hash of the frame in sight
};

}  // namespace pim::ui
