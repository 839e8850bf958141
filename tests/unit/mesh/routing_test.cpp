#include "mesh/routing.hpp"

#include <doctest/doctest.h>

#include "desk.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using namespace pim::mesh::test;

TEST_CASE("sequence numbers are compared on a circle, and metrics stop at infinite") {
  CHECK(is_newer(Seqno{1}, Seqno{0}));
  CHECK(is_newer(Seqno{3}, Seqno{0xfffe}));
  CHECK_FALSE(is_newer(Seqno{0xfffe}, Seqno{3}));
  CHECK_FALSE(is_newer(Seqno{7}, Seqno{7}));
  CHECK_FALSE(is_newer(Seqno{0x8000}, Seqno{0}));
  CHECK(plus(0xff00, 0x00fe) == 0xfffe);
  CHECK(plus(0xff00, 0x00ff) == infinite);
  CHECK(plus(infinite, infinite) == infinite);
  for (unsigned own = 0; own < 0x10000; ++own) {
    auto const seqno = static_cast<Seqno>(own);
    REQUIRE(satisfies(seqno, 100) == is_newer(seqno, Seqno{99}));
  }
}

TEST_CASE("a neighbour that announces itself is reached directly, at the cost of its link") {
  Desk desk;
  desk.up(1, 130);
  CHECK(desk.hop(1) == std::nullopt);
  desk.says(1, {entry(1, 9, 0, 0)});
  CHECK(desk.changes == change_of(1, 1));
  auto const route = desk.routing.route(id_of(1)).value();
  CHECK(route.neighbour == id_of(1));
  CHECK(route.metric == 130);
  CHECK(route.seqno == 9);
  CHECK(route.hops == 1);
  CHECK(desk.routing.record(id_of(1))->key == record_of(1).key);
}

TEST_CASE("a new neighbour is told everything, this node first, and the others are told of it") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 1, 50)});
  desk.up(3);
  REQUIRE(desk.updates_to(3) == 1);
  auto const& all = desk.updates.back().second.entries;
  REQUIRE(all.size() == 4);
  CHECK(all[0].node == id_of(0));
  CHECK(all[0].metric == 0);
  CHECK(all[0].record->key == record_of(0).key);
  CHECK(desk.told(3, 7)->metric == 150);
  CHECK(desk.told(3, 7)->hops == 2);
  CHECK(desk.told(3, 7)->record->key == record_of(7).key);
  desk.says(3, {entry(3, 1, 0, 0)});
  CHECK(desk.told_metric(1, 3) == 128);
}

TEST_CASE("every update is acknowledged, and one from a stranger is not") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 1, 50)});
  REQUIRE(desk.acknowledged.size() == 1);
  CHECK(desk.acknowledged[0].second.batch == desk.batches[1]);
  desk.says(9, {entry(7, 1, 50)});
  CHECK(desk.acknowledged.size() == 1);
  CHECK(desk.routing.refusals().from_nobody == 1);
}

TEST_CASE("forged entries are refused one by one") {
  auto desk = desk_with_two();
  auto false_key = entry(7, 1, 50);
  false_key.record->key.bytes[0] ^= 1;
  auto without_record = entry(8, 1, 50);
  without_record.record.reset();
  desk.says(1, {false_key, without_record, entry(2, 9, 0), entry(1, 9, 5), entry(9, 1, 50)});
  CHECK(desk.routing.refusals().false_key == 1);
  CHECK(desk.routing.refusals().without_record == 1);
  CHECK(desk.routing.refusals().false_metric == 2);
  CHECK(desk.hop(7) == std::nullopt);
  CHECK(desk.hop(8) == std::nullopt);
  CHECK(desk.hop(2) == 2u);
  CHECK(desk.metric(1) == 100);
  CHECK(desk.hop(9) == 1u);
}

