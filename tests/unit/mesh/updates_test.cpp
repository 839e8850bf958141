// Reliable updates: what is told, when, how often, and in which order it counts.
#include <doctest/doctest.h>

#include "desk.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using namespace pim::mesh::test;

namespace {

Desk desk_with(std::uint32_t neighbours, RoutingSettings const& settings = {}) {
  Desk desk(settings);
  for (std::uint32_t number = 1; number <= neighbours; ++number) {
    desk.up(number, 100);
    desk.says(number, {entry(number, 1, 0, 0)});
  }
  desk.runs_for(100ms);
  desk.clear();
  return desk;
}

std::vector<wire::UpdateEntry> many(std::uint32_t first, std::uint32_t count, Metric metric) {
  std::vector<wire::UpdateEntry> entries;
  for (auto number = first; number < first + count; ++number) entries.push_back(entry(number, 5, metric));
  return entries;
}

/// Node 7 by neighbour 1, and by 3 as well; so much changes that what is collected waits for 2 s.
Desk busy_desk() {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(3, {entry(7, 5, 140)});
  for (int i = 0; i < 500; ++i) {
    desk.says(3, {entry(8, 5, static_cast<Metric>(60 + i % 2))});
    desk.runs_for(10ms);
  }
  desk.clear();
  return desk;
}

}  // namespace

TEST_CASE("a route is not announced to its next hop, and taken back when it was before") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  CHECK_FALSE(desk.told(1, 7));
  CHECK(desk.told_metric(2, 7) == 150);
  desk.says(2, {entry(7, 6, 20)});
  desk.runs_for(100ms);
  CHECK(desk.hop(7) == 2u);
  CHECK(desk.told_metric(2, 7) == infinite);
  CHECK(desk.told_metric(1, 7) == 120);
}

TEST_CASE("a neighbour is never told about itself") {
  auto desk = desk_with(2);
  desk.says(2, {entry(1, 1, 5)});
  desk.cost(1, 500);
  desk.runs_for(1s);
  CHECK(desk.hop(1) == 2u);
  CHECK_FALSE(desk.told(1, 1));
}

TEST_CASE("an update that is not acknowledged is sent again, as things stand then") {
  auto desk = desk_with(2);
  desk.acknowledges = false;
  desk.says(1, {entry(7, 5, 50)});
  CHECK(desk.told_metric(2, 7) == 150);
  desk.runs_for(199ms);
  CHECK(desk.updates_to(2) == 1);
  desk.clear();
  desk.runs_for(1ms);
  CHECK(desk.updates_to(2) == 1);
  CHECK(desk.told_metric(2, 7) == 150);
  CHECK(desk.told(2, 7)->record);

  desk.says(1, {entry(7, 5, 40)});
  desk.clear();
  desk.runs_for(10s);
  CHECK(desk.updates_to(2) > 2);
  for (auto const& [slot, update] : desk.updates) CHECK(update.entries.at(0).metric == 140);
}

TEST_CASE("patience for an acknowledgement follows the round trip and grows to a second") {
  auto desk = desk_with(2);
  desk.routing.set_round_trip({2}, 300ms);
  desk.acknowledges = false;
  desk.says(1, {entry(7, 5, 50)});
  for (auto const pause : {600ms, 1000ms, 1000ms, 1000ms}) {
    desk.clear();
    desk.runs_for(pause - 1ms);
    CHECK(desk.updates_to(2) == 0);
    desk.runs_for(1ms);
    CHECK(desk.updates_to(2) == 1);
  }
  desk.acks(2, desk.updates.back().second.batch);
  CHECK(desk.routing.next_deadline() == never);
  desk.says(1, {entry(7, 5, infinite)});
  desk.clear();
  desk.runs_for(600ms);
  CHECK(desk.told_metric(2, 7) == infinite);
}

TEST_CASE("an acknowledged record is not sent again until the route was taken back") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  CHECK(desk.told(2, 7)->record);
  desk.says(1, {entry(7, 6, 50)});
  CHECK_FALSE(desk.told(2, 7)->record);
  desk.says(1, {entry(7, 6, infinite)});
  desk.says(1, {entry(7, 7, 50)});
  CHECK(desk.told(2, 7)->record);
}

TEST_CASE("eight updates at most are on their way to one neighbour, and an acknowledgement lets the next go") {
  auto desk = desk_with(2);
  for (std::uint32_t first = 100; first < 700; first += 20) desk.says(1, many(first, 20, 50));
  desk.acknowledges = false;
  desk.up(3);
  CHECK(desk.updates_to(3) == 8);
  desk.acks(3, desk.updates.back().second.batch);
  CHECK(desk.updates_to(3) == 9);
  desk.acknowledges = true;
  desk.runs_for(1s);
  CHECK(desk.told_metric(3, 699) == 150);
}

