// Mesh address -> peer: an open addressing table in one piece of memory, built once with each forwarding
// table. A lookup touches one or two cache lines at ten peers and at a hundred thousand.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"

namespace pim::dataplane {

class AddressTable {
 public:
  /// Room for `count` addresses without growing.
  void reserve(std::size_t count) {
    std::size_t places = entries_.size();
    while (places < 2 * count) places = places == 0 ? 16 : places * 2;
    if (places != entries_.size()) rebuild(places);
  }

  /// The first holder of an address keeps it; false for a later one.
  bool emplace(IpAddress const& ip, PeerSlot peer) {
    reserve(count_ + 1);
    auto& entry = entries_[place_of(ip)];
    if (entry.is_used) return false;
    entry = {ip, true, peer};
    ++count_;
    return true;
  }

  /// The peer that holds this address; null when nobody does.
  [[nodiscard]] PeerSlot const* find(IpAddress const& ip) const {
    if (entries_.empty()) return nullptr;
    auto const& entry = entries_[place_of(ip)];
    return entry.is_used ? &entry.peer : nullptr;
  }

  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Entry {
    IpAddress ip;
    bool is_used = false;
    PeerSlot peer;
  };

  /// Where this address is, or else the free place where it would go.
  [[nodiscard]] std::size_t place_of(IpAddress const& ip) const {
    auto const mask = entries_.size() - 1;
    auto at = std::hash<IpAddress>{}(ip)&mask;
    while (entries_[at].is_used && entries_[at].ip != ip) at = (at + 1) & mask;
    return at;
  }

  void rebuild(std::size_t places) {
    auto const old = std::exchange(entries_, std::vector<Entry>(places));
    for (auto const& entry : old)
      if (entry.is_used) entries_[place_of(entry.ip)] = entry;
  }

  std::vector<Entry> entries_;  ///< a power of two, at most half used
  std::size_t count_ = 0;
};

}  // namespace pim::dataplane
