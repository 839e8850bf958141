// Sealed records end to end in one arena. Neighbours of one size (the last may be shorter) leave as one message that
// the kernel cuts (UDP_SEGMENT), many messages with one call.
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "cipher.hpp"

namespace pim::ceiling {

class Trains {
 public:
  /// `socket` is connected and stays the caller's.
  Trains(int socket, bool is_sealed);

  /// Where a packet of up to `size` bytes is to be written; earlier ones leave first when there is no room.
  [[nodiscard]] std::uint8_t* place(std::size_t size);
  /// Seals the `size` bytes that were written there.
  void add(std::size_t size);
  void flush();

 private:
  /// The kernel takes so many segments and bytes in one message.
  static constexpr std::size_t max_segments = 64, max_bytes = 65'507, arena_size = 1 << 20;
  struct Train {
    std::size_t offset = 0, length = 0, segment = 0, count = 0;
    bool is_open = false;
  };
  [[nodiscard]] bool joins(std::size_t length) const;
  [[nodiscard]] std::size_t send(std::size_t first);

  int socket_;
  Cipher cipher_;
  std::uint64_t counter_ = 0;
  Buffer arena_;
  std::size_t used_ = 0;
  std::vector<Train> trains_;
};

}  // namespace pim::ceiling
