// Cuts a stream of bytes into lines, with a bound: what grows past it is thrown away up to the next
// newline, so one endless line costs its sender a message and nobody any memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pim::protocol {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t longest) : longest_(longest) {}

  /// Calls `on_line(std::string_view)` for each complete line, without its newline, and `on_too_long()` once
  /// for each line that passes the bound. Neither may call feed().
  template <class OnLine, class OnTooLong>
  void feed(std::string_view bytes, OnLine on_line, OnTooLong on_too_long) {
    while (!bytes.empty()) {
      auto const end = bytes.find('\n');
      auto const part = bytes.substr(0, end);
      bool const complete = end != std::string_view::npos;
      bytes.remove_prefix(complete ? end + 1 : bytes.size());
      if (!skipping_ && begun_.size() + part.size() > longest_) {
        skipping_ = true;
        begun_ = {};
        on_too_long();
      }
      if (!skipping_ && complete && begun_.empty()) {
        on_line(part);
      } else if (!skipping_) {
        begun_ += part;
        if (complete) on_line(std::string_view(begun_));
      }
      if (complete) {
        begun_.clear();
        skipping_ = false;
      }
    }
  }

  /// True while a line has begun and not ended.
  [[nodiscard]] bool is_inside_line() const { return skipping_ || !begun_.empty(); }

 private:
  std::size_t longest_;
  std::string begun_;
  bool skipping_ = false;
};

}  // namespace pim::protocol