TEST_CASE("when the next hop goes, the best other feasible route is taken in the same call") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50), entry(8, 5, 50)});
  desk.says(2, {entry(7, 5, 140)});
  desk.clear();
  desk.down(1);
  CHECK(desk.hop(7) == 2u);
  CHECK(desk.hop(8) == std::nullopt);
  CHECK(desk.hop(1) == std::nullopt);
  CHECK(desk.changes.size() == 3);
  CHECK(desk.told_metric(2, 8) == infinite);
}

TEST_CASE("a much better route is taken at once, a little better one after a second") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 900)});
  desk.says(2, {entry(7, 5, 793)});  // 893 against 1000: 11.98 %
  CHECK(desk.hop(7) == 1u);
  desk.runs_for(999ms);
  CHECK(desk.hop(7) == 1u);
  desk.runs_for(1ms);
  CHECK(desk.hop(7) == 2u);
  desk.says(1, {entry(7, 5, 697)});  // 797 against 893: 12.05 %
  CHECK(desk.hop(7) == 1u);
}

TEST_CASE("what is said meanwhile does not begin the second anew") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 900)});
  for (Metric metric = 850; metric > 846; --metric) {
    desk.says(2, {entry(7, 5, metric)});
    CHECK(desk.hop(7) == 1u);
    desk.runs_for(250ms);
  }
  CHECK(desk.hop(7) == 2u);
}

TEST_CASE("a little better counts only when it lasts") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 900)});
  for (int i = 0; i < 5; ++i) {
    desk.says(2, {entry(7, 5, 850)});
    desk.runs_for(900ms);
    desk.says(2, {entry(7, 5, 900)});
    CHECK(desk.hop(7) == 1u);
    desk.runs_for(200ms);
  }
  CHECK(desk.hop(7) == 1u);
}

TEST_CASE("without hysteresis better wins at once, and equal never does") {
  RoutingSettings settings;
  settings.hysteresis_percent = 0;
  auto desk = desk_with_two(settings);
  desk.says(2, {entry(7, 5, 900)});
  desk.says(1, {entry(7, 5, 900)});
  CHECK(desk.hop(7) == 2u);
  desk.says(1, {entry(7, 5, 899)});
  CHECK(desk.hop(7) == 1u);
}

TEST_CASE("among equal routes the neighbour with the lower id wins, whoever was heard first") {
  for (auto const& order : {std::array{1u, 2u}, std::array{2u, 1u}}) {
    auto desk = desk_with_two();
    desk.up(3, 1);
    desk.says(3, {entry(7, 5, 500)});
    for (auto const number : order) desk.says(number, {entry(7, 5, 450)});
    CHECK(desk.hop(7) == 3u);
    desk.down(3);
    CHECK(desk.hop(7) == (id_of(1) < id_of(2) ? 1u : 2u));
  }
}

TEST_CASE("a link that becomes dear moves its routes, and an infinite one loses them") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50), entry(8, 5, 50)});
  desk.says(2, {entry(7, 5, 60)});
  desk.cost(1, 300);
  CHECK(desk.hop(7) == 2u);
  CHECK(desk.metric(8) == 350);
  desk.cost(1, infinite);
  CHECK(desk.hop(8) == std::nullopt);
  CHECK(desk.hop(1) == std::nullopt);
  desk.cost(1, 20);
  CHECK(desk.metric(8) == 70);
}

TEST_CASE("a route longer than the limit of hops is not used") {
  RoutingSettings settings;
  settings.max_hops = 5;
  auto desk = desk_with_two(settings);
  desk.says(1, {entry(7, 5, 50, 4), entry(8, 5, 50, 5), entry(9, 5, 50, 255)});
  CHECK(desk.routing.route(id_of(7))->hops == 5);
  CHECK(desk.hop(8) == std::nullopt);
  CHECK(desk.hop(9) == std::nullopt);
}

