// Key -> value in one piece of memory: open addressing, at most half full, so that a lookup touches one or
// two cache lines at ten entries and at a hundred thousand. It grows and never shrinks.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

namespace pim {

/// Places depend on it. Where others choose keys it has to be random and secret, or they would choose such as
/// share one place. What a table answers never depends on it.
struct HashKey {
  std::uint64_t first = 0x9e3779b97f4a7c15, second = 0xd6e8feb86659fd93;
};

namespace detail {

/// Both halves of the product in one word: each bit of it depends on all bits of both.
[[nodiscard]] inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Product = unsigned __int128;
  auto const product = Product{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <class Key>
[[nodiscard]] std::uint64_t hash_of(Key const& key, HashKey const& secret) {
  static_assert(std::has_unique_object_representations_v<Key>, "equal keys must be equal byte by byte");
  std::array<std::uint64_t, (sizeof(Key) + 15) / 16 * 2> words{};
  std::memcpy(words.data(), &key, sizeof key);
  auto hash = secret.second;
  for (std::size_t i = 0; i < words.size(); i += 2) hash = fold(words[i] ^ secret.first, words[i + 1] ^ hash);
  return hash;
}

}  // namespace detail

template <class Key, class Value>
class FlatTable {
 public:
  FlatTable() = default;
  explicit FlatTable(HashKey const& secret) : secret_(secret) {}

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

  /// The first value of a key stays; false for a later one.
  bool emplace(Key const& key, Value const& value) {
    if (find(key)) return false;
    set(key, value);
    return true;
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

  [[nodiscard]] std::size_t home_of(Key const& key) const {
    return detail::hash_of(key, secret_) & (entries_.size() - 1);
  }

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

  HashKey secret_;
  std::vector<Entry> entries_;  ///< a power of two
  std::size_t count_ = 0;
};

}  // namespace pim
