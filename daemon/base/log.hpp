// What pure rooms say for the log: values, written out by an edge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace pim {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };

[[nodiscard]] constexpr std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::trace: return "trace";
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "error";
}

struct LogRecord {
  LogLevel level = LogLevel::info;
  std::string_view source;  ///< the room that speaks: a literal
  std::string message;
  std::optional<NodeId> peer{};
};

/// Where edges put their records; implementations may be called from any thread.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(LogRecord record) = 0;
};

}  // namespace pim
