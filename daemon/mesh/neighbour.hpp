// What Routing keeps for one neighbour: what it announces, what it was told, and the updates that it has not
// acknowledged yet.
#pragma once

#include <vector>

#include "mesh/route_table.hpp"

namespace pim::mesh {

/// What a neighbour was told of one node.
struct Told {
  std::uint32_t batch = 0;  ///< the last update that the node stood in
  bool finite : 1 = false;  ///< it may believe that we have a route
  bool record : 1 = false;  ///< it holds the node's present record
  bool due : 1 = false;     ///< it has to be told again
  bool asked : 1 = false;   ///< it waits for a newer sequence number
  bool in_urgent : 1 = false;
  bool in_calm : 1 = false;
};

struct Sent {
  Index index = 0;
  bool finite = false;
  std::uint8_t record_version = 0;  ///< 0: without the record
};

/// An update that is not acknowledged yet.
struct Flight {
  std::uint32_t batch = 0;
  Time deadline{};
  std::vector<Sent> entries;
};

/// First in, first out; keeps its memory.
class IndexQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == items_.size(); }
  [[nodiscard]] Index front() const { return items_[head_]; }
  void push(Index index) { items_.push_back(index); }
  void pop() {
    if (++head_ * 2 < items_.size()) return;
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }

 private:
  std::vector<Index> items_;
  std::size_t head_ = 0;
};

/// So many updates are on their way to one neighbour at most.
inline constexpr std::size_t window = 8;

struct Neighbour {
  PeerSlot slot;
  NodeId id;
  Metric cost = infinite;
  Duration round_trip{};

  /// The batch after which this neighbour's table began; everything it was sent before is void.
  std::uint32_t table = 0;
  /// Its own table of us, once heard.
  std::optional<std::uint32_t> their_table;
  Time next_table_at{};  ///< not before, a later one counts
  std::uint32_t last_batch = 0;
  /// Something of its present table was refused for want of room or of a record.
  bool has_missed = false;

  std::vector<Index> heard;  ///< the nodes of which we hold a candidate of it
  std::vector<Told> told;    ///< by index, up to the last node that it was to be told of
  std::vector<Flight> flights;
  unsigned timeouts = 0;  ///< in a row
  /// First routes, retractions and sequence numbers that were asked for go at once; the rest waits.
  IndexQueue urgent, calm;
  Time calm_at{};
  Duration calm_pace{};
  bool is_active = false;  ///< Routing looks at it: it is owed something, or has not acknowledged something

  [[nodiscard]] bool has_window() const { return flights.size() < window; }
  [[nodiscard]] bool is_at_rest() const { return flights.empty() && urgent.empty() && calm.empty(); }
  /// Null where it was never to be told of that node.
  [[nodiscard]] Told* told_if_any(Index index) { return index < told.size() ? &told[index] : nullptr; }
  [[nodiscard]] Told& told_of(Index index) {
    if (index >= told.size()) told.resize(index + std::size_t{1});
    return told[index];
  }
};

}  // namespace pim::mesh
