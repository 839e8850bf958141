#include "ui/cli/ssh_guard.hpp"

#include <doctest/doctest.h>

using namespace pim;
using namespace pim::cli;

namespace {

std::vector<LocalAddress> host() {
  return {{*parse_ip("192.168.1.5"), *parse_prefix("192.168.1.0/24")},
          {*parse_ip("203.0.113.9"), *parse_prefix("203.0.113.0/24")},
          {*parse_ip("fd00::5"), *parse_prefix("fd00::/64")},
          {*parse_ip("127.0.0.1"), *parse_prefix("127.0.0.0/8")}};
}

bool cut(std::string_view connection) { return would_cut_ssh(connection, host()); }

}  // namespace

TEST_CASE("a_session_from_the_lan_or_this_host_is_safe") {
  CHECK_FALSE(cut(""));
  CHECK_FALSE(cut("192.168.1.77 50000 192.168.1.5 22"));
  CHECK_FALSE(cut("::ffff:192.168.1.77 50000 ::ffff:192.168.1.5 22"));
  CHECK_FALSE(cut("fd00::77 50000 fd00::5 22"));
  CHECK_FALSE(cut("127.0.0.1 50000 127.0.0.1 22"));
  CHECK_FALSE(cut("fe80::1%eth0 50000 fe80::2%eth0 22"));
}

TEST_CASE("a_session_from_outside_the_lan_would_be_cut") {
  CHECK(cut("198.51.100.7 50000 192.168.1.5 22"));
  CHECK(cut("203.0.113.7 50000 203.0.113.9 22"));  // a public range on-link is not LAN
  CHECK(cut("10.9.8.7 50000 192.168.1.5 22"));     // private, but behind a router
  CHECK(cut("2001:db8::7 50000 fd00::5 22"));
  CHECK(cut("nonsense"));
}

TEST_CASE("a_session_that_does_not_end_on_this_network_is_not_concerned") {
  CHECK_FALSE(cut("198.51.100.7 50000 198.51.100.1 22"));
}
