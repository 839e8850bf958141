#include "linux/steady_count.hpp"

#include <doctest/doctest.h>

using pim::linux_edge::SteadyCount;

TEST_CASE("a count goes on when its counter begins anew, seen or unseen") {
  SteadyCount count;
  CHECK(count.see(0) == 0);
  CHECK(count.see(5) == 5);
  CHECK(count.see(5) == 5);
  count.begin_anew();
  CHECK(count.see(0) == 5);
  CHECK(count.see(7) == 12);
  CHECK(count.see(2) == 14);  // somebody else replaced the table
  CHECK(count.see(3) == 15);
}

TEST_CASE("a counter that was to begin anew and did not is not counted twice") {
  SteadyCount count;
  CHECK(count.see(5) == 5);
  CHECK(count.see(6) == 6);
}
