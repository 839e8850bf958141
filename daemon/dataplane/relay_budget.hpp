// How many bytes may be relayed while the way out is narrower than what is to leave by it. The edge says after every
// turn what it handed to the sockets and what found their buffers full. From the first loss on, time passes in spans.
//
//   free ---- a loss ---> watching ---- a loss in the span too ---> limited: a little less than what the span let out
//    ^                        |                                         |
//    '---- a span without ----'<---- grown beyond `most` ---------------'
//
// Limited, a span without a loss raises the limit, and one with a loss sets it anew. Free, it costs a comparison a
// turn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

#include "base/time.hpp"
#include "dataplane/io.hpp"

namespace pim::dataplane {

class RelayBudget {
 public:
  /// A turn is often too short to hold a datagram of everybody. Much longer, and what a talker sends at once would
  /// overrun a small send buffer.
  static constexpr Duration span = std::chrono::milliseconds{20};
  static constexpr std::size_t datagram = 1500;
  /// Of a span: some datagrams, from which it can grow.
  static constexpr std::size_t least = 4 * datagram;
  /// Of a span: 1.7 Gbit/s. Beyond it a single turn may bring more than a span's worth, and nothing is limited.
  static constexpr std::size_t most = std::size_t{4} << 20;

  /// True when a span ended since it was last asked: what was used of the budget is to be forgotten.
  bool pass(Time now) {
    if (!is_watching_ || now < ends_) return false;
    for (; is_watching_ && ends_ <= now; ends_ += span) end_span();
    return true;
  }

  void on_sent(SentBytes const& sent, Time now) {
    if (!is_watching_) {
      if (sent.lost == 0) return;
      // What left before only filled the buffer, and says nothing about the way behind it.
      is_watching_ = true;
      ends_ = now + span;
      return;
    }
    left_ += sent.own + sent.relayed - sent.lost;
    is_losing_ = is_losing_ || sent.lost > 0;
  }

  [[nodiscard]] bool is_limited() const { return bytes_ != unlimited; }
  /// Since the span began, what this node sends of its own included; the largest number when nothing is limited. It
  /// grows in quarters: all at once would overrun a buffer that is nearly full, and evenly would cut trains short.
  [[nodiscard]] std::size_t bytes(Time now) const {
    if (!is_limited() || now >= ends_) return bytes_;
    return bytes_ / 4 * static_cast<std::size_t>(4 - (ends_ - now - Duration{1}) / (span / 4));
  }

 private:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  void end_span() {
    // An eighth less lets the buffer drain, so that the loss of one span is not the loss of the next as well. Growing
    // by a quarter would fill it again in two spans, and everybody loses in a span with a loss.
    if (is_losing_)
      bytes_ = std::max(left_ - left_ / 8, least);
    else if (is_limited())
      bytes_ += bytes_ / 16;
    if (bytes_ > most) bytes_ = unlimited;
    is_watching_ = is_losing_ || is_limited();
    is_losing_ = false;
    left_ = 0;
  }

  std::size_t bytes_ = unlimited;
  Time ends_{};  ///< the span, while watching
  std::size_t left_ = 0;
  bool is_watching_ = false, is_losing_ = false;
};

}  // namespace pim::dataplane
