// Sequence numbers: who asks for one, who answers, who passes the request on.
#include <doctest/doctest.h>

#include "desk.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using namespace pim::mesh::test;

namespace {

Desk desk_with(std::uint32_t neighbours, Seqno own_seqno = 10) {
  Desk desk({}, own_seqno);
  for (std::uint32_t number = 1; number <= neighbours; ++number) {
    desk.up(number, 100);
    desk.says(number, {entry(number, 1, 0, 0)});
  }
  desk.runs_for(300ms);
  desk.clear();
  return desk;
}

}  // namespace

TEST_CASE("a request for a newer number of this node raises it, and everybody hears") {
  auto desk = desk_with(2);
  desk.asks(1, 0, 11);
  CHECK(desk.routing.own_seqno() == 11);
  for (std::uint32_t const number : {1u, 2u}) {
    REQUIRE(desk.told(number, 0));
    CHECK(desk.told(number, 0)->seqno == 11);
    CHECK(desk.told(number, 0)->metric == 0);
  }
}

TEST_CASE("a request for a number that this node has is answered to who asked alone") {
  auto desk = desk_with(2);
  desk.asks(1, 0, 10);
  desk.asks(1, 0, 3);
  CHECK(desk.routing.own_seqno() == 10);
  CHECK(desk.told(1, 0)->seqno == 10);
  CHECK_FALSE(desk.told(2, 0));
}

TEST_CASE("a number far ahead was ours in a life that did not store it, and is taken at once") {
  for (unsigned const ahead : {1u, 2u, 500u, 0x7800u}) {
    auto desk = desk_with(1, 0xfff0);
    auto const requested = static_cast<Seqno>(0xfff0 + ahead);
    desk.asks(1, 0, requested);
    CHECK(desk.routing.own_seqno() == requested);
    CHECK(desk.routing.next_deadline() == never);
  }
}

TEST_CASE(
    "within 100 s the own number moves by less than half the circle, whoever asks for whatever as often as it can") {
  for (unsigned const ahead : {5u, 16u, 0x1000u, 0x7800u, 0x7fffu, 0x8000u}) {
    auto desk = desk_with(1);
    std::vector<std::pair<Time, std::uint64_t>> path{{desk.now, 0}};
    auto last = desk.routing.own_seqno();
    for (auto const end = desk.now + 400s; desk.now < end; desk.runs_for(50ms)) {
      desk.asks(1, 0, static_cast<Seqno>(desk.routing.own_seqno() + ahead));
      auto const now = desk.routing.own_seqno();
      path.emplace_back(desk.now, path.back().second + static_cast<Seqno>(now - std::exchange(last, now)));
    }
    CHECK(path.back().second > 0);
    auto from = path.begin();
    std::uint64_t farthest = 0;
    for (auto const& [at, moved] : path) {
      while (at - from->first >= 100s) ++from;
      farthest = std::max(farthest, moved - from->second);
    }
    CHECK(farthest < 0x8000);
  }
}

TEST_CASE("when the leap is spent, what is near is reached in steps, and what is far is asked for again") {
  auto desk = desk_with(1);
  desk.asks(1, 0, 1000);
  CHECK(desk.routing.own_seqno() == 1000);
  desk.runs_for(1s);
  desk.asks(1, 0, 1016);
  desk.runs_for(1s);
  CHECK(desk.routing.own_seqno() == 1016);
  desk.asks(1, 0, 5000);
  CHECK(desk.routing.own_seqno() == 1020);
  CHECK(desk.routing.next_deadline() == never);
  desk.runs_for(100s);
  desk.asks(1, 0, 5000);
  CHECK(desk.routing.own_seqno() == 5000);
}

TEST_CASE("the own number grows no more often than every 200 ms, to the newest that was asked for") {
  auto desk = desk_with(2);
  auto const begin = desk.now;
  for (Seqno seqno = 11; seqno <= 20; ++seqno) desk.asks(1, 0, seqno);
  CHECK(desk.routing.own_seqno() == 11);
  CHECK(desk.routing.next_deadline() == begin + 200ms);
  desk.runs_for(200ms);
  CHECK(desk.routing.own_seqno() == 20);
}

TEST_CASE("what others say of this node itself is refused and counted, whatever it is") {
  auto desk = desk_with(2);
  for (auto const& said : {entry(0, 10, 300), entry(0, 11, infinite), entry(0, 40, 300), entry(0, 41, 0)})
    desk.says(1, {said});
  CHECK(desk.routing.own_seqno() == 10);
  CHECK(desk.routing.refusals().own_id == 4);
  CHECK_FALSE(desk.told(2, 0));
  CHECK(desk.hop(0) == std::nullopt);
}

