#include "discovery/neighbours.hpp"

#include <tuple>

namespace pim::discovery {

Neighbour* Neighbours::find(NodeId const& id, std::uint32_t interface) {
  auto const at = by_place_.find({id, interface});
  return at == by_place_.end() ? nullptr : &at->second;
}

Neighbour& Neighbours::add(Neighbour const& newcomer, IpAddress const& source, std::vector<std::uint32_t>& gone) {
  make_room(capacity_of_source, [&](Neighbour const& one) { return one.is_at(source); }, gone);
  make_room(capacity_of_interface, [&](Neighbour const& one) { return one.interface == newcomer.interface; }, gone);
  make_room(capacity, [](Neighbour const&) { return true; }, gone);
  auto& place = by_place_[{newcomer.id, newcomer.interface}];
  place = newcomer;
  place.number = ++last_number_;
  return place;
}

template <class Predicate>
void Neighbours::make_room(std::size_t limit, Predicate counts, std::vector<std::uint32_t>& gone) {
  auto const rank = [](Neighbour const& one) { return std::tuple(one.is_known, one.last_seen, one.number); };
  std::size_t count = 0;
  auto leaving = by_place_.end();
  for (auto at = by_place_.begin(); at != by_place_.end(); ++at) {
    if (!counts(at->second)) continue;
    ++count;
    if (leaving == by_place_.end() || rank(at->second) < rank(leaving->second)) leaving = at;
  }
  if (count < limit) return;
  gone.push_back(leaving->second.number);
  by_place_.erase(leaving);
}

}  // namespace pim::discovery
