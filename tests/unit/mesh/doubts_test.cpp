#include <doctest/doctest.h>

#include "desk.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using namespace pim::mesh::test;

namespace {

/// Node 7 by neighbour 1, and a little dearer by neighbour 2.
struct TwoWays : Desk {
  TwoWays() {
    for (std::uint32_t const number : {1u, 2u}) {
      up(number, 100);
      says(number, {entry(number, 1, 0, 0)});
    }
    says(1, {entry(7, 1, 100)});
    says(2, {entry(7, 1, 150)});
    runs_for(100ms);
  }
};

}  // namespace

TEST_CASE("a doubted way gives room to a dearer one at once, for a minute") {
  TwoWays desk;
  REQUIRE(desk.hop(7) == 1);
  desk.doubts(7, 1);
  CHECK(desk.hop(7) == 2);
  desk.runs_for(59s);
  CHECK(desk.hop(7) == 2);
  desk.runs_for(3s);
  CHECK(desk.hop(7) == 1);
}

TEST_CASE("each time a way is doubted it is left for longer") {
  TwoWays desk;
  for (auto const lasts : {60s, 120s, 240s}) {
    desk.doubts(7, 1);
    desk.runs_for(lasts - 1s);
    CHECK(desk.hop(7) == 2);
    desk.runs_for(3s);
    CHECK(desk.hop(7) == 1);
  }
}

TEST_CASE("the only way is used, doubted or not, and of two doubted ones the cheaper") {
  TwoWays desk;
  desk.doubts(7, 1);
  desk.doubts(7, 2);
  CHECK(desk.hop(7) == 1);
  desk.down(1);
  CHECK(desk.hop(7) == 2);
}

TEST_CASE("a doubt is about one node by one neighbour, and gone with the neighbour") {
  TwoWays desk;
  desk.says(1, {entry(8, 1, 100)});
  desk.says(2, {entry(8, 1, 150)});
  desk.doubts(7, 1);
  CHECK(desk.hop(8) == 1);
  CHECK(desk.hop(1) == 1);
  desk.down(1);
  desk.up(1, 100);
  desk.says(1, {entry(1, 1, 0, 0), entry(7, 2, 100)});
  desk.runs_for(2s);
  CHECK(desk.hop(7) == 1);
}

TEST_CASE("another way that is not feasible yet is asked for when the one in use is doubted") {
  TwoWays desk;
  desk.runs_for(5s);
  desk.says(2, {entry(7, 1, 500)});  // more than was ever announced from here
  REQUIRE(desk.hop(7) == 1);
  desk.clear();
  desk.doubts(7, 1);
  CHECK(desk.hop(7) == 1);
  desk.runs_for(1s);
  REQUIRE_FALSE(desk.requests.empty());
  CHECK(desk.requests.front().first == 2);
  CHECK(desk.requests.front().second == wire::SeqnoRequest{id_of(7), 2, desk.requests.front().second.hop_limit});
  desk.says(2, {entry(7, 2, 500)});
  CHECK(desk.hop(7) == 2);
}

TEST_CASE("doubts about nodes and neighbours that are not known are nothing") {
  TwoWays desk;
  desk.doubts(99, 1);
  desk.doubts(7, 99);
  CHECK(desk.hop(7) == 1);
}

TEST_CASE("a doubted way that has each new number first is asked past ever less often") {
  auto desk = desk_with_two();
  desk.says(1, {entry(7, 1, 100)});
  desk.runs_for(100ms);
  desk.says(2, {entry(7, 1, 300)});  // not feasible: this node said less
  desk.doubts(7, 1);
  std::size_t asked = 0;
  for (auto const end = desk.now + 60s; desk.now < end; desk.runs_for(50ms)) {
    auto const requests = std::exchange(desk.requests, {});
    if (requests.empty()) continue;
    ++asked;
    CHECK(requests.front().first == 2);
    auto const seqno = requests.front().second.seqno;
    desk.says(2, {entry(7, seqno, infinite)});  // whoever waits for a number takes it from us for a while
    desk.says(1, {entry(7, seqno, 100)});
    desk.runs_for(300ms);
    desk.says(2, {entry(7, seqno, 300)});
  }
  CHECK(asked >= 4);
  CHECK(asked <= 8);
  CHECK(desk.hop(7) == 1);
}

TEST_CASE("a way that was not doubted for an hour is left for a minute again") {
  TwoWays desk;
  desk.doubts(7, 1);
  desk.runs_for(61s);
  desk.doubts(7, 1);
  desk.runs_for(120s + 1h + 1s);
  REQUIRE(desk.hop(7) == 1);
  desk.doubts(7, 1);
  desk.runs_for(59s);
  CHECK(desk.hop(7) == 2);
  desk.runs_for(3s);
  CHECK(desk.hop(7) == 1);
}

TEST_CASE("a way that was doubted within the last hour is left for longer") {
  TwoWays desk;
  desk.doubts(7, 1);
  desk.runs_for(60s + 1h);
  desk.doubts(7, 1);
  desk.runs_for(119s);
  CHECK(desk.hop(7) == 2);
}

TEST_CASE("ways to a node that turns out to have restarted are as good as before, now and next time") {
  TwoWays desk;
  desk.says(1, {entry(8, 1, 100)});
  desk.says(2, {entry(8, 1, 150)});
  desk.runs_for(100ms);
  for (auto const node : {7u, 8u}) desk.doubts(node, 1);
  desk.forgives(7);
  desk.runs_for(2s);
  CHECK(desk.hop(7) == 1);
  CHECK(desk.hop(8) == 2);
  desk.doubts(7, 1);
  desk.runs_for(63s);
  CHECK(desk.hop(7) == 1);
}
