#include "app/arguments.hpp"

#include <CLI/CLI.hpp>

namespace pim::app {

std::variant<Arguments, Exit> parse_arguments(int count, char const* const* values) {
  CLI::App app{"pim-daemon: the background process of a pim node.", "pim-daemon"};
  app.footer(
      "Exit codes: 0 done, 1 the system refused something, 2 arguments or configuration are wrong,\n"
      "4 another daemon runs here, 5 did not end in time (a block in force stays).");
  Arguments arguments;
  bool release = false, repair = false, check = false;
  app.set_version_flag("--version", std::string{"pim-daemon "} + PIM_VERSION);
  app.add_option("--config", arguments.config_path,
                 "configuration file (else $PIM_CONFIG_PATH, else $XDG_CONFIG_HOME/pim/pim.toml)");
  auto* const first = app.add_flag("--release", release,
                                   "take every trace of pim off this host, a block included, remember that routing is "
                                   "off, and end; for when no daemon runs");
  auto* const second = app.add_flag("--repair", repair,
                                    "make this host as it must be (a block that was on is put in force again), and "
                                    "end; for when no daemon runs");
  auto* const third =
      app.add_flag("--check-config", check, "read the configuration, say what is wrong with it, and end");
  first->excludes(second)->excludes(third);
  second->excludes(third);
  try {
    app.parse(count, values);
  } catch (CLI::ParseError const& error) {
    return app.exit(error) == 0 ? Exit::done : Exit::misused;
  }
  if (release) arguments.task = Task::release;
  if (repair) arguments.task = Task::repair;
  if (check) arguments.task = Task::check_config;
  return arguments;
}

}  // namespace pim::app
