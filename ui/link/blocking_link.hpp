// A connection to the daemon for programs that wait: the command line and scripts.
#pragma once

#include <chrono>

#include "ui/link/conversation.hpp"
#include "ui/link/dial.hpp"

namespace pim::link {

class BlockingLink {
 public:
  /// Takes the socket over.
  explicit BlockingLink(Dialled dialled) : dialled_(std::move(dialled)) {}
  ~BlockingLink();
  BlockingLink(BlockingLink&& other) noexcept
      : dialled_(std::exchange(other.dialled_, {})), buffer_(std::move(other.buffer_)) {}
  BlockingLink& operator=(BlockingLink&&) = delete;

  /// False when the daemon is gone.
  [[nodiscard]] bool send(std::string_view bytes);
  /// The next line without its newline; nothing when the daemon is gone or `patience` (none: forever) is over.
  [[nodiscard]] std::optional<std::string> read_line(std::optional<std::chrono::milliseconds> patience);

 private:
  Dialled dialled_;
  std::string buffer_;
  std::size_t searched_ = 0;  ///< bytes of buffer_ known to hold no newline
};

}  // namespace pim::link