TEST_CASE("a starved node asks everybody who announces the destination, ever less often, until it hears") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(2, {entry(7, 5, 400)});
  desk.says(3, {entry(7, 5, 500)});
  desk.runs_for(500ms);
  desk.clear();
  auto const begin = desk.now;
  desk.down(1);
  std::vector<Duration> times;
  for (Time seen = begin; times.size() < 9;) {
    if (!desk.requests.empty()) {
      REQUIRE(desk.requests.size() == 2);
      CHECK(desk.requests[0] == std::pair{2u, wire::SeqnoRequest{id_of(7), 6, 64, true}});
      CHECK(desk.requests[1].first == 3);
      times.push_back(seen - begin);
    }
    desk.clear();
    seen = desk.routing.next_deadline();
    desk.runs_until(seen);
  }
  CHECK(times == std::vector<Duration>{0ms, 500ms, 1500ms, 3500ms, 5500ms, 7500ms, 9500ms, 11500ms, 13500ms});
  desk.says(3, {entry(7, 6, 300)});
  desk.clear();
  desk.runs_for(60s);
  CHECK(desk.hop(7) == 3u);
  CHECK(desk.requests.empty());
}

TEST_CASE("who announces what nobody can answer for is asked ever less often, once a minute in the end") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(1, {entry(7, 5, infinite)});
  desk.clear();
  desk.says(1, {entry(7, 4, 50)});
  desk.runs_for(60s);
  CHECK(desk.requests.size() >= 30);
  desk.runs_for(300s);
  desk.clear();
  desk.runs_for(640s);
  CHECK(desk.requests.size() == 10);
}

TEST_CASE("a shorter route that is not feasible is asked for when it lasts a moment") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(2, {entry(7, 5, 150)});
  desk.cost(1, 400);
  CHECK(desk.hop(7) == 1u);
  desk.runs_for(249ms);
  CHECK(desk.requests.empty());
  desk.runs_for(1ms);
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0] == std::pair{2u, wire::SeqnoRequest{id_of(7), 6, 64}});
  desk.says(2, {entry(7, 6, 150)});
  CHECK(desk.hop(7) == 2u);
}

TEST_CASE("many askings at once are spread out") {
  auto desk = desk_with(2);
  for (std::uint32_t first = 100; first < 300; first += 20) {
    std::vector<wire::UpdateEntry> near, far;
    for (auto number = first; number < first + 20; ++number) {
      near.push_back(entry(number, 5, 50));
      far.push_back(entry(number, 5, 400));
    }
    desk.says(1, near);
    desk.says(2, far);
  }
  desk.runs_for(500ms);
  desk.clear();
  desk.down(1);
  CHECK(desk.requests.size() == 64);
  desk.runs_for(30ms);
  CHECK(desk.requests.size() == 200);
}

TEST_CASE("a request is answered by a route that is new enough") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.runs_for(100ms);
  desk.clear();
  desk.asks(2, 7, 5);
  CHECK(desk.told_metric(2, 7) == 150);
  CHECK_FALSE(desk.told(3, 7));
  CHECK(desk.requests.empty());
}

TEST_CASE("a request that cannot be answered goes on to the next hop, one hop shorter, and never back") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.asks(2, 7, 6, 9);
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0] == std::pair{1u, wire::SeqnoRequest{id_of(7), 6, 8}});
  desk.runs_for(1s);
  desk.clear();
  desk.asks(1, 7, 6, 9);
  CHECK(desk.requests.empty());
  desk.says(3, {entry(7, 5, 700)});
  desk.clear();
  desk.asks(1, 7, 6, 9);
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0].first == 3);
}

TEST_CASE("a request ends with its hop limit, and at a node that was never heard of") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  desk.asks(2, 7, 6, 1);
  desk.asks(2, 8, 6, 9);
  desk.runs_for(5s);
  CHECK(desk.requests.empty());
}

TEST_CASE("a request that passes through is repeated twice, and its duplicates are not passed on") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  for (int i = 0; i < 50; ++i) {
    desk.asks(2, 7, 6);
    desk.asks(3, 7, 6);
  }
  CHECK(desk.requests.size() == 1);
  desk.runs_for(5s);
  CHECK(desk.requests.size() == 3);
  desk.asks(2, 7, 6);
  CHECK(desk.requests.size() == 4);
}

TEST_CASE("a flood of ever newer requests passes no faster than one") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  for (Seqno seqno = 6; seqno < 1000; ++seqno) desk.asks(2, 7, seqno);
  CHECK(desk.requests.size() == 1);
  desk.runs_for(5s);
  CHECK(desk.requests.size() <= 4);
  CHECK(desk.requests.back().second.seqno == 999);
}

TEST_CASE("the answer to a request that passed through goes out at once and ends the repeating") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.asks(2, 7, 6);
  desk.runs_for(60ms);
  desk.clear();
  desk.says(1, {entry(7, 6, 50)});
  CHECK(desk.told(2, 7)->seqno == 6);
  desk.runs_for(5s);
  CHECK(desk.requests.empty());
}