TEST_CASE("a node that does not relay announces itself alone and uses what it hears") {
  RoutingSettings settings;
  settings.relays = false;
  auto desk = desk_with_two(settings);
  desk.says(1, {entry(7, 5, 50)});
  desk.runs_for(1s);
  CHECK(desk.hop(7) == 1u);
  CHECK(desk.updates.empty());
  desk.asks(2, 7, 6);
  CHECK(desk.requests.empty());
  desk.up(3);
  REQUIRE(desk.updates_to(3) == 1);
  CHECK(desk.updates.back().second.entries.size() == 1);
  CHECK(desk.told(3, 0)->metric == 0);
}

TEST_CASE("routes are found by mesh address while their node is reachable") {
  auto desk = desk_with_two();
  auto const alias = v4_alias(id_of(7));
  auto with_alias = entry(7, 5, 50);
  std::copy_n(alias.bytes.begin(), 4, with_alias.record->v4_alias.begin());
  desk.says(1, {with_alias});
  auto const address = v6_address(v6_prefix("pim"), id_of(7));
  CHECK(desk.routing.find_by_address(address) == id_of(7));
  CHECK(desk.routing.find_by_address(alias) == id_of(7));
  CHECK(desk.routing.record(id_of(7))->v4_alias == alias);
  CHECK(desk.told(2, 7)->record->v4_alias == with_alias.record->v4_alias);
  CHECK(desk.routing.find_by_address(v6_address(v6_prefix("pim"), id_of(8))) == std::nullopt);
  CHECK(desk.routing.find_by_address(IpAddress::from_v4(0)) == std::nullopt);
  desk.says(1, {entry(7, 5, infinite)});
  CHECK(desk.routing.find_by_address(address) == std::nullopt);
  CHECK(desk.routing.find_by_address(alias) == std::nullopt);
}

TEST_CASE("of two nodes with one alias the first is found, and the second when the first is gone") {
  auto desk = desk_with_two();
  auto const alias = v4_alias(id_of(7));
  for (std::uint32_t const number : {7u, 8u}) {
    auto with_alias = entry(number, 5, 50);
    std::copy_n(alias.bytes.begin(), 4, with_alias.record->v4_alias.begin());
    desk.says(1, {with_alias});
  }
  CHECK(desk.routing.find_by_address(alias) == id_of(7));
  desk.says(1, {entry(7, 5, infinite)});
  CHECK(desk.routing.find_by_address(alias) == id_of(8));
}

TEST_CASE("an alias outside its range is none") {
  auto desk = desk_with_two();
  auto foreign = entry(7, 5, 50);
  foreign.record->v4_alias = {8, 8, 8, 8};
  desk.says(1, {foreign});
  CHECK_FALSE(desk.routing.record(id_of(7))->v4_alias);
}

TEST_CASE("a changed record travels again, of others and of this node") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.clear();
  auto renamed = entry(7, 5, 50);
  renamed.record->v4_alias = {10, 77, 3, 4};
  desk.says(1, {renamed});
  desk.runs_for(100ms);
  REQUIRE(desk.told(2, 7));
  CHECK(desk.told(2, 7)->record->v4_alias == renamed.record->v4_alias);
  desk.renamed(IpAddress::from_v4(0x0a4d0505));
  CHECK(desk.told(1, 0)->record->v4_alias == std::array<std::uint8_t, 4>{10, 77, 5, 5});
}

TEST_CASE("the alias that counts is the one that the next hop tells") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  auto other = entry(7, 5, 140);
  other.record->v4_alias = {10, 77, 3, 4};
  desk.says(2, {other});
  CHECK_FALSE(desk.routing.record(id_of(7))->v4_alias);
  desk.down(1);
  CHECK(desk.routing.record(id_of(7))->v4_alias == IpAddress::from_v4(0x0a4d0304));
}

