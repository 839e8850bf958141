// What the command line of pim-dashboard says.
#pragma once

#include <optional>
#include <string>
#include <variant>

namespace pim::ui {

struct Options {
  std::optional<std::string> socket;
  std::optional<std::string> screenshot;  ///< write the window as PNG, then end
  unsigned frames = 60;                   ///< frames drawn before the screenshot
  std::optional<float> scale;             ///< instead of the monitor's
  std::optional<std::string> dump_rects;  ///< test hook: where named widgets stand, as JSON
  std::optional<std::string> screen;      ///< the screen in front at first
  bool reduced_motion = false;
  unsigned width = 1280, height = 800;
};

/// Text to print and the code to exit with, for --help, --version and mistakes.
struct ExitNow {
  int code = 0;
  std::string output, error;
};

[[nodiscard]] std::variant<Options, ExitNow> parse_options(int argc, char const* const* argv);

}  // namespace pim::ui
