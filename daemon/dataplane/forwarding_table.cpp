#include "dataplane/forwarding_table.hpp"

namespace pim::dataplane {

void ForwardingTable::give_up_addresses(PeerSlot slot) {
  if (slot.value >= peers.size()) return;
  auto const& place = peers[slot.value];
  auto const give_up = [&](IpAddress const& address) {
    if (auto const* const holder = by_address.find(address); holder && *holder == slot) by_address.erase(address);
  };
  give_up(place.v6);
  if (place.v4) give_up(*place.v4);
}

void ForwardingTable::set_policy(PeerSlot slot, PeerPolicy const& policy, bool is_reachable) {
  give_up_addresses(slot);
  if (slot.value >= peers.size()) peers.resize(slot.value + std::size_t{1});
  auto& place = peers[slot.value];
  place = policy;
  if (!is_reachable) return;
  by_address.emplace(place.v6, slot);
  if (place.v4) by_address.emplace(*place.v4, slot);
}

}  // namespace pim::dataplane
