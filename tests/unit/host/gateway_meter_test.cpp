#include "host/gateway_meter.hpp"

#include <doctest/doctest.h>

using namespace pim;
using namespace std::chrono_literals;
using host::Carried;
using host::GatewayMeter;

TEST_CASE("totals_begin_where_the_gateway_was_enabled_and_rates_are_of_the_time_between_two_readings") {
  GatewayMeter meter;
  meter.begin({1000, 500}, Time{10s});
  CHECK(meter.totals().in_bytes == 0);
  meter.see({5000, 1500}, Time{12s});
  CHECK(meter.totals().in_bytes == 4000);
  CHECK(meter.totals().out_bytes == 1000);
  CHECK(meter.rates().in_bytes == 2000);
  CHECK(meter.rates().out_bytes == 500);
  meter.see({5000, 1500}, Time{17s});
  CHECK(meter.rates().in_bytes == 0);
  CHECK(meter.totals().in_bytes == 4000);
}

TEST_CASE("a_reading_right_behind_another_moves_totals_and_leaves_the_rate") {
  GatewayMeter meter;
  meter.begin({}, Time{10s});
  meter.see({1000, 0}, Time{11s});
  meter.see({1500, 0}, Time{11s + 1ms});
  CHECK(meter.totals().in_bytes == 1500);
  CHECK(meter.rates().in_bytes == 1000);
  meter.see({3000, 0}, Time{12s});  // counted from the reading that the rate was made of
  CHECK(meter.rates().in_bytes == 2000);
}

TEST_CASE("a_gateway_that_is_enabled_again_begins_anew") {
  GatewayMeter meter;
  meter.begin({}, Time{10s});
  meter.see({1000, 1000}, Time{11s});
  meter.begin({1000, 1000}, Time{20s});
  meter.see({1200, 1000}, Time{22s});
  CHECK(meter.totals().in_bytes == 200);
  CHECK(meter.rates().in_bytes == 100);
}

TEST_CASE("a_load_is_told_when_it_moved_by_a_tenth_of_the_connections_that_are_admitted") {
  CHECK(host::load_to_tell(99, 1000, 0) == 0);
  CHECK(host::load_to_tell(100, 1000, 0) == 10);
  for (auto const connections : {91U, 99U, 101U, 199U}) CHECK(host::load_to_tell(connections, 1000, 10) == 10);
  CHECK(host::load_to_tell(200, 1000, 10) == 20);
  CHECK(host::load_to_tell(0, 1000, 10) == 0);
  CHECK(host::load_to_tell(1000, 1000, 10) == 100);
  CHECK(host::load_to_tell(5'000'000'000, 7, 0) == 100);
}
