// The log lines the window holds: up to 100,000, the oldest go first. A value that is cheap to copy,
// because copies share pages. One thread adds; any thread may read copies that were handed to it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"

namespace pim::ui {

struct LogLine {
  std::uint64_t number = 0;  ///< counts up from 0 for the life of the window
  WallTime at{};
  LogLevel level = LogLevel::info;
  std::string source;
  std::string peer;  ///< node_id or empty
  std::string message;
};

class LogBook {
 public:
  static constexpr std::size_t page_lines = 512;
  static constexpr std::size_t max_lines = 100'000;

  void add(LogLine line);
  /// Lines that are held.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Number of the oldest held line; numbers are dense up to end().
  [[nodiscard]] std::uint64_t begin() const { return end_ - size_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  /// `number` in [begin, end).
  [[nodiscard]] LogLine const& at(std::uint64_t number) const;

 private:
  // A line is written once, before any copy that counts it is handed out, so readers of older copies
  // never look at it. `used` belongs to the thread that adds: a copy that fell behind sees by it that
  // the next place is taken and continues on a page of its own.
  struct Page {
    std::size_t used = 0;
    std::array<LogLine, page_lines> lines;
  };
  std::vector<std::shared_ptr<Page>> pages_;
  std::uint64_t first_page_ = 0;  ///< number of the first line of pages_[0], in pages
  std::uint64_t end_ = 0;
  std::size_t size_ = 0;
};

struct LogFilter {
  LogLevel least = LogLevel::info;
  std::string source;  ///< empty: every source
  std::string needle;  ///< found in message, source or peer, without case
  bool operator==(LogFilter const&) const = default;

  [[nodiscard]] bool admits(LogLine const& line) const;
};

/// The numbers of the lines that pass a filter, kept up to date by looking at new lines only.
class LogIndex {
 public:
  /// Starts over when the filter changed.
  void update(LogBook const& book, LogFilter const& filter);
  [[nodiscard]] std::size_t size() const { return numbers_.size() - head_; }
  [[nodiscard]] std::uint64_t number(std::size_t row) const { return numbers_[head_ + row]; }

 private:
  LogFilter filter_;
  bool is_built_ = false;
  std::uint64_t seen_ = 0;
  std::size_t head_ = 0;  ///< numbers before it have left the book
  std::vector<std::uint64_t> numbers_;
};

}  // namespace pim::ui
