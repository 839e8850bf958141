#include "rpc/pressure.hpp"

#include <doctest/doctest.h>

using namespace pim;
using rpc::PressureGauge;

namespace {
/// The level told when so many of 100 are used, 0 for nothing.
int told(PressureGauge& gauge, std::uint64_t used) {
  auto const news = gauge.next({used, 100});
  if (!news) return 0;
  CHECK(news->used == used);
  CHECK(news->max == 100);
  CHECK(news->pct == used);
  return news->level;
}
}  // namespace

TEST_CASE("each_level_is_told_once_as_it_is_reached") {
  PressureGauge gauge;
  CHECK(told(gauge, 79) == 0);
  CHECK(told(gauge, 80) == 1);
  CHECK(told(gauge, 94) == 0);
  CHECK(told(gauge, 95) == 2);
  CHECK(told(gauge, 100) == 0);
}

TEST_CASE("a_jump_to_the_second_level_does_not_tell_the_first") {
  PressureGauge gauge;
  CHECK(told(gauge, 97) == 2);
  CHECK(told(gauge, 85) == 0);
}

TEST_CASE("a_count_that_moves_around_a_level_is_one_piece_of_news") {
  PressureGauge gauge;
  CHECK(told(gauge, 80) == 1);
  CHECK(told(gauge, 76) == 0);
  CHECK(told(gauge, 81) == 0);
  CHECK(told(gauge, 74) == 0);
  CHECK(told(gauge, 80) == 1);
  CHECK(told(gauge, 96) == 2);
  CHECK(told(gauge, 91) == 0);
  CHECK(told(gauge, 96) == 0);
  CHECK(told(gauge, 89) == 0);
  CHECK(told(gauge, 96) == 2);
}

TEST_CASE("more_than_there_is_room_for_is_a_hundred_percent") {
  PressureGauge gauge;
  auto const news = gauge.next({101, 100});
  REQUIRE(news.has_value());
  CHECK(news->pct == 100);
}
