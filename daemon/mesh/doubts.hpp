// Ways whose links work and on which a node was not reached: a node, by a neighbour. Other ways are preferred for
// a while, each time for longer, since nothing but another try tells whether the fault is gone. Without a doubt
// for an hour, the next one is as short as the first.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace pim::mesh {

class Doubts {
 public:
  void raise(NodeId const& destination, PeerSlot neighbour, Time now) {
    auto& doubt = by_way_[{destination, neighbour}];
    if (doubt.holds) return;
    bool const is_forgiven = now > doubt.until + forgiven_after;
    doubt.lasts = is_forgiven ? shortest : std::min(std::max(shortest, doubt.lasts * 2), longest);
    doubt.until = now + doubt.lasts;
    doubt.holds = true;
  }

  [[nodiscard]] bool holds(NodeId const& destination, PeerSlot neighbour) const {
    if (by_way_.empty()) return false;
    auto const found = by_way_.find({destination, neighbour});
    return found != by_way_.end() && found->second.holds;
  }

  /// When the first about this node ends; `never` if there is none.
  [[nodiscard]] Time next_end(NodeId const& destination) const {
    auto earliest = never;
    if (by_way_.empty()) return earliest;
    for (auto at = by_way_.lower_bound({destination, {}}); at != by_way_.end() && at->first.first == destination; ++at)
      if (at->second.holds) earliest = std::min(earliest, at->second.until);
    return earliest;
  }

  /// True when one about this node ended.
  bool end_due(NodeId const& destination, Time now) {
    if (by_way_.empty()) return false;
    bool has_ended = false;
    for (auto at = by_way_.lower_bound({destination, {}}); at != by_way_.end() && at->first.first == destination;
         ++at) {
      if (!at->second.holds || at->second.until > now) continue;
      at->second.holds = false;
      has_ended = true;
    }
    return has_ended;
  }

  void forget(NodeId const& destination) {
    std::erase_if(by_way_, [&](auto const& one) { return one.first.first == destination; });
  }
  void forget(PeerSlot neighbour) {
    std::erase_if(by_way_, [&](auto const& one) { return one.first.second == neighbour; });
  }

 private:
  static constexpr Duration shortest = std::chrono::minutes{1};
  static constexpr Duration longest = std::chrono::hours{1};
  static constexpr Duration forgiven_after = std::chrono::hours{1};

  struct Doubt {
    Time until{};  ///< or when it ended
    Duration lasts{};
    bool holds = false;
  };

  std::map<std::pair<NodeId, PeerSlot>, Doubt> by_way_;
};

}  // namespace pim::mesh
