// Cuts a stream of bytes into lines, with a bound: what grows past it is thrown away up to the next
// newline, so one endless line costs its sender a message and nobody any memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pim::protocol {

class LineSplitter {
 public:
  struct Piece {
    enum class Kind : std::uint8_t { line, too_long } kind = Kind::line;
    std::string_view text;  ///< without its newline; valid until the next call
  };

  explicit LineSplitter(std::size_t longest) : longest_(longest) {}

  /// Takes bytes off the front of `bytes` until a line is complete or passes the bound (said once for each),
  /// or until nothing is left.
  [[nodiscard]] std::optional<Piece> next(std::string_view& bytes) {
    if (is_given_) begun_.clear(), is_given_ = false;
    while (!bytes.empty()) {
      auto const end = bytes.find('\n');
      auto const part = bytes.substr(0, end);
      bool const is_complete = end != std::string_view::npos;
      bytes.remove_prefix(is_complete ? end + 1 : bytes.size());
      if (is_skipping_) {
        is_skipping_ = !is_complete;
      } else if (begun_.size() + part.size() > longest_) {
        begun_ = {};
        is_skipping_ = !is_complete;
        return Piece{Piece::Kind::too_long, {}};
      } else if (is_complete && begun_.empty()) {
        return Piece{Piece::Kind::line, part};
      } else {
        begun_ += part;
        is_given_ = is_complete;
        if (is_complete) return Piece{Piece::Kind::line, begun_};
      }
    }
    return std::nullopt;
  }

  /// True while a line has begun and not ended.
  [[nodiscard]] bool is_inside_line() const { return is_skipping_ || (!begun_.empty() && !is_given_); }

 private:
  std::size_t longest_;
  std::string begun_;
  bool is_given_ = false;  ///< begun_ was handed out whole and goes at the next call
  bool is_skipping_ = false;
};

}  // namespace pim::protocol
