// What went over the wires: a hash over every datagram, so that two runs of a seed can be compared, and the last
// flows, for a failure to show what led to it.
#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "sim/underlay.hpp"

namespace pim::sim {

struct Flow {
  Time at{};
  NodeNumber from = 0, to = 0;
  std::size_t size = 0;
  std::uint8_t kind = 0;
  Fate fate = Fate::sent;
  auto operator<=>(Flow const&) const = default;
};

class Trace {
 public:
  void note(Flow const& flow, Bytes datagram);
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  /// The last flows of each of `nodes`, however long ago they were; oldest first, a line each.
  [[nodiscard]] std::string last_flows_of(std::span<NodeNumber const> nodes) const;
  /// Of all nodes.
  [[nodiscard]] std::string last_flows() const;

 private:
  void mix(std::uint64_t value);

  std::uint64_t hash_ = 0xcbf29ce484222325u;
  std::deque<Flow> flows_;
  std::map<NodeNumber, std::deque<Flow>> by_node_;
};

}  // namespace pim::sim
