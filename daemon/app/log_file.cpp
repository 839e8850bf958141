#include "app/log_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <system_error>

#include "net/clock.hpp"

namespace pim::app {

Result<LogFile> LogFile::open(LogLevel level, std::string const& path) {
  net::Fd file{path.empty() ? ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                            : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600)};
  if (!file.is_open() && !path.empty())
    return fail("the log file " + path + " cannot be opened (" + std::generic_category().message(errno) +
                "): correct [log] file, or leave it out to log to standard error");
  return LogFile{level, std::move(file)};
}

LogFile::LogFile(LogFile&& other) noexcept : level_(other.level_), file_(std::move(other.file_)) {}

void LogFile::write(LogRecord record) {
  if (record.level < level_ || !file_.is_open()) return;
  auto const line = to_line(record, net::wall_now());
  std::lock_guard const lock(mutex_);
  // A log that cannot be written must not stop what it reports about.
  [[maybe_unused]] auto const written = ::write(file_.get(), line.data(), line.size());
}

std::string to_line(LogRecord const& record, WallTime at) {
  auto const since = at.time_since_epoch();
  auto const seconds = std::chrono::floor<std::chrono::seconds>(since);
  auto const clock = static_cast<std::time_t>(seconds.count());
  std::tm utc{};
  ::gmtime_r(&clock, &utc);
  char date[32];
  auto const length = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  char millis[8];
  std::snprintf(millis, sizeof millis, ".%03dZ ",
                static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(since - seconds).count()));
  std::string line(date, length);
  line += millis;
  line += to_string(record.level);
  line.append(6 - to_string(record.level).size(), ' ');
  line.append(record.source).append(": ").append(record.message);
  if (record.peer) line += " [peer " + short_id(*record.peer) + "]";
  // What others sent may be quoted: it must not forge lines or move a terminal's cursor.
  for (auto& byte : line)
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) byte = ' ';
  return line + '\n';
}

}  // namespace pim::app