TEST_CASE(
    "a request of a node that is cut off is answered from a dearer route that has the number, and not passed on") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(2, {entry(7, 6, 500)});
  CHECK(desk.hop(7) == 1u);
  desk.clear();
  desk.asks(3, 7, 6, 64, true);
  CHECK(desk.hop(7) == 2u);
  CHECK(desk.requests.empty());
  CHECK(desk.told_metric(3, 7) == 600);
  desk.runs_for(1s);
  desk.says(1, {entry(7, 6, 50)});
  CHECK(desk.hop(7) == 1u);
}

TEST_CASE("for a node that is not cut off, or could not use it, no dearer route is taken") {
  for (auto const hops : {std::uint8_t{1}, std::uint8_t{15}}) {
    auto desk = desk_with(3);
    desk.says(1, {entry(7, 5, 50)});
    auto dearer = entry(7, 6, 500);
    dearer.hops = hops;
    desk.says(2, {dearer});
    desk.clear();
    desk.asks(3, 7, 6, 64, hops == 15);
    CHECK(desk.hop(7) == 1u);
    CHECK(desk.requests.size() == 1);
  }
}

TEST_CASE("no route that is doubted is taken for a node that is cut off") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(2, {entry(7, 6, 500)});
  desk.doubts(7, 2);
  desk.clear();
  desk.asks(3, 7, 6, 64, true);
  CHECK(desk.hop(7) == 1u);
  CHECK(desk.requests.size() == 1);
}

TEST_CASE("a request goes on as urgent as the most urgent that it stands for") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.asks(2, 7, 6);
  REQUIRE(desk.requests.size() == 1);
  CHECK_FALSE(desk.requests[0].second.is_cut_off);
  desk.clear();
  desk.asks(3, 7, 6, 64, true);
  desk.asks(2, 7, 7);
  desk.runs_for(200ms);
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0].second == wire::SeqnoRequest{id_of(7), 7, 63, true});
  // What was urgent is over with it.
  desk.runs_for(5s);
  desk.clear();
  desk.asks(2, 7, 8);
  REQUIRE(desk.requests.size() == 1);
  CHECK_FALSE(desk.requests[0].second.is_cut_off);
}

TEST_CASE("a request that ends near does not stand in the way of one that goes far, and together they go no faster") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.asks(2, 7, 20, 2);
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0].second == wire::SeqnoRequest{id_of(7), 20, 1});
  desk.clear();
  desk.asks(3, 7, 6, 64);
  desk.runs_for(200ms);
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0] == std::pair{1u, wire::SeqnoRequest{id_of(7), 20, 63}});
  desk.clear();
  for (Seqno seqno = 20; seqno < 120; ++seqno) {  // neither what is newer nor what reaches less far shortens it
    desk.asks(2, 7, seqno, 2);
    desk.asks(3, 7, 6, 64);
    desk.runs_for(10ms);
  }
  CHECK(desk.requests.size() <= 6);
  CHECK(std::all_of(desk.requests.begin(), desk.requests.end(),
                    [](auto const& one) { return one.second.hop_limit == 63; }));
}

TEST_CASE("how far a request went is nothing to one that comes after it") {
  auto desk = desk_with(3);
  desk.says(1, {entry(7, 5, 50)});
  desk.asks(2, 7, 6, 64);
  desk.runs_for(5s);
  desk.clear();
  desk.asks(2, 7, 7, 9);
  REQUIRE(desk.requests.size() == 1);
  CHECK(desk.requests[0].second == wire::SeqnoRequest{id_of(7), 7, 8});
}

TEST_CASE("who waits for a number still waits when the route is lost and comes back without it, on the whole circle") {
  for (Seqno const seqno : {Seqno{5}, Seqno{0x9000}}) {
    auto desk = desk_with(3);
    desk.says(1, {entry(7, seqno, 50)});
    desk.asks(2, 7, static_cast<Seqno>(seqno + 1));
    desk.says(1, {entry(7, seqno, infinite)});
    desk.says(1, {entry(7, seqno, 60)});
    desk.says(1, {entry(7, seqno, 61)});  // from now on changes are collected
    desk.clear();
    desk.says(1, {entry(7, static_cast<Seqno>(seqno + 1), 61)});
    CHECK(desk.told(2, 7));
    CHECK_FALSE(desk.told(3, 7));
  }
}

TEST_CASE("a route that comes and goes is asked for no more often than a number may grow") {
  auto desk = desk_with(2);
  desk.says(1, {entry(7, 5, 50)});
  desk.says(2, {entry(7, 5, 400)});
  desk.clear();
  for (int i = 0; i < 50; ++i) {
    desk.says(1, {entry(7, 5, infinite)});
    desk.runs_for(10ms);
    desk.says(1, {entry(7, 5, 50)});
    desk.runs_for(10ms);
  }
  CHECK(desk.requests.size() >= 3);
  CHECK(desk.requests.size() <= 5);
  desk.clear();
  desk.says(1, {entry(7, 5, infinite)});  // and stays away: the pause ends
  desk.runs_for(200ms);
  CHECK(desk.requests.size() == 1);
}
