// What every task of the program stands on: configuration, folders, names; and what the last run left there.
#pragma once

#include <optional>
#include <string>

#include "app/arguments.hpp"
#include "config/load.hpp"
#include "control/control.hpp"
#include "plan/names.hpp"
#include "store/daemon_lock.hpp"

namespace pim::app {

/// Why the program ends: one line that says what to do, and the code.
struct Ending {
  Exit code = Exit::failed;
  std::string message{};
};

struct Ground {
  config::Loaded loaded;
  std::string state_folder;
  std::string tun_path;
  plan::Names names;
  [[nodiscard]] config::Config const& config() const { return loaded.config; }
};

/// Reads and checks; changes nothing.
[[nodiscard]] Result<Ground, Ending> find_ground(Arguments const& arguments);
/// Makes the state folder and sees to it that no other daemon runs here.
[[nodiscard]] Result<store::DaemonLock, Ending> take_ground(Ground const& ground);

struct Memory {
  trust::Snapshot trusted{};
  control::SavedState state{};
  /// The first thing that could not be read.
  std::optional<control::Impairment> impaired{};
};
/// Never fails: a daemon that cannot trust its memory still holds a block and answers clients.
[[nodiscard]] Memory recall(Ground const& ground);

[[nodiscard]] control::Settings settings_of(Ground const& ground);

}  // namespace pim::app
