// Which routes may be taken, which one in use is kept, and what is asked for when none may (RFC 8966 sections 2.4 and
// 3.5.1; ADR 10).
#include <doctest/doctest.h>

#include "desk.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using namespace pim::mesh::test;

TEST_CASE("a route as long as what was announced is not feasible, a shorter or newer one is") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});  // announced as 150
  desk.down(1);
  desk.says(2, {entry(7, 5, 150)});
  CHECK(desk.hop(7) == std::nullopt);
  desk.says(2, {entry(7, 4, 20)});
  CHECK(desk.hop(7) == std::nullopt);
  desk.says(2, {entry(7, 5, 149)});
  CHECK(desk.metric(7) == 249);
  desk.says(2, {entry(7, 5, infinite)});
  desk.says(2, {entry(7, 5, 300)});
  CHECK(desk.hop(7) == std::nullopt);
  desk.says(2, {entry(7, 6, 300)});
  CHECK(desk.metric(7) == 400);
}

TEST_CASE("the distance that counts is the one announced, not the one used") {
  RoutingSettings settings;
  settings.relays = false;  // announces nothing of others
  auto desk = desk_with_two(settings);
  desk.says(1, {entry(7, 5, 50)});
  desk.down(1);
  desk.says(2, {entry(7, 5, 400)});
  CHECK(desk.hop(7) == 2u);
}

TEST_CASE("a selected route that grows beyond what was announced is kept and told, and could not be taken anew") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.clear();
  desk.says(1, {entry(7, 5, 200)});
  desk.runs_for(100ms);
  CHECK(desk.changes.empty());
  CHECK(desk.requests.empty());
  CHECK(desk.told_metric(2, 7) == 300);
  desk.says(2, {entry(7, 5, 160)});  // shorter, and not feasible: asked for
  desk.runs_for(500ms);
  CHECK(desk.hop(7) == 1u);
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0].first == 2);
  CHECK(desk.requests[0].second == wire::SeqnoRequest{id_of(7), 6, 64});
  desk.cost(1, infinite);
  desk.cost(1, 100);
  CHECK(desk.hop(7) == std::nullopt);
}

TEST_CASE("a node that is lost with its last feasible route is retracted and asked about at once") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.says(2, {entry(7, 5, 200)});
  desk.clear();
  desk.says(1, {entry(7, 5, infinite)});
  CHECK(desk.changes == change_of(7, std::nullopt));
  CHECK(desk.told_metric(1, 7) == 0);
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0].first == 2);
  CHECK(desk.requests[0].second == wire::SeqnoRequest{id_of(7), 6, 64, true});
  desk.says(2, {entry(7, 6, 200)});
  CHECK(desk.hop(7) == 2u);
  CHECK(desk.told_metric(1, 7) == 300);
}

TEST_CASE("a retraction counts at any distance") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.says(1, {entry(7, 0, infinite)});
  CHECK(desk.hop(7) == std::nullopt);
  CHECK(desk.told_metric(2, 7) == infinite);
  CHECK(desk.requests.empty());
}
