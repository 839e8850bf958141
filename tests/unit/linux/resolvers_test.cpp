#include "linux/resolvers.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pim;
using namespace pim::linux_edge;

namespace {
IpAddress ip(std::string_view text) { return parse_ip(text).value(); }
}  // namespace

TEST_CASE("numeric nameserver lines count, in order, and nothing else") {
  auto const found = parse_resolv_conf(
      "# made by hand\n"
      "search lan\n"
      "nameserver 192.168.1.1\n"
      "\tnameserver   2001:db8::53   # comment\r\n"
      "nameserver fe80::1%eth0\n"
      "nameserver example.org\n"
      "nameserver\n"
      "nameserver 192.168.1.1\n"
      ";nameserver 10.0.0.1\n"
      "nameservers 10.0.0.2\n"
      "nameserver 127.0.0.53");
  CHECK(found == std::vector{ip("192.168.1.1"), ip("2001:db8::53"), ip("fe80::1"), ip("127.0.0.53")});
}

TEST_CASE("a file of any content gives at most eight resolvers") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "nameserver 10.0.0." + std::to_string(i) + "\n";
  CHECK(parse_resolv_conf(text).size() == 8);
  CHECK(parse_resolv_conf("").empty());
  CHECK(parse_resolv_conf(std::string(100, '\n')).empty());
  CHECK(parse_resolv_conf(std::string("nameserver \0 1.2.3.4", 20)).empty());
}

TEST_CASE("the upstream of a family is its first address that means something elsewhere") {
  auto const found =
      upstreams_of({ip("127.0.0.53"), ip("fe80::1"), ip("::1"), ip("10.0.0.1"), ip("2001:db8::1"), ip("10.0.0.2")});
  CHECK(found.v4 == ip("10.0.0.1"));
  CHECK(found.v6 == ip("2001:db8::1"));
  CHECK_FALSE(upstreams_of({ip("127.0.0.1")}).v4);
}