TEST_CASE("a full table goes out packed") {
  auto desk = desk_with(2);
  for (std::uint32_t first = 100; first < 700; first += 20) desk.says(1, many(first, 20, 50));
  desk.clear();
  desk.up(3);
  CHECK(desk.updates_to(3) == (600 + 3 + 20) / 21);
  for (auto const& [slot, update] : desk.updates) CHECK(wire::to_bytes(update).size() <= wire::max_update_size);
}

TEST_CASE("news that come late do not count") {
  auto desk = desk_with(2);
  desk.update(1, {10, 0, {entry(7, 5, 50)}});
  desk.update(1, {9, 0, {entry(7, 5, infinite), entry(8, 5, 50)}});
  CHECK(desk.hop(7) == 1u);
  CHECK(desk.hop(8) == 1u);
  desk.update(1, {11, 0, {entry(7, 5, infinite)}});
  desk.update(1, {10, 0, {entry(7, 5, 50)}});
  CHECK(desk.hop(7) == std::nullopt);
}

TEST_CASE("a retraction that overtakes its announcement counts") {
  auto desk = desk_with(2);
  desk.update(1, {11, 0, {entry(7, 5, infinite)}});
  desk.runs_for(179s);
  desk.update(1, {10, 0, {entry(7, 5, 50)}});
  CHECK(desk.hop(7) == std::nullopt);
}

TEST_CASE("batch numbers are compared on a circle") {
  Desk desk;
  desk.tables[1] = 0xffff'fff0;
  desk.up(1, 100);
  desk.update(1, {0xffff'fffe, 0xffff'fff0, {entry(7, 5, 50)}});
  desk.update(1, {2, 0xffff'fff0, {entry(7, 5, 40)}});
  CHECK(desk.metric(7) == 140);
}

TEST_CASE("first routes, retractions and numbers asked for go at once, the rest is collected") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  CHECK(desk.updates_to(2) == 1);
  desk.runs_for(1s);
  desk.clear();
  for (Metric metric = 60; metric < 100; ++metric) desk.says(1, {entry(7, 5, metric)});
  CHECK(desk.updates_to(2) == 1);
  desk.runs_for(50ms);
  CHECK(desk.updates_to(2) == 2);
  CHECK(desk.told_metric(2, 7) == 199);
  desk.says(1, {entry(7, 5, 40)});
  CHECK(desk.updates_to(2) == 2);
  desk.says(1, {entry(7, 6, 40)});
  CHECK(desk.updates_to(2) == 2);
  desk.asks(2, 7, 7);
  desk.says(1, {entry(7, 7, 40)});
  CHECK(desk.updates_to(2) == 3);
  desk.says(1, {entry(7, 8, 40)});
  CHECK(desk.updates_to(2) == 3);
  desk.says(1, {entry(7, 8, infinite)});
  CHECK(desk.updates_to(2) == 4);
}

TEST_CASE("changes that nobody waits for are told ever less often while they go on, and soon again after a rest") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  desk.runs_for(10s);
  desk.clear();
  for (int i = 0; i < 1000; ++i) {
    desk.says(1, {entry(7, 5, static_cast<Metric>(60 + i % 2))});
    desk.runs_for(10ms);
  }
  CHECK(desk.updates_to(2) <= 11);  // 50 ms, 100 ms, ... 1.6 s, and every 2 s from then on
  CHECK(desk.updates_to(2) >= 8);
  desk.runs_for(10s);
  desk.clear();
  desk.says(1, {entry(7, 5, 55)});
  CHECK(desk.updates_to(2) == 1);
  CHECK(desk.told_metric(2, 7) == 155);
}

TEST_CASE("what waits rides along with what does not") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(1, {entry(7, 5, 60)});
  desk.says(1, {entry(7, 5, 70)});
  desk.clear();
  desk.says(1, {entry(8, 5, 50)});
  CHECK(desk.updates_to(2) == 1);
  CHECK(desk.told_metric(2, 7) == 170);
}

