#include "mesh/addresses.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace pim;

namespace {
NodeId scattered_id(std::uint32_t number) {
  NodeId id;
  store_be(id.bytes.data(), number * 2654435761u);
  store_be(id.bytes.data() + 12, number);
  return id;
}
}  // namespace

TEST_CASE("two networks have different prefixes inside fd00::/8, and a name always the same one") {
  auto const a = mesh::v6_prefix("pim"), b = mesh::v6_prefix("home");
  CHECK(a.length == 48);
  CHECK(a.ip.bytes[0] == 0xfd);
  CHECK(a != b);
  CHECK(a == mesh::v6_prefix("pim"));
  CHECK(make_prefix(a.ip, 48) == a);
  // printf 'pim network v1pim' | sha256sum
  CHECK(to_string(a) == "fda4:9832:df27::/48");
}

TEST_CASE("a node's v6 address is the network's prefix and the first 80 bits of its id") {
  auto const id = parse_node_id("00112233445566778899aabbccddeeff").value();
  auto const prefix = parse_prefix("fd01:203:405::/48").value();
  CHECK(to_string(mesh::v6_address(prefix, id)) == "fd01:203:405:11:2233:4455:6677:8899");
  CHECK(prefix.contains(mesh::v6_address(prefix, id)));
}

TEST_CASE("an alias is usable at every attempt and another at the next") {
  for (std::uint32_t number = 0; number < 2000; ++number) {
    auto const id = scattered_id(number);
    for (std::uint32_t attempt = 0; attempt < 10; ++attempt) {
      REQUIRE(mesh::is_usable_alias(mesh::v4_alias(id, attempt)));
      CHECK(mesh::v4_alias(id, attempt) == mesh::v4_alias(id, attempt));
    }
  }
  CHECK(mesh::v4_alias(scattered_id(1), 0) != mesh::v4_alias(scattered_id(1), 1));
  CHECK(mesh::v4_alias(scattered_id(1)) != mesh::v4_alias(scattered_id(2)));
}

TEST_CASE("aliases reach all over the prefix, the edges included") {
  std::set<IpAddress> seen;
  for (std::uint32_t attempt = 0; attempt < 1'000'000; ++attempt) seen.insert(mesh::v4_alias(scattered_id(7), attempt));
  CHECK(seen.size() == 256 * 254 - 1);
  CHECK(to_string(*seen.begin()) == "10.77.0.1");
  CHECK(to_string(*seen.rbegin()) == "10.77.255.254");
  CHECK_FALSE(seen.contains(mesh::service_v4()));
}

TEST_CASE("network, broadcast, service and foreign addresses are no aliases") {
  for (auto const* text :
       {"10.77.0.0", "10.77.255.255", "10.77.255.53", "10.77.9.0", "10.77.9.255", "10.78.0.1", "fd00::1"})
    CHECK_FALSE(mesh::is_usable_alias(parse_ip(text).value()));
  for (auto const* text : {"10.77.0.1", "10.77.255.52", "10.77.255.54", "10.77.255.254"})
    CHECK(mesh::is_usable_alias(parse_ip(text).value()));
}

TEST_CASE("the service addresses are constant per network") {
  CHECK(to_string(mesh::service_v4()) == "10.77.255.53");
  CHECK(to_string(mesh::service_v6(parse_prefix("fd01:203:405::/48").value())) == "fd01:203:405::53");
}
