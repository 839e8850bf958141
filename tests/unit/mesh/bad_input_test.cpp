// Updates that are wrong, each kind alone: counted by name, and nothing else moves.
#include <doctest/doctest.h>

#include <tuple>

#include "desk.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using namespace pim::mesh::test;

namespace {

Desk desk_with_route_to_seven() {
  Desk desk;
  for (std::uint32_t number : {1u, 2u}) {
    desk.up(number, 100);
    desk.says(number, {entry(number, 1, 0, 0)});
  }
  desk.says(1, {entry(7, 5, 50)});
  desk.runs_for(1s);
  desk.clear();
  return desk;
}

/// Everything that is believed: (destination, neighbour, announced metric, selected).
std::vector<std::tuple<NodeId, std::uint32_t, Metric, bool>> beliefs(Desk const& desk) {
  std::vector<std::tuple<NodeId, std::uint32_t, Metric, bool>> all;
  desk.routing.for_each_route([&](OfferedRoute const& route) {
    all.emplace_back(route.destination, route.slot.value, route.announced, route.selected);
  });
  return all;
}

wire::UpdateEntry without_record(wire::UpdateEntry entry) {
  entry.record.reset();
  return entry;
}

wire::UpdateEntry with_key_of(std::uint32_t other, wire::UpdateEntry entry) {
  entry.record = wire::NodeRecord{record_of(other).key, {}};
  return entry;
}

}  // namespace

TEST_CASE("each kind of false announcement is counted by its name and changes nothing") {
  auto desk = desk_with_route_to_seven();
  auto const before = beliefs(desk);
  auto const generation = desk.routing.generation();
  auto const check_refused = [&](wire::UpdateEntry const& one, std::uint64_t Refusals::* name) {
    auto const counted = desk.routing.refusals().*name;
    desk.says(2, {one});
    CHECK(desk.routing.refusals().*name == counted + 1);
    CHECK(beliefs(desk) == before);
    CHECK(desk.routing.generation() == generation);
    CHECK(desk.hop(7) == 1u);
  };
  check_refused(with_key_of(2, entry(7, 9, 10)), &Refusals::false_key);           // a known node
  check_refused(with_key_of(2, entry(8, 9, 10)), &Refusals::false_key);           // a new one
  check_refused(entry(7, 9, 0), &Refusals::false_metric);                         // another node at no cost
  check_refused(entry(2, 9, 10), &Refusals::false_metric);                        // itself at some
  check_refused(without_record(entry(2, 9, infinite)), &Refusals::false_metric);  // itself out of reach
  check_refused(without_record(entry(8, 9, 10)), &Refusals::without_record);
  CHECK(desk.changes.empty());
  CHECK(desk.updates.empty());
}

TEST_CASE("what is true beside a false announcement in one update counts") {
  auto desk = desk_with_route_to_seven();
  desk.says(2, {with_key_of(2, entry(8, 9, 10)), entry(9, 5, 50), entry(7, 9, 0)});
  CHECK(desk.hop(9) == 2u);
  CHECK(desk.hop(8) == std::nullopt);
  CHECK(desk.hop(7) == 1u);
}

TEST_CASE("a key that was learned is not replaced, whoever announces another one") {
  auto desk = desk_with_route_to_seven();
  for (std::uint32_t from : {1u, 2u}) desk.says(from, {with_key_of(2, entry(7, 9, 10))});
  CHECK(desk.routing.record(id_of(7))->key == record_of(7).key);
  CHECK(desk.routing.refusals().false_key == 2);
}

TEST_CASE("a neighbour takes back its own routes alone, and of this node nothing") {
  auto desk = desk_with_route_to_seven();
  desk.says(2, {without_record(entry(7, 60000, infinite)), without_record(entry(0, 60000, infinite))});
  CHECK(desk.hop(7) == 1u);
  CHECK(desk.routing.own_seqno() == 1);
}

TEST_CASE("an update said again, or after a later one, changes nothing") {
  auto desk = desk_with_route_to_seven();
  desk.says(1, {entry(7, 6, 40)});
  auto const before = beliefs(desk);
  auto const generation = desk.routing.generation();
  auto const last = desk.batches[1];
  for (std::uint32_t batch = 1; batch < last; ++batch) desk.update(1, {batch, 0, {entry(7, 5, 900)}});
  desk.update(1, {last, 0, {entry(7, 6, 40)}});
  CHECK(beliefs(desk) == before);
  CHECK(desk.routing.generation() == generation);
}

TEST_CASE("a neighbour that flaps leaves a table that is no larger, and nothing due") {
  auto desk = desk_with_route_to_seven();
  auto const before = beliefs(desk);
  auto const size = desk.routing.size();
  for (int turn = 0; turn < 1000; ++turn) {
    desk.down(2);
    desk.runs_for(10ms);
    desk.tables[2] = desk.batches[2];
    desk.up(2, 100);
    desk.says(2, {entry(2, 1, 0, 0)});
    desk.runs_for(10ms);
  }
  CHECK(desk.updates_to(1) <= 4 * 1000);
  desk.runs_for(200s);
  CHECK(beliefs(desk) == before);
  CHECK(desk.routing.size() == size);
  CHECK(desk.routing.next_deadline() == never);
}

TEST_CASE("a route that flaps between finite and infinite is followed, and ends as it was last told") {
  auto desk = desk_with_route_to_seven();
  auto const size = desk.routing.size();
  for (Seqno turn = 0; turn < 1000; ++turn) {
    desk.says(1, {without_record(entry(7, 5, infinite))});
    CHECK(desk.hop(7) == std::nullopt);
    desk.says(1, {entry(7, static_cast<Seqno>(6 + turn), 50)});
    CHECK(desk.hop(7) == 1u);
  }
  desk.runs_for(200s);
  CHECK(desk.metric(7) == 150);
  CHECK(desk.routing.size() == size);
}

TEST_CASE("a neighbour that begins anew all the time is heard once a second, and told everything no more often") {
  auto desk = desk_with_route_to_seven();
  for (int i = 0; i < 1000; ++i) {
    desk.tables[2] = ++desk.batches[2];
    desk.acks(2, 0);
    desk.runs_for(1ms);
  }
  CHECK(desk.updates_to(2) == 1);
  CHECK(desk.routing.refusals().outdated == 999);
}

TEST_CASE("an update of a table that begins too soon is not acknowledged, and counts when it is said again") {
  auto desk = desk_with_route_to_seven();
  for (int i = 0; i < 2; ++i) {
    desk.tables[2] = desk.batches[2];
    desk.says(2, {entry(9, 5, static_cast<Metric>(50 + i))});
  }
  CHECK(desk.acknowledged.size() == 1);
  CHECK(desk.metric(9) == 150);
  desk.runs_for(1s);
  desk.update(2, {desk.batches[2], desk.tables[2], {entry(9, 5, 51)}});
  CHECK(desk.acknowledged.size() == 2);
  CHECK(desk.metric(9) == 151);
}
