// Bytes that one turn lays end to end: reserved once, never grown, and never cleared to zero, which would
// cost a pass over memory for every packet.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.hpp"

namespace pim::dataplane {

class Arena {
 public:
  explicit Arena(std::size_t capacity)
      : bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity)), capacity_(capacity) {}

  [[nodiscard]] std::uint8_t* data() { return bytes_.get(); }
  [[nodiscard]] std::uint8_t const* data() const { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t left() const { return capacity_ - size_; }

  /// The place behind everything taken so far, `size` bytes of it; null when that much is not left.
  [[nodiscard]] std::uint8_t* room(std::size_t size) { return size <= capacity_ - size_ ? data() + size_ : nullptr; }
  /// Keeps the first `size` bytes of the last room().
  void take(std::size_t size) {
    PIM_ASSERT(size <= capacity_ - size_);
    size_ += size;
  }
  void clear() { size_ = 0; }

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t capacity_, size_ = 0;
};

}  // namespace pim::dataplane
