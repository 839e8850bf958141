// The text of a configuration file into a Config. Total: any text gives a Config or a list of problems with
// their places.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"

namespace pim::config {

struct Problem {
  std::uint32_t line = 0, column = 0;  ///< from 1; 0 where there is no place
  std::string path;                    ///< "section.key", "peers[0].key"; empty for a syntax error
  std::string message;                 ///< a whole sentence
  bool operator==(Problem const&) const = default;
};
/// Never empty, in the order of the file.
using Problems = std::vector<Problem>;

/// "LINE:COLUMN: message"
[[nodiscard]] std::string to_string(Problem const& problem);

inline constexpr std::size_t max_file_size = std::size_t{1} << 20;
inline constexpr std::size_t max_peers = 1024;
/// Further ones are not collected.
inline constexpr std::size_t max_problems = 50;

Result<Config, Problems> decode(std::string_view toml);

}  // namespace pim::config
