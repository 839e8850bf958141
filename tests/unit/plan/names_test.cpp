#include "plan/names.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace pim::plan;

TEST_CASE("pim0 has the published numbers") {
  auto const names = make_names("pim0");
  CHECK(names.nft_table == "pim0");
  CHECK(names.mark == 0x70696d30);
  CHECK(names.route_table == 5200);
  CHECK(names.protocol == 112);
  CHECK(names.pref_gateway == 5199);
  CHECK(names.pref_mark == 5200);
  CHECK(names.pref_table == 5205);
  CHECK(names.pref_end == 5209);
}

TEST_CASE("numbered interfaces never share a number") {
  std::set<std::uint32_t> numbers;
  for (int i = 0; i < 64; ++i) {
    auto const names = make_names("pim" + std::to_string(i));
    for (auto const number : {names.pref_gateway, names.pref_mark, names.pref_table, names.pref_end})
      CHECK(numbers.insert(number).second);
    CHECK(numbers.insert(names.mark).second);
  }
}

TEST_CASE("other names keep clear of the numbered ones and of the main table's rule") {
  std::set<std::uint32_t> numbered;
  for (int i = 0; i < 64; ++i) numbered.insert(make_names("pim" + std::to_string(i)).route_table);
  for (auto const* name : {"mesh", "pim", "pim64", "pim007", "pim4294967296", "pim1x", "tcp", "a.b-c_d"}) {
    auto const names = make_names(name);
    CHECK_FALSE(numbered.contains(names.route_table));
    CHECK(names.pref_end < 32766);
    CHECK(names.nft_table.starts_with("pim_"));
  }
  CHECK(make_names("a.b-c").nft_table == "pim_a_b_c");
}

TEST_CASE("only names that text and paths can hold are plain") {
  for (auto const* name : {"pim0", "eth0.10", "wlp3s0", "br-1a2b", "0"}) CHECK(is_plain_interface_name(name));
  for (auto const* name : {"", "a\"b", "a b", "../x", ".hidden", "-x", "a{b", "a;b", "abcdefghijklmnop", "\xc3\xa9"})
    CHECK_FALSE(is_plain_interface_name(name));
}
