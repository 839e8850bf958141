#include <boost/mp11/algorithm.hpp>
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "protocol/contract.hpp"

using namespace pim::protocol;
namespace mp11 = boost::mp11;

TEST_CASE("an_enum_is_read_by_its_whole_name") {
  CHECK(parse_enum<PeerState>("active") == PeerState::active);
  CHECK_FALSE(parse_enum<PeerState>("act"));
  CHECK_FALSE(parse_enum<PeerState>(std::string_view{"active\0x", 8}));
  CHECK(to_string(TrustLevel::first_use) == "first_use");
}

TEST_CASE("a_nullable_compares_with_values_and_with_null") {
  Nullable<std::string> label;
  CHECK(label == std::nullopt);
  label = "kitchen";
  CHECK(label == "kitchen");
  label = std::optional<std::string>{};
  CHECK_FALSE(label.has_value());
}

TEST_CASE("no_two_methods_share_a_name_and_no_two_errors_share_a_code") {
  std::set<std::string_view> names;
  std::set<std::int32_t> codes;
  mp11::mp_for_each<Methods>([&](auto method) { CHECK(names.insert(decltype(method)::name).second); });
  for (auto const& error : errors::all) CHECK(codes.insert(error.code).second);
}