TEST_CASE("a retraction is sent until it arrives, whatever was acknowledged before") {
  auto desk = desk_with(2);
  desk.acknowledges = false;
  std::vector<std::uint32_t> sent;
  for (auto const& one : {entry(7, 5, 50), entry(7, 5, infinite), entry(7, 6, 50), entry(7, 6, infinite)}) {
    desk.says(1, {one});
    sent.push_back(desk.updates.back().second.batch);
  }
  desk.acks(2, sent[1]);
  desk.acks(2, sent[2]);
  desk.clear();
  desk.runs_for(200ms);
  CHECK(desk.told_metric(2, 7) == infinite);
}

TEST_CASE("a neighbour that lost us and came back unnoticed is told everything, and what it said before is void") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(2, {entry(8, 5, 50), entry(9, 5, 50)});
  desk.clear();
  desk.tables[2] = desk.batches[2];
  desk.says(2, {entry(2, 1, 0, 0), entry(9, 5, 50)});
  CHECK(desk.hop(2) == 2u);
  CHECK(desk.hop(8) == std::nullopt);
  CHECK(desk.hop(9) == 2u);
  CHECK(desk.told(2, 0)->record);
  CHECK(desk.told(2, 7)->record);
  CHECK(desk.told_metric(2, 7) == 150);
}

TEST_CASE("an acknowledgement is enough to tell that a neighbour came back") {
  auto desk = desk_with(2);
  desk.says(2, {entry(8, 5, 50)});
  desk.clear();
  desk.routing.on_ack({2}, {12345, desk.batches[2]}, desk.now, desk.raw);
  desk.tables[2] = desk.batches[2];
  desk.runs_for(200ms);
  CHECK(desk.hop(8) == std::nullopt);
  CHECK(desk.told(2, 0));
}

TEST_CASE("what a neighbour told before it came back does not count any more") {
  auto desk = desk_with(2);
  auto const old_table = desk.tables[2];
  auto const old_batch = ++desk.batches[2];
  desk.tables[2] = desk.batches[2];
  desk.says(2, {entry(2, 1, 0, 0)});
  desk.clear();
  desk.update(2, {old_batch, old_table, {entry(7, 5, 50)}});
  CHECK(desk.hop(7) == std::nullopt);
  CHECK(desk.acknowledged.empty());
  CHECK(desk.routing.refusals().outdated == 1);
}

TEST_CASE("a neighbour that comes back here begins a later table, behind every batch before") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  auto const last = desk.updates.back().second;
  desk.clear();
  desk.down(2);
  desk.up(2);
  auto const& first = desk.updates.back().second;
  CHECK(is_later_batch(first.table, last.table));
  CHECK(is_later_batch(first.batch, first.table));
  CHECK_FALSE(is_later_batch(last.batch, first.table));
}

TEST_CASE("the same inputs make the same outputs") {
  auto const run = [] {
    auto desk = desk_with(4);
    for (std::uint32_t step = 0; step < 200; ++step) {
      auto const who = 1 + step % 4;
      desk.says(who, many(10 + step * 7 % 50, 5, static_cast<Metric>(50 + step * 13 % 90)));
      if (step % 9 == 0) desk.runs_for(30ms);
      if (step % 50 == 49) desk.down(who), desk.up(who);
    }
    Buffer all;
    for (auto const& [slot, update] : desk.updates) {
      auto const bytes = wire::to_bytes(update);
      all.push_back(static_cast<std::uint8_t>(slot));
      all.insert(all.end(), bytes.begin(), bytes.end());
    }
    return all;
  };
  CHECK(run() == run());
}

TEST_CASE("a neighbour whose route ended is told at once of ours, which led over it until then") {
  auto desk = busy_desk();
  desk.says(1, {entry(7, 5, infinite)});
  CHECK(desk.hop(7) == 3u);
  CHECK(desk.told_metric(1, 7) == 240);
  CHECK_FALSE(desk.told(2, 7));  // it has a route
}

TEST_CASE("a neighbour whose route ended is told at once of ours, which it was to hear of later") {
  auto desk = busy_desk();
  desk.says(3, {entry(7, 5, 20)});
  CHECK(desk.hop(7) == 3u);
  CHECK_FALSE(desk.told(1, 7));
  desk.says(1, {entry(7, 5, infinite)});
  CHECK(desk.told_metric(1, 7) == 120);
}

TEST_CASE("what was taken back is taken back again from a neighbour that came back, for older news may still arrive") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(1, {entry(7, 5, infinite)});
  REQUIRE(desk.told_metric(2, 7) == infinite);
  desk.clear();
  desk.tables[2] = desk.batches[2];
  desk.says(2, {entry(2, 1, 0, 0)});
  CHECK(desk.told_metric(2, 7) == infinite);
  CHECK_FALSE(desk.told(2, 8));
}