TEST_CASE("a node without a route is remembered for three minutes, its feasibility too") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.runs_for(1h);
  desk.down(1);
  auto const size = desk.routing.size();
  desk.runs_for(179s);
  CHECK(desk.routing.size() == size);
  CHECK(desk.routing.record(id_of(7)));
  desk.says(2, {entry(7, 5, 200)});
  CHECK(desk.hop(7) == std::nullopt);
  desk.says(2, {entry(7, 5, infinite)});
  desk.runs_for(181s);
  CHECK(desk.routing.size() == size - 2);
  CHECK_FALSE(desk.routing.record(id_of(7)));
  desk.says(2, {entry(7, 5, 200)});
  CHECK(desk.hop(7) == 2u);
}

TEST_CASE("a node is not forgotten while a neighbour may still use the route that was announced") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.acknowledges = false;
  desk.down(1);
  desk.runs_for(10min);
  CHECK(desk.routing.record(id_of(7)));
  desk.acknowledges = true;
  desk.runs_for(15s);
  CHECK_FALSE(desk.routing.record(id_of(7)));
}

TEST_CASE("a node is not forgotten while a neighbour whose link broke may still use what it was told") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.acknowledges = false;
  desk.says(1, {entry(7, 5, infinite)});
  desk.runs_for(200s);
  desk.down(2);
  desk.runs_for(179s);
  CHECK(desk.routing.record(id_of(7)));
  desk.runs_for(15s);
  CHECK_FALSE(desk.routing.record(id_of(7)));
}

TEST_CASE("a neighbour that is gone owes no acknowledgement, so nothing is kept for it") {
  auto desk = desk_with_two();
  desk.acknowledges = false;
  desk.says(1, {entry(7, 5, 50)});
  desk.down(2);
  desk.says(1, {entry(7, 5, infinite)});
  desk.runs_for(200s);
  CHECK_FALSE(desk.routing.record(id_of(7)));
}

TEST_CASE("every route that is offered can be listed, with what is thought of it") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.runs_for(3s);
  desk.says(2, {entry(7, 5, 400)});
  std::vector<OfferedRoute> offered;
  desk.routing.for_each_route([&](OfferedRoute const& one) {
    if (one.destination == id_of(7)) offered.push_back(one);
  });
  REQUIRE(offered.size() == 2);
  CHECK(offered[0].selected);
  CHECK(offered[0].feasible);
  CHECK(offered[0].metric == 150);
  CHECK(offered[0].since == desk.now - 3s);
  CHECK_FALSE(offered[1].feasible);
  CHECK(offered[1].neighbour == id_of(2));
  CHECK(offered[1].announced == 400);
}

TEST_CASE("a node is offered while some neighbour has a way to it that could be used, feasible or not") {
  auto desk = desk_with_two();
  CHECK_FALSE(desk.routing.is_offered(id_of(7)));
  desk.says(1, {entry(7, 5, 50)});
  CHECK(desk.routing.is_offered(id_of(7)));
  desk.says(2, {entry(7, 5, 400)});
  desk.says(1, {entry(7, 5, infinite)});
  REQUIRE(desk.hop(7) == std::nullopt);
  CHECK(desk.routing.is_offered(id_of(7)));
  desk.cost(2, infinite);
  CHECK_FALSE(desk.routing.is_offered(id_of(7)));
  desk.cost(2, 100);
  desk.says(2, {entry(7, 5, 400, 16)});
  CHECK_FALSE(desk.routing.is_offered(id_of(7)));
}

TEST_CASE("the generation moves with routes and records and rests otherwise") {
  auto desk = desk_with_two();
  auto const before = desk.routing.generation();
  desk.says(1, {entry(7, 5, 50)});
  auto const after = desk.routing.generation();
  CHECK(after != before);
  desk.says(1, {entry(7, 5, 50)});
  desk.runs_for(10min);
  CHECK(desk.routing.generation() == after);
}

TEST_CASE("at rest nothing is sent and nothing is due") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 5, 50)});
  desk.says(2, {entry(8, 5, 50)});
  desk.runs_for(1s);
  desk.clear();
  CHECK(desk.routing.next_deadline() == never);
}
