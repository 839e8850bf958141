// Runs one small program to its end: no shell, an empty environment, CAP_NET_ADMIN and nothing else.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pim::linux_edge {

struct Finished {
  int exit_code = 0;
  std::string output;
  std::string error;
};

/// `argv[0]` is an absolute path. `input` is its standard input. Blocks; ends the program after `patience`.
/// Output beyond 16 MiB is cut. The error: the program could not be started or did not end in time.
[[nodiscard]] Result<Finished> run_program(std::vector<std::string> const& argv, std::string_view input,
                                           std::chrono::milliseconds patience = std::chrono::seconds{10});

}  // namespace pim::linux_edge
