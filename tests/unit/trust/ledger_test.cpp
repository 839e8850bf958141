#include "trust/ledger.hpp"

#include <doctest/doctest.h>

using namespace pim;
using namespace pim::trust;
using namespace std::chrono_literals;

TEST_CASE("an attempt tells the last step it reached and why it went no further") {
  Ledger ledger;
  auto const number = ledger.begin("192.0.2.1:9100", std::nullopt, Step::key_queried, WallTime{5s});
  NodeId const seen{{1}}, expected{{2}};
  CHECK(ledger.reach(number, Step::initiation_sent, seen)->peer == seen);
  auto const* entry = ledger.fail(number, Refused{PairFailure::untrusted_peer_id, expected, seen, "pinned"});
  REQUIRE(entry != nullptr);
  CHECK(entry->step == Step::initiation_sent);
  CHECK(entry->reason == PairFailure::untrusted_peer_id);
  CHECK(entry->expected == expected);
  CHECK(entry->seen == seen);
  CHECK(entry->detail == "pinned");
  CHECK(to_string(entry->step) == "initiation_sent");
}

TEST_CASE("nobody was seen where nothing answered") {
  Ledger ledger;
  auto const number = ledger.begin("192.0.2.1:9100", std::nullopt, Step::key_queried, {});
  NodeId const expected{{2}};
  auto const* entry = ledger.fail(number, Refused{PairFailure::timeout, expected, NodeId{}, "silence"});
  REQUIRE(entry != nullptr);
  CHECK(entry->expected == expected);
  CHECK_FALSE(entry->seen);
}

TEST_CASE("an attempt of another node stays inbound when it succeeds") {
  Ledger ledger;
  auto const inbound = ledger.begin("192.0.2.1:9100", std::nullopt, Step::initiation_received, {});
  CHECK(ledger.reach(inbound, Step::established)->is_inbound);
  auto const outbound = ledger.begin("192.0.2.2:9100", std::nullopt, Step::resolving, {});
  CHECK_FALSE(ledger.reach(outbound, Step::established)->is_inbound);
}

TEST_CASE("the oldest attempt leaves the full ledger, and news about it go nowhere") {
  Ledger ledger;
  auto const first = ledger.begin("a", std::nullopt, Step::resolving, {});
  auto const second = ledger.begin("b", std::nullopt, Step::resolving, {});
  for (std::size_t i = 2; i < Ledger::capacity; ++i) ledger.begin("x", std::nullopt, Step::resolving, {});
  CHECK(ledger.reach(first, Step::initiation_sent) != nullptr);
  auto const last = ledger.begin("y", std::nullopt, Step::resolving, {});
  CHECK(ledger.entries().size() == Ledger::capacity);
  CHECK(ledger.reach(first, Step::established) == nullptr);
  CHECK(ledger.fail(first, PairFailure::timeout) == nullptr);
  CHECK(ledger.reach(second, Step::established)->address == "b");
  CHECK(ledger.reach(last, Step::established)->address == "y");
  CHECK(ledger.reach(last + 1, Step::established) == nullptr);
  CHECK(ledger.reach(0, Step::established) == nullptr);
}

TEST_CASE("one failure event per minute and address") {
  FailureLimiter limiter;
  Time const start{100s};
  CHECK(limiter.allow("a", start));
  CHECK_FALSE(limiter.allow("a", start + 59s));
  CHECK(limiter.allow("b", start + 59s));
  CHECK(limiter.allow("a", start + 60s));
  CHECK_FALSE(limiter.allow("a", start + 119s));
}

TEST_CASE("a flood of addresses is quiet beyond the bound and recovers after a minute") {
  FailureLimiter limiter;
  Time const start{100s};
  std::size_t events = 0;
  for (int i = 0; i < 10'000; ++i) events += limiter.allow("stranger " + std::to_string(i), start) ? 1u : 0u;
  CHECK(events == FailureLimiter::capacity);
  CHECK(limiter.allow("new", start + 60s));
}
