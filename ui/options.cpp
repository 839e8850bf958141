#include "ui/options.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <sstream>

namespace pim::ui {
namespace {

constexpr int usage_error = 2;

constexpr char const* footer =
    "Exit codes: 0 closed by the user, 1 the window could not be opened or drawn, 2 wrong arguments.\n"
    "The socket is --socket, else $PIM_RPC_SOCKET, else [rpc] socket of the configuration, else the first of\n"
    "$XDG_RUNTIME_DIR/pim.sock, /run/pim/pim.sock and /tmp/pim-$UID/pim.sock that answers.";

std::string validate_size(std::string& text) {
  unsigned width = 0, height = 0;
  char cross = 0, rest = 0;
  std::istringstream stream(text);
  if (!(stream >> width >> cross >> height) || cross != 'x' || (stream >> rest) || width < 320 || height < 240 ||
      width > 16384 || height > 16384)
    return "a size is WIDTHxHEIGHT in pixels, at least 320x240";
  return {};
}

}  // namespace

std::variant<Options, ExitNow> parse_options(int argc, char const* const* argv) {
  Options options;
  std::string size = "1280x800";
  CLI::App app{"The dashboard of pim: what the daemon on this device does, and its switches.", "pim-dashboard"};
  app.footer(footer);
  app.set_version_flag("--version", std::string("pim-dashboard ") + PIM_VERSION);
  app.add_option("--socket", options.socket, "the daemon's socket")->type_name("PATH");
  app.add_option("--screenshot", options.screenshot, "write the window as PNG after --frames frames, then end")
      ->type_name("FILE");
  app.add_option("--frames", options.frames, "frames before the screenshot")->check(CLI::Range(1U, 100'000U));
  app.add_option("--scale", options.scale, "size of everything, instead of the monitor's scale")
      ->check(CLI::Range(0.5F, 4.0F));
  app.add_option("--size", size, "size of the window")->check(CLI::Validator(validate_size, "WxH"));
  app.add_option("--screen", options.screen, "the screen in front at first")
      ->check(CLI::IsMember({"dashboard", "peers", "routing", "gateway", "logs", "about"}, CLI::ignore_case));
  app.add_option("--dump-rects", options.dump_rects,
                 "for tests: write where named widgets stand, as JSON, whenever that changes")
      ->type_name("FILE");
  app.add_flag("--reduced-motion", options.reduced_motion, "no animation");
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    std::ostringstream output, errors;
    auto const code = app.exit(error, output, errors);
    return ExitNow{code == 0 ? 0 : usage_error, output.str(), errors.str()};
  }
  char cross = 0;
  std::istringstream(size) >> options.width >> cross >> options.height;
  return options;
}

}  // namespace pim::ui
