// Key -> value in one piece of memory: open addressing, at most half full, so that a lookup touches one or
// two cache lines at ten entries and at a hundred thousand. It grows and never shrinks.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace pim::dataplane {

/// std::hash of a Key has to be spread over its low bits.
template <class Key, class Value>
class FlatTable {
 public:
  /// Room for `count` entries without growing.
  void reserve(std::size_t count) {
    std::size_t places = entries_.size();
    while (places < 2 * count) places = places == 0 ? 16 : places * 2;
    if (places != entries_.size()) rebuild(places);
  }

  /// Null when the key is not there. Valid until the next change.
  [[nodiscard]] Value const* find(Key const& key) const {
    if (entries_.empty()) return nullptr;
    auto const& entry = entries_[place_of(key)];
    return entry.is_used ? &entry.value : nullptr;
  }

  void set(Key const& key, Value const& value) {
    reserve(count_ + 1);
    auto& entry = entries_[place_of(key)];
    if (!entry.is_used) ++count_;
    entry = {key, value, true};
  }

  /// A key that is not there is ignored.
  void erase(Key const& key) {
    if (entries_.empty()) return;
    auto hole = place_of(key);
    if (!entries_[hole].is_used) return;
    entries_[hole].is_used = false;
    --count_;
    // Whatever was pushed past the hole moves back into it, so that no search ends there too early.
    auto const mask = entries_.size() - 1;
    for (auto at = (hole + 1) & mask; entries_[at].is_used; at = (at + 1) & mask) {
      auto const distance = (at - home_of(entries_[at].key)) & mask;
      if (distance < ((at - hole) & mask)) continue;
      std::swap(entries_[hole], entries_[at]);
      hole = at;
    }
  }

  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Entry {
    Key key{};
    Value value{};
    bool is_used = false;
  };

  [[nodiscard]] std::size_t home_of(Key const& key) const { return std::hash<Key>{}(key) & (entries_.size() - 1); }

  /// Where this key is, or else the free place where it would go.
  [[nodiscard]] std::size_t place_of(Key const& key) const {
    auto const mask = entries_.size() - 1;
    auto at = home_of(key);
    while (entries_[at].is_used && entries_[at].key != key) at = (at + 1) & mask;
    return at;
  }

  void rebuild(std::size_t places) {
    auto const old = std::exchange(entries_, std::vector<Entry>(places));
    for (auto const& entry : old)
      if (entry.is_used) entries_[place_of(entry.key)] = entry;
  }

  std::vector<Entry> entries_;  ///< a power of two
  std::size_t count_ = 0;
};

}  // namespace pim::dataplane
