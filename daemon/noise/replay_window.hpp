// Which counters of a session were received already: a ring of 64-bit words as in RFC 6479, where
// sliding forward clears whole words and never shifts. 8,192 bits remember at least 8,128 counters
// behind the highest, enough for trains that several paths and queues reorder. It has a small ring until a
// counter passes its end: idle sessions end before that, and a node may hold thousands of them.
//
// Use: would_accept before opening is a cheap filter; mark only what verified, or a forger could
// push the window past genuine datagrams.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace pim::noise {

class ReplayWindow {
 public:
  static constexpr std::uint64_t bits = 8192;
  /// One word is always being refilled, so this many counters up to the highest are told apart.
  static constexpr std::uint64_t reach = bits - 64;

  /// True for a counter neither marked nor too old. The last counter of all is reserved by Noise
  /// (section 5.1) and never accepted.
  [[nodiscard]] bool would_accept(std::uint64_t counter) const {
    if (counter >= next_) return counter != UINT64_MAX;
    if (next_ - counter > reach) return false;
    return (ring_[word_of(counter)] & bit_of(counter)) == 0;
  }

  /// Remembers a counter for which would_accept is true.
  void mark(std::uint64_t counter) {
    if (counter >= next_) slide_to(counter);
    ring_[word_of(counter)] |= bit_of(counter);
  }

  /// One more than the highest counter marked; 0 before the first.
  [[nodiscard]] std::uint64_t next() const { return next_; }

 private:
  static constexpr std::uint64_t words = bits / 64, few_words = 4;

  [[nodiscard]] std::size_t word_of(std::uint64_t counter) const { return counter / 64 & (ring_.size() - 1); }
  static std::uint64_t bit_of(std::uint64_t counter) { return std::uint64_t{1} << (counter % 64); }

  void slide_to(std::uint64_t counter) {
    // Words that the window enters hold bits of counters a whole ring earlier.
    auto const from = next_ == 0 ? 0 : (next_ - 1) / 64;
    auto const to = counter / 64;
    // No counter went round the small ring, so everything keeps its place.
    if (to >= ring_.size()) ring_.resize(words);
    if (to - from >= words)
      std::fill(ring_.begin(), ring_.end(), 0);
    else
      for (auto word = from + 1; word <= to; ++word) ring_[word & (ring_.size() - 1)] = 0;
    next_ = counter + 1;
  }

  std::vector<std::uint64_t> ring_ = std::vector<std::uint64_t>(few_words);  ///< a power of two
  std::uint64_t next_ = 0;
};

}  // namespace pim::noise
