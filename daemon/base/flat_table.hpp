// Key -> value by open addressing, at most seven eighths full, with a byte beside each place: whether it is used, and
// seven bits of its key's hash. A search compares eight of these bytes at once, so that it reads one entry, rarely
// more, and branches the same way for all keys that are there (docs/adr/0016). It grows and never shrinks.
#pragma once

#include <array>
#include <bit>
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
    while (7 * places < 8 * count) places = places == 0 ? 2 * window : places * 2;
    if (places != entries_.size()) rebuild(places);
  }

  /// Null when the key is not there. Valid until the next change.
  [[nodiscard]] Value const* find(Key const& key) const {
    if (entries_.empty()) return nullptr;
    auto const place = place_of(key);
    return place != nowhere ? &entries_[place].value : nullptr;
  }

  void set(Key const& key, Value const& value) {
    reserve(count_ + 1);
    auto const place = place_of(key);
    if (place != nowhere) {
      entries_[place].value = value;
      return;
    }
    insert({key, value});
    ++count_;
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
    if (hole == nowhere) return;
    --count_;
    // Whatever was pushed past the hole moves back into it, so that no search ends there too early.
    auto const mask = entries_.size() - 1;
    for (auto at = (hole + 1) & mask; tags_[at] != unused; at = (at + 1) & mask) {
      auto const distance = (at - detail::hash_of(entries_[at].key, secret_)) & mask;
      if (distance < ((at - hole) & mask)) continue;
      entries_[hole] = entries_[at];
      set_tag(hole, tags_[at]);
      hole = at;
    }
    entries_[hole] = {};
    set_tag(hole, unused);
  }

  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Entry {
    Key key{};
    Value value{};
  };
  static constexpr std::size_t nowhere = SIZE_MAX;
  static constexpr std::size_t window = 8;  ///< places that a search looks at together
  static constexpr std::uint8_t unused = 0;
  static constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x80 * ones;

  /// The highest bits: the lowest chose the place.
  [[nodiscard]] static std::uint8_t tag_of(std::uint64_t hash) { return static_cast<std::uint8_t>(hash >> 56 | 0x80); }

  /// The tags of a place and of those behind it, the first one lowest.
  [[nodiscard]] static std::uint64_t load_window(std::uint8_t const* tags) {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t word = 0;
    std::memcpy(&word, tags, window);
    return word;
  }

  [[nodiscard]] std::size_t place_of(Key const& key) const {
    auto const hash = detail::hash_of(key, secret_);
    auto const mask = entries_.size() - 1;
    auto const* const entries = entries_.data();
    auto const wanted = tag_of(hash) * ones;
    __builtin_prefetch(entries + (hash & mask));  // mostly right, and then not waited for after the tags
    for (auto at = hash & mask;; at = (at + window) & mask) {
      auto const tags = load_window(tags_.data() + at);
      auto const difference = tags ^ wanted;
      // Bytes that are 0 leave their top bit. So, rarely, does a 1 above a 0: another used place, whose key differs.
      for (auto equal = (difference - ones) & ~difference & tops; equal != 0; equal &= equal - 1) {
        auto const place = (at + static_cast<std::size_t>(std::countr_zero(equal)) / 8) & mask;
        if (entries[place].key == key) return place;
      }
      if ((~tags & tops) != 0) return nowhere;
    }
  }

  /// Of a key that is not there, where there is room.
  void insert(Entry const& entry) {
    auto const hash = detail::hash_of(entry.key, secret_);
    auto const mask = entries_.size() - 1;
    auto at = hash & mask;
    while (tags_[at] != unused) at = (at + 1) & mask;
    entries_[at] = entry;
    set_tag(at, tag_of(hash));
  }

  void set_tag(std::size_t place, std::uint8_t tag) {
    tags_[place] = tag;
    if (place < window) tags_[entries_.size() + place] = tag;
  }

  void rebuild(std::size_t places) {
    auto const old = std::exchange(entries_, std::vector<Entry>(places));
    auto const old_tags = std::exchange(tags_, std::vector<std::uint8_t>(places + window));
    for (std::size_t i = 0; i < old.size(); ++i)
      if (old_tags[i] != unused) insert(old[i]);
  }

  HashKey secret_;
  std::vector<Entry> entries_;      ///< a power of two
  std::vector<std::uint8_t> tags_;  ///< of each place; the first ones once more behind the last
  std::size_t count_ = 0;
};

}  // namespace pim
