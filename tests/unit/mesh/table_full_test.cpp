// More nodes than fit: who is refused, and how what was refused is learned when there is room again.
#include <doctest/doctest.h>

#include "net.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using namespace pim::mesh::test;

namespace {

wire::UpdateEntry without_record(wire::UpdateEntry entry) {
  entry.record.reset();
  return entry;
}

}  // namespace

TEST_CASE("a full table refuses newcomers and never a neighbour itself") {
  RoutingSettings settings;
  settings.max_nodes = 5;
  auto desk = desk_with_two(settings);
  desk.says(1, {entry(7, 5, 50), entry(8, 5, 50), entry(9, 5, 50), entry(10, 5, infinite)});
  CHECK(desk.routing.size() == 5);
  CHECK(desk.hop(8) == 1u);
  CHECK(desk.hop(9) == std::nullopt);
  CHECK(desk.routing.refusals().table_full == 2);
  desk.says(2, {entry(7, 5, 20)});
  CHECK(desk.hop(7) == 2u);
  desk.up(3);
  desk.says(3, {entry(3, 1, 0, 0)});
  CHECK(desk.hop(3) == 3u);
}

TEST_CASE("what one neighbour may announce is bounded, retracted nodes included until they are forgotten") {
  RoutingSettings settings;
  settings.max_nodes_per_neighbour = 3;
  auto desk = desk_with_two(settings);
  desk.says(1, {entry(7, 5, 50), entry(8, 5, 50), entry(9, 5, 50)});
  CHECK(desk.hop(8) == 1u);
  CHECK(desk.hop(9) == std::nullopt);
  CHECK(desk.routing.refusals().table_full == 1);
  desk.says(2, {entry(9, 5, 50)});
  CHECK(desk.hop(9) == 2u);
  desk.says(1, {entry(7, 5, infinite), entry(10, 5, 50)});
  CHECK(desk.hop(10) == std::nullopt);
  desk.runs_for(200s);
  desk.says(1, {entry(10, 5, 50)});
  CHECK(desk.hop(10) == 1u);
}

TEST_CASE("a node that there was no room for is learned when there is room again, though nobody has news of it") {
  NetSettings settings;
  settings.nodes = 4;
  settings.lost_percent = settings.doubled_percent = 0;
  settings.routing.max_nodes_per_neighbour = 2;
  Net net(settings, 1);
  net.connect(0, 1, 128, 128);
  net.connect(1, 2, 128, 128);
  net.run_for(5s);
  net.connect(1, 3, 128, 128);
  net.run_for(5s);
  REQUIRE(net.routing(0).route(id_of(2)));
  REQUIRE_FALSE(net.routing(0).route(id_of(3)));
  net.cut(1, 2);
  net.run_for(180s + 60s + 5s);
  CHECK(net.routing(0).route(id_of(3)));
}

TEST_CASE("who told of more than fits is not asked for it before there is room") {
  RoutingSettings settings;
  settings.max_nodes = 4;
  auto desk = desk_with_two(settings);
  desk.says(1, {entry(7, 5, 50), entry(8, 5, 50)});
  REQUIRE(desk.routing.refusals().table_full == 1);
  desk.runs_for(1s);
  desk.clear();
  desk.runs_for(1h);
  CHECK(desk.updates.empty());
  desk.says(1, {entry(7, 5, infinite)});
  desk.runs_for(180s + 60s);
  REQUIRE(desk.updates_to(1) == 1);
  CHECK(desk.updates_to(2) == 1);  // the retraction
  CHECK(desk.told(1, 0)->record);
  CHECK(desk.told(1, 2)->record);
  auto const& update = desk.updates.back().second;
  CHECK(is_later_batch(update.batch, update.table));
  CHECK(update.table != 0);
  desk.runs_for(1h);
  CHECK(desk.updates_to(1) == 1);
}

TEST_CASE("a route without a record that there was no room for is asked for, once a minute at most") {
  auto desk = desk_with_two();
  for (int i = 0; i < 600; ++i) {
    desk.says(2, {without_record(entry(8, 5, 50))});
    desk.runs_for(1s);
  }
  CHECK(desk.updates_to(2) >= 9);
  CHECK(desk.updates_to(2) <= 10);
  CHECK(desk.updates_to(1) == 0);
  desk.runs_for(1min);
  CHECK(desk.routing.next_deadline() == never);
}

TEST_CASE("a table that begins anew leaves no update of the one before behind") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.acknowledges = false;
  desk.says(1, {entry(7, 5, 60)});
  desk.says(2, {without_record(entry(8, 5, 50))});
  desk.runs_for(60s);
  desk.acknowledges = true;
  desk.says(1, {entry(7, 5, infinite)});
  desk.runs_for(200s);
  CHECK_FALSE(desk.routing.record(id_of(7)));
  CHECK(desk.routing.next_deadline() == never);
}
