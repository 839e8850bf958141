#include "mesh/route_table.hpp"

#include <algorithm>

namespace pim::mesh {
namespace {

constexpr std::size_t prefix_size = 6;  // bytes of a mesh v6 address before those of the id

/// The first bytes of an id.
std::array<std::uint8_t, 10> address_bits(Bytes id) {
  std::array<std::uint8_t, 10> bits;
  std::copy_n(id.begin(), bits.size(), bits.begin());
  return bits;
}

}  // namespace

RouteTable::RouteTable(NodeId const& self, HashKey const& hash_key) : by_id_(hash_key), by_address_(hash_key) {
  add(self);
}

std::vector<Index> RouteTable::in_order_of_ids() const {
  std::vector<Index> sorted;
  for (Index index = 0; index < end(); ++index)
    if (find(destinations_[index].id) == index) sorted.push_back(index);
  std::sort(sorted.begin(), sorted.end(), [&](Index a, Index b) { return destinations_[a].id < destinations_[b].id; });
  return sorted;
}

std::optional<Index> RouteTable::find(NodeId const& id) const {
  auto const* const index = by_id_.find(id);
  return index ? std::optional(*index) : std::nullopt;
}

std::optional<Index> RouteTable::find_v6(IpAddress const& address) const {
  PIM_ASSERT(!address.is_v4());
  auto const* const index = by_address_.find(address_bits(address.view().subspan(prefix_size)));
  return index ? std::optional(*index) : std::nullopt;
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
    held_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  destinations_[index].id = id;
  PIM_ASSERT(by_id_.emplace(id, index));
  return index;
}

void RouteTable::prove(Index index, PublicKey const& key) {
  auto& destination = destinations_[index];
  destination.key = key;
  by_address_.emplace(address_bits(destination.id.bytes), index);
}

void RouteTable::forget(Index index) {
  PIM_ASSERT(destinations_[index].candidates.empty() && destinations_[index].flights == 0);
  claim(index, 0);
  arm(index, never);
  auto const& id = destinations_[index].id;
  by_id_.erase(id);
  auto const bits = address_bits(id.bytes);
  if (auto const* const holder = by_address_.find(bits); holder && *holder == index) by_address_.erase(bits);
  destinations_[index] = Destination{};
  free_.push_back(index);
}

void RouteTable::claim(Index index, std::uint32_t alias) {
  auto& held = held_[index];
  if (held.alias == alias) return;
  if (held.alias != 0) claims_.erase(held);
  held = {alias, ++claim_count_, index};
  if (alias != 0) claims_.insert(held);
}

}  // namespace pim::mesh
