// What stands on the command line, and what the process tells its parent when it ends.
#pragma once

#include <optional>
#include <string>
#include <variant>

namespace pim::app {

/// Documented in --help.
enum class Exit : int {
  done = 0,
  failed = 1,   ///< the system refused something: no start, or no release
  misused = 2,  ///< arguments or configuration are wrong
  already_running = 4,
  stuck = 5,  ///< did not come to an end in time; a block in force stays
};

enum class Task : unsigned char { serve, release, repair, check_config };

struct Arguments {
  Task task = Task::serve;
  std::string config_path{};  ///< empty: the usual places
};

/// The arguments, or the code to end with when all was said already (help, version, a mistake).
[[nodiscard]] std::variant<Arguments, Exit> parse_arguments(int count, char const* const* values);

}  // namespace pim::app
