#include "net/relayed.hpp"

#include <algorithm>

namespace pim::net {

Relayed sum_up(std::span<dataplane::Talker const> talkers) {
  Relayed sums;
  for (auto const& talker : talkers) {
    sums.packets += talker.packets;
    sums.bytes += talker.bytes;
    sums.dropped += talker.dropped;
    auto const place = std::ranges::find_if(sums.most, [&](auto const& other) { return other.bytes < talker.bytes; });
    // The row of those that have none of their own names nobody.
    if (place == sums.most.end() || talker.id.neighbour == NodeId{}) continue;
    std::move_backward(place, sums.most.end() - 1, sums.most.end());
    *place = {talker.id.neighbour, talker.id.source, talker.packets, talker.bytes, talker.dropped};
  }
  return sums;
}

}  // namespace pim::net
