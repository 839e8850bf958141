// Who has this node forward, how much of it passed, and what each may use of a busy batch. A talker is a
// neighbour together with the source that its frames claim.
//
// In a batch each frame is first wanted; then the budget is divided; then each frame takes from its
// talker's share or is dropped. Shares are of all batches until end_sharing. The division is max-min fair: all
// have the same limit, the largest with which all that was wanted so far stays within the budget. So
//   - while the wishes of all fit, nobody is limited: one who talks alone may use all of the budget;
//   - of n talkers, one who wants no more than an n-th of the budget gets all of it, whatever others want.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/flat_table.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace pim::dataplane {

struct TalkerId {
  NodeId neighbour;  ///< who handed the frames to us
  NodeId source;     ///< as they claim: 12 bytes, the rest zero
  auto operator<=>(TalkerId const&) const = default;
};

struct Talker {
  TalkerId id{};
  Time last_active{};
  std::uint64_t packets = 0, bytes = 0;  ///< forwarded; UDP payload as it was sent
  std::uint64_t dropped = 0;
};

class Talkers {
 public:
  static constexpr std::size_t capacity = 256;
  /// Wants its part of a budget as others do, but takes what it needs: what this node sends of its own.
  static constexpr std::size_t own_row = capacity + 1;

  explicit Talkers(HashKey hash_key = {});

  /// The row of a talker that has a frame now. A new one takes the row of the one that was silent longest,
  /// whose sums go to row 0, the others. Rows of this instant stay: when all are, row 0 is the answer.
  [[nodiscard]] std::size_t row_of(TalkerId const& id, Time now);

  void want(std::size_t row, std::size_t bytes);
  /// With a share of `least` at least, also where the budget is too small for that.
  void divide(std::size_t budget, std::size_t least = 0);
  /// False, and counted as dropped, when it would exceed the talker's share.
  [[nodiscard]] bool take(std::size_t row, std::size_t bytes);
  void end_sharing();

  void count_sent(std::size_t row, std::size_t bytes);
  void count_dropped(std::size_t row) { ++rows_[row].dropped; }

  /// The first row is the sum of all that have no row of their own.
  [[nodiscard]] std::span<Talker const> rows() const { return rows_; }

 private:
  struct Share {
    std::size_t wanted = 0, used = 0;
  };

  [[nodiscard]] std::size_t row_for_newcomer(Time now);
  void fold(Talker const& leaving);

  std::vector<Talker> rows_;
  FlatTable<TalkerId, std::size_t> row_by_id_;
  // -- until end_sharing
  std::array<Share, capacity + 2> shares_{};
  std::vector<std::size_t> wanting_;  ///< rows that want something
  std::size_t limit_ = 0;             ///< of each
};

}  // namespace pim::dataplane
