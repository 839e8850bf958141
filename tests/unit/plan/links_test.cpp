#include "plan/links.hpp"

#include <doctest/doctest.h>

using namespace pim;
using namespace pim::plan;

namespace {

Link link_of(std::uint32_t index, Medium medium, std::string const& address, std::uint8_t length) {
  Link link{"link" + std::to_string(index), index, true, false, "", {{*parse_ip(address), length}}};
  link.medium = medium;
  return link;
}

Medium medium_at(Links const& links, std::string const& address, std::uint32_t scope = 0) {
  return medium_to(links, {*parse_ip(address), 9100, scope});
}

}  // namespace

TEST_CASE("an endpoint lies on the link whose longest prefix holds it, or whose scope it has") {
  Links links{{link_of(2, Medium::other, "10.0.0.1", 8), link_of(3, Medium::bluetooth, "10.9.1.1", 24),
               link_of(4, Medium::wifi_direct, "fe80::1", 64), link_of(5, Medium::bluetooth, "fe80::2", 64),
               link_of(6, Medium::other, "10.9.0.1", 16)}};
  CHECK(medium_at(links, "10.9.1.2") == Medium::bluetooth);
  CHECK(medium_at(links, "10.9.2.2") == Medium::other);
  CHECK(medium_at(links, "203.0.113.7") == Medium::other);
  CHECK(medium_at(links, "fe80::9", 4) == Medium::wifi_direct);
  CHECK(medium_at(links, "fe80::9", 5) == Medium::bluetooth);
  CHECK(medium_at(links, "fe80::9", 3) == Medium::bluetooth);
  CHECK(medium_at(links, "fe80::9", 7) == Medium::other);
  links.links[1].up = false;
  CHECK(medium_at(links, "10.9.1.2") == Medium::other);
}
