#include "linux/links.hpp"

#include <doctest/doctest.h>

using namespace pim;
using linux_edge::medium_of;

TEST_CASE("bluetooth networks and wi-fi direct groups are told by their names, all else is a link like any other") {
  CHECK(medium_of("bnep0") == plan::Medium::bluetooth);
  CHECK(medium_of("p2p-wlan0-0") == plan::Medium::wifi_direct);
  for (auto const* const name : {"", "eth0", "wlan0", "p2p0", "bne0", "xbnep0"})
    CHECK(medium_of(name) == plan::Medium::other);
}
