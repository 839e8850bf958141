#include "base/address.hpp"

#include <doctest/doctest.h>

using namespace pim;

TEST_CASE("endpoints read back as they are written") {
  for (auto const* text : {"192.0.2.1:9100", "[2001:db8::1]:1", "[fe80::1%3]:65535"}) {
    auto const endpoint = parse_endpoint(text);
    REQUIRE(endpoint);
    CHECK(to_string(*endpoint) == text);
  }
  for (auto const* text : {"192.0.2.1", "2001:db8::1:9100", "[192.0.2.1]:1", "192.0.2.1:65536", "192.0.2.1:", ":1", ""})
    CHECK_FALSE(parse_endpoint(text));
}

TEST_CASE("a prefix has no host bits and contains its own range only") {
  auto const prefix = parse_prefix("10.77.0.0/16");
  REQUIRE(prefix);
  CHECK(prefix->contains(*parse_ip("10.77.255.53")));
  CHECK_FALSE(prefix->contains(*parse_ip("10.78.0.0")));
  CHECK_FALSE(prefix->contains(*parse_ip("fd77::1")));
  CHECK_FALSE(parse_prefix("10.77.0.1/16"));
  CHECK_FALSE(parse_prefix("10.77.0.0/33"));
  CHECK(parse_prefix("0.0.0.0/1")->contains(*parse_ip("127.255.255.255")));
  CHECK_FALSE(parse_prefix("0.0.0.0/1")->contains(*parse_ip("128.0.0.0")));
  CHECK(parse_prefix("::/0")->contains(*parse_ip("2001:db8::1")));
}

TEST_CASE("the ranges that are never the internet are private") {
  for (auto const* text :
       {"10.0.0.1", "172.31.255.255", "192.168.1.1", "100.127.0.1", "169.254.9.9", "fd00::1", "fe80::1"})
    CHECK(is_private(*parse_ip(text)));
  for (auto const* text : {"11.0.0.1", "172.32.0.0", "198.51.100.1", "100.128.0.1", "2001:db8::1", "fec0::1"})
    CHECK_FALSE(is_private(*parse_ip(text)));
  CHECK(is_multicast(*parse_ip("255.255.255.255")));
  CHECK(is_multicast(*parse_ip("ff02::1")));
  CHECK(is_loopback(*parse_ip("::1")));
  CHECK_FALSE(is_loopback(*parse_ip("::2")));
}

TEST_CASE("hosts and ports parse as people type them") {
  CHECK(parse_host_port("gateway.example", 9100) == HostPort{"gateway.example", 9100});
  CHECK(parse_host_port("192.0.2.1:7", 9100) == HostPort{"192.0.2.1", 7});
  CHECK(parse_host_port("2001:db8::1", 9100) == HostPort{"2001:db8::1", 9100});
  CHECK(parse_host_port("[2001:db8::1]:7", 9100) == HostPort{"2001:db8::1", 7});
  for (auto const* text :
       {"", ":9100", "host:", "host:0", "host:70000", "[::1", "[::1]x", "[host]:1", "a b", "host:1:2"})
    CHECK_FALSE(parse_host_port(text, 9100));
  for (auto const* text : {"gateway.example:9100", "192.0.2.1:7", "[2001:db8::1]:7"})
    CHECK(to_string(parse_host_port(text, 1).value()) == text);
}
