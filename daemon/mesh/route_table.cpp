#include "mesh/route_table.hpp"

#include <algorithm>

namespace pim::mesh {
namespace {

constexpr std::size_t prefix_size = 6;  // bytes of a mesh v6 address before those of the id

}  // namespace

RouteTable::RouteTable(NodeId const& self) { add(self); }

std::optional<Index> RouteTable::find(NodeId const& id) const {
  auto const found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Index> RouteTable::find_v6(IpAddress const& address) const {
  PIM_ASSERT(!address.is_v4());
  NodeId first;
  auto const known = address.view().subspan(prefix_size);
  std::copy(known.begin(), known.end(), first.bytes.begin());
  auto const found = by_id_.lower_bound(first);
  bool const matches = found != by_id_.end() && std::equal(known.begin(), known.end(), found->first.bytes.begin());
  return matches ? std::optional(found->second) : std::nullopt;
}

std::optional<Index> RouteTable::find_alias(IpAddress const& address) const {
  PIM_ASSERT(address.is_v4());
  auto const first = claims_.lower_bound(Claim{address.v4(), 0, 0});
  return first == claims_.end() || first->alias != address.v4() ? std::nullopt : std::optional(first->index);
}

Index RouteTable::add(NodeId const& id) {
  auto index = end();
  if (free_.empty()) {
    destinations_.emplace_back();
    marks_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  destinations_[index].id = id;
  PIM_ASSERT(by_id_.emplace(id, index).second);
  return index;
}

void RouteTable::forget(Index index) {
  PIM_ASSERT(destinations_[index].candidates.empty() && destinations_[index].flights == 0);
  claim(index, 0);
  arm(index, never);
  by_id_.erase(destinations_[index].id);
  destinations_[index] = Destination{};
  free_.push_back(index);
}

void RouteTable::claim(Index index, std::uint32_t alias) {
  auto& held = marks_[index].claim;
  if (held.alias == alias) return;
  if (held.alias != 0) claims_.erase(held);
  held = {alias, ++claim_count_, index};
  if (alias != 0) claims_.insert(held);
}

void RouteTable::arm(Index index, Time at) {
  auto& alarm = marks_[index].alarm;
  if (alarm == at) return;
  if (alarm != never) alarms_.erase({alarm, index});
  alarm = at;
  if (at != never) alarms_.emplace(at, index);
}

std::optional<Index> RouteTable::take_due(Time now) {
  if (next_alarm() > now) return std::nullopt;
  auto const index = alarms_.begin()->second;
  arm(index, never);
  return index;
}

}  // namespace pim::mesh
