#include "session/liveness.hpp"

#include <doctest/doctest.h>

#include "session/timing.hpp"

using namespace pim;
using namespace pim::session;
using Verdict = Liveness::Verdict;

namespace {
Time const start{1000s};
}

TEST_CASE("a peer that goes silent under traffic is probed after a second and lost in time for the kill switch") {
  Liveness liveness;
  liveness.start(start);
  liveness.ask_when_idle(true, start);
  Liveness::Seen const seen{start, start + 100ms};
  liveness.on_awaited(seen.awaiting_since);
  int probes = 0;
  for (;;) {
    auto const now = liveness.next_deadline();
    auto const verdict = liveness.poll(seen, now);
    if (verdict == Verdict::probe) ++probes;
    if (verdict == Verdict::lost) {
      CHECK(now == seen.awaiting_since + answer_limit);
      break;
    }
    REQUIRE(now < start + 10s);
  }
  CHECK(probes == 6);
  CHECK(liveness.next_deadline() == never);
}

TEST_CASE("one answer to a probe ends the suspicion") {
  Liveness liveness;
  liveness.start(start);
  liveness.on_awaited(start);
  CHECK(liveness.poll({start - 1s, start}, start + 1s) == Verdict::probe);
  CHECK(liveness.poll({start + 1100ms, never}, start + 1250ms) == Verdict::quiet);
  CHECK(liveness.next_deadline() == never);
}

TEST_CASE("traffic that is answered wakes nobody more than once a second") {
  Liveness liveness;
  liveness.start(start);
  int wakes = 0;
  auto now = start;
  for (int i = 0; i < 1000; ++i, now += 10ms) {  // a request every 10 ms, answered after 5
    liveness.on_awaited(now);
    auto const later = now + 9ms;
    if (liveness.next_deadline() > later) continue;
    ++wakes;
    CHECK(liveness.poll({now + 5ms, never}, later) == Verdict::quiet);
  }
  CHECK(wakes <= 11);
}

TEST_CASE("an idle peer is asked now and then and lost when it does not answer") {
  Liveness liveness;
  liveness.start(start);
  liveness.ask_when_idle(true, start);
  CHECK(liveness.next_deadline() == start + idle_probe_interval);
  auto const asked = liveness.next_deadline();
  CHECK(liveness.poll({start, never}, asked) == Verdict::probe);
  CHECK(liveness.next_deadline() == asked + answer_patience);
  auto verdict = Verdict::quiet;
  while (verdict != Verdict::lost) verdict = liveness.poll({start, never}, liveness.next_deadline());
  CHECK(liveness.poll({start, never}, asked + 1h) == Verdict::quiet);
}

TEST_CASE("a peer that only answers is left in peace") {
  Liveness liveness;
  liveness.start(start);
  CHECK(liveness.next_deadline() == never);
}

TEST_CASE("a jump of the clock over hours still probes before it gives up") {
  Liveness liveness;
  liveness.start(start);
  liveness.ask_when_idle(true, start);
  CHECK(liveness.poll({start, never}, start + 8h) == Verdict::probe);
  CHECK(liveness.poll({start + 8h + 10ms, never}, liveness.next_deadline()) == Verdict::quiet);
}

TEST_CASE("a peer that does not hear us is asked at once, and lost in time whatever comes from it") {
  Liveness liveness;
  liveness.start(start);
  liveness.on_unheard(start);
  int probes = 0;
  auto now = start;
  for (;; now = liveness.next_deadline()) {
    auto const verdict = liveness.poll({now, never}, now);
    if (verdict == Verdict::lost) break;
    CHECK(verdict == Verdict::probe);
    ++probes;
    liveness.on_unheard(now);  // said again, it is no longer time
  }
  CHECK(probes == 6);
  CHECK(now == start + answer_limit - answer_patience);
  CHECK(liveness.unheard_since() == never);
}

TEST_CASE("an answered probe says that a peer hears us after all") {
  Liveness liveness;
  liveness.start(start);
  liveness.on_unheard(start);
  CHECK(liveness.poll({start, never}, start) == Verdict::probe);
  liveness.on_answer();
  CHECK(liveness.unheard_since() == never);
  CHECK(liveness.poll({start + 100ms, never}, liveness.next_deadline()) == Verdict::quiet);
  CHECK(liveness.next_deadline() == never);
}
