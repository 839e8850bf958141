// The log as text: one line a record, ISO time first, to standard error or a file.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/fd.hpp"

namespace pim::app {

class LogFile final : public LogSink {
 public:
  /// `path` empty: standard error. A file is appended to, and made 0600 where it is not there.
  static Result<LogFile> open(LogLevel level, std::string const& path);
  LogFile(LogFile&& other) noexcept;

  /// From any thread; a record is one write. Below the level nothing happens.
  void write(LogRecord record) override;

 private:
  LogFile(LogLevel level, net::Fd file) : level_(level), file_(std::move(file)) {}

  LogLevel level_;
  net::Fd file_;
  std::mutex mutex_;
};

/// "2025-01-31T12:00:00.123Z warn  host: text [peer 0011aabb]", control characters blanked, with its newline.
[[nodiscard]] std::string to_line(LogRecord const& record, WallTime at);

}  // namespace pim::app
