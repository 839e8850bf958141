#include "session/schedule.hpp"

#include <doctest/doctest.h>

#include "session/timestamps.hpp"

using namespace pim;
using namespace pim::session;

namespace {
class Fixed : public Entropy {
 public:
  explicit Fixed(std::uint8_t byte) : byte_(byte) {}
  void fill(MutBytes out) override { std::fill(out.begin(), out.end(), byte_); }

 private:
  std::uint8_t byte_;
};
}  // namespace

TEST_CASE("four initiations go out within the budget, then the attempt ends") {
  Time const begin{7s};
  InitiationSchedule schedule(begin, 5s, false);
  for (auto const offset : initiation_offsets) {
    CHECK(schedule.next_deadline() == begin + offset);
    CHECK(schedule.take_due(schedule.next_deadline()));
    CHECK_FALSE(schedule.take_due(begin + offset));
  }
  CHECK(schedule.next_deadline() == begin + 5s);
}

TEST_CASE("a late turn sends one initiation, not those that it missed") {
  InitiationSchedule schedule(Time{0s}, 5s, false);
  CHECK(schedule.take_due(Time{2s}));
  CHECK_FALSE(schedule.take_due(Time{2s}));
  CHECK(schedule.next_deadline() == Time{3500ms});
}

TEST_CASE("initiations begin anew when the other side is heard, once, and not while an answer may still come") {
  InitiationSchedule schedule(Time{0s}, 5s, false);
  REQUIRE(schedule.take_due(Time{3500ms}));
  schedule.restart(Time{3900ms});
  CHECK(schedule.next_deadline() == Time{5s});
  schedule.restart(Time{4900ms});
  CHECK(schedule.take_due(Time{4900ms}));
  CHECK(schedule.next_deadline() == Time{5400ms});
  CHECK(schedule.gives_up_at() == Time{9900ms});
  REQUIRE(schedule.take_due(Time{8400ms}));
  schedule.restart(Time{9800ms});
  CHECK(schedule.next_deadline() == Time{9900ms});
}

TEST_CASE("rests grow from five seconds to a minute and never beyond") {
  Fixed least(255), most(0);
  CHECK(backoff(1, most) == 5s);
  CHECK(backoff(2, most) == 10s);
  CHECK(backoff(5, most) == 60s);
  CHECK(backoff(1000, most) == 60s);
  CHECK(backoff(1, least) == 3750ms);
}

TEST_CASE("timestamps never go back, whatever the wall clock does") {
  Timestamps timestamps(WallTime{100s});
  auto last = WallTime{100s};
  for (auto const wall : {WallTime{50s}, WallTime{200s}, WallTime{10s}, WallTime{200s}}) {
    auto const next = timestamps.next(wall);
    CHECK(next > last);
    last = next;
  }
}

TEST_CASE("a restart after a crash continues behind everything that was used") {
  Timestamps first(WallTime{});
  auto const used = first.next(WallTime{1000s});
  auto const stored = first.to_store();
  REQUIRE(stored);
  CHECK_FALSE(first.to_store());
  CHECK(*stored >= used);
  Timestamps second(*stored);
  CHECK(second.next(WallTime{}) > used);
}

TEST_CASE("a reservation is not written again for every handshake") {
  Timestamps timestamps(WallTime{});
  int writes = 0;
  for (int i = 0; i < 100; ++i) {
    (void)timestamps.next(WallTime{1000s + i * 100ms});
    if (timestamps.to_store()) ++writes;
  }
  CHECK(writes == 1);
}
