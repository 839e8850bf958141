// Where configuration and state are, and reading the file that is there.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "config/config.hpp"

namespace pim::config {

/// The variables that matter, empty when unset.
struct Environment {
  std::string pim_config_path, xdg_config_home, xdg_state_home, home;
  [[nodiscard]] static Environment from_process();
};

/// $PIM_CONFIG_PATH, else $XDG_CONFIG_HOME/pim/pim.toml, else ~/.config/pim/pim.toml; empty when none is known.
[[nodiscard]] std::string config_path(Environment const& environment);
/// node.data_dir, else $XDG_STATE_HOME/pim, else ~/.local/state/pim; empty when none is known.
[[nodiscard]] std::string state_folder(Config const& config, Environment const& environment);

struct Loaded {
  Config config{};
  std::string source_path{};                ///< empty: none is known
  std::optional<WallTime> last_modified{};  ///< none: there is no such file, and `config` is built in
};

/// An absent file means the built-in defaults. One that is there and cannot be used is an error of one line,
/// "PATH:LINE:COLUMN: what is wrong": the daemon must not start with other settings than the user wrote.
Result<Loaded> load(Environment const& environment);

}  // namespace pim::config
