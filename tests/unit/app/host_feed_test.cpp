#include "app/host_feed.hpp"

#include <doctest/doctest.h>

#include "app/translate.hpp"

using namespace pim;
using namespace pim::app;
using namespace std::chrono_literals;

TEST_CASE("what_helps_is_told_apart_from_why_and_neither_twice") {
  host::Readings readings;
  readings.tunnel_cure = "run `sudo modprobe tun`";
  std::optional<std::string> reason = "routing is refused: /dev/net/tun is missing: run `sudo modprobe tun`", cure;
  show_cure(reason, cure, readings);
  CHECK(reason == "routing is refused: /dev/net/tun is missing");
  CHECK(cure == "run `sudo modprobe tun`");
}

TEST_CASE("a_cure_of_something_else_or_none_leaves_the_reason_as_it_is") {
  host::Readings readings;
  std::optional<std::string> reason = "pim0 is in use: by whom", cure;
  show_cure(reason, cure, readings);
  readings.tunnel_cure = "run `sudo modprobe tun`";
  show_cure(reason, cure, readings);
  CHECK(reason == "pim0 is in use: by whom");
  CHECK_FALSE(cure.has_value());
  reason.reset();
  show_cure(reason, cure, readings);
  CHECK_FALSE(reason.has_value());
}

TEST_CASE("the_block_was_last_seen_at_the_later_time_and_never_without_a_block") {
  host::Readings readings;
  readings.verified_at = WallTime{20s};
  protocol::KillSwitch kill_switch;
  show_verified(kill_switch, readings);
  CHECK_FALSE(kill_switch.verified_at.has_value());
  kill_switch.verified_at = to_timestamp(WallTime{10s});
  show_verified(kill_switch, readings);
  CHECK(kill_switch.verified_at == to_timestamp(WallTime{20s}));
  readings.verified_at = WallTime{15s};
  show_verified(kill_switch, readings);
  CHECK(kill_switch.verified_at == to_timestamp(WallTime{20s}));
}

TEST_CASE("a_gateway_shows_bits_per_second_and_how_full_the_table_is_while_it_is_active") {
  host::Readings readings;
  readings.gateway = host::Readings::Gateway{{1000, 2000}, {10, 20}, linux_edge::TrackedConnections{5, 100}};
  protocol::GatewayStatus gateway;
  protocol::Stats stats;
  show_gateway(gateway, stats, readings);
  CHECK_FALSE(gateway.throughput.has_value());
  CHECK_FALSE(stats.conntrack_max.has_value());
  gateway.active = true;
  show_gateway(gateway, stats, readings);
  CHECK(gateway.throughput == protocol::Throughput{80, 160, 1000, 2000});
  CHECK(gateway.conntrack == protocol::Conntrack{5, 100});
  CHECK(stats.conntrack_size == 5);
  CHECK(stats.conntrack_max == 100U);
}

TEST_CASE("without_connection_tracking_there_is_throughput_and_no_gauge") {
  host::Readings readings;
  readings.gateway = host::Readings::Gateway{{1, 2}, {}, {}};
  protocol::GatewayStatus gateway;
  protocol::Stats stats;
  gateway.active = true;
  gateway.conntrack = protocol::Conntrack{1, 2};
  show_gateway(gateway, stats, readings);
  CHECK(gateway.throughput.has_value());
  CHECK_FALSE(gateway.conntrack.has_value());
}
