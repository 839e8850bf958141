// Log lines and which of them a client wants.
#pragma once

#include "protocol/types/common.hpp"

namespace pim::protocol {

PIM_ENUM(Level, "How grave a log line is.",  //
         (trace, "every step"), (debug, "for developers"), (info, "what happened"), (warn, "what may hurt"),
         (error, "what hurts"))

struct LogEvent {
  Timestamp ts{};
  Level level = Level::info;
  std::string source;
  std::optional<std::string> peer_id;
  std::string message;
  std::optional<std::map<std::string, std::string>> fields;
  bool operator==(LogEvent const&) const = default;
};
PIM_STRUCT(LogEvent, "One log line.",  //
           (ts, "when"), (level, "how grave"), (source, "the part that speaks"), (peer_id, "about which peer"),
           (message, "one sentence"), (fields, "values by name"))

struct LogsSubscribeParams {
  std::optional<Level> min_level;
  std::optional<std::vector<Level>> levels;
  std::optional<std::vector<std::string>> sources;
};
PIM_STRUCT(LogsSubscribeParams, "Filters, applied by the daemon; a line must pass all that are given.",  //
           (min_level, "this level and graver ones"), (levels, "exactly these levels"), (sources, "only these parts"))

struct LogSnapshot {
  std::vector<LogEvent> lines;
  bool operator==(LogSnapshot const&) const = default;
};
PIM_STRUCT(LogSnapshot, "The latest lines that pass the filters.", (lines, "oldest first"))

}  // namespace pim::protocol
