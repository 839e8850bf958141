#include "base/flat_table.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/ids.hpp"

using namespace pim;

namespace {

/// Under this key, ids that are 0 in their first half all have one place.
constexpr HashKey poor_key{0, 0};

NodeId id_of(std::uint64_t first, std::uint64_t second) {
  NodeId id;
  store_be(id.bytes.data(), first);
  store_be(id.bytes.data() + 8, second);
  return id;
}

}  // namespace

TEST_CASE("the flat table finds what an ordinary map finds, through growth and removal") {
  std::mt19937_64 random(6);
  for (auto const& key : {HashKey{}, poor_key}) {
    FlatTable<NodeId, std::uint32_t> table(key);
    std::map<NodeId, std::uint32_t> model;
    CHECK(table.find({}) == nullptr);
    table.erase({});
    // Half of them share one place under the poor key: long runs of occupied places.
    auto const some_id = [&] { return id_of(random() % 2, random() % 150); };
    for (std::uint32_t step = 0; step < 20000; ++step) {
      auto const id = some_id();
      switch (random() % 3) {
        case 0:
          table.erase(id);
          model.erase(id);
          break;
        case 1:
          table.set(id, step);
          model[id] = step;
          break;
        default: CHECK(table.emplace(id, step) == model.emplace(id, step).second);
      }
      auto const asked = some_id();
      auto const it = model.find(asked);
      auto const* const found = table.find(asked);
      REQUIRE((found == nullptr) == (it == model.end()));
      if (found != nullptr) REQUIRE(*found == it->second);
      REQUIRE(table.size() == model.size());
    }
    for (auto const& [id, value] : model) CHECK(*table.find(id) == value);
  }
}

TEST_CASE("addresses of the two families with the same bytes are two keys") {
  FlatTable<IpAddress, int> table;
  auto ip = IpAddress::from_v4(0x0a4d0001);
  table.set(ip, 4);
  ip.family = Family::v6;
  CHECK(table.find(ip) == nullptr);
}

TEST_CASE("keys that share one place under one secret are spread under another") {
  constexpr std::uint64_t count = 4000;
  auto const places = [&](HashKey const& key) {
    std::map<std::uint64_t, unsigned> used;
    for (std::uint64_t number = 1; number <= count; ++number)
      ++used[detail::hash_of(id_of(0, number), key) % (2 * count)];
    return used.size();
  };
  CHECK(places(poor_key) == 1);
  CHECK(places({0x0123456789abcdef, 0xfedcba9876543210}) > count / 2);
}
