// The simulator's own tests: that it repeats itself, sees what it looks for, and finds what it is there to find.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/scenario.hpp"

using namespace pim;
using namespace pim::sim;
using namespace std::chrono_literals;

namespace {

Options small(std::uint64_t seed) {
  Options options;
  options.nodes = 12;
  options.seed = seed;
  options.cuts = 10;
  options.restarts = 2;
  options.partitions = 1;
  return options;
}

}  // namespace

TEST_CASE("the same seed is the same run, and another seed another") {
  auto const first = run(small(1)), again = run(small(1)), other = run(small(2));
  CHECK(first.violation == "");
  CHECK(first.trace == again.trace);
  CHECK(first.counts.datagrams == again.counts.datagrams);
  CHECK(first.trace != other.trace);
}

TEST_CASE("a mesh that falls apart and comes together has no loops and reaches everybody in time") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Options options;
    options.nodes = 50;
    options.seed = seed;
    auto const report = run(options);
    CAPTURE(seed);
    CHECK(report.violation == "");
    CHECK(report.cuts >= 50);
    CHECK(report.restarts >= 10);
    CHECK(report.partitions >= 3);
    CHECK(report.worst <= 10s);
    CHECK(report.rest_bytes <= 1000);
  }
}

TEST_CASE("without the feasibility condition next hops go round, and the simulator sees it") {
  auto options = small(1);
  options.nodes = 50;
  options.checks_feasibility = false;
  auto const report = run(options);
  CHECK(report.loops == 1);
  CHECK(report.violation.find("a cycle to") == 0);
}

TEST_CASE("a cycle is found through edges that count, and not through a life that is over") {
  NextHops hops(4);
  for (NodeNumber node = 0; node < 4; ++node) hops.set_life(node, node + 1);
  hops.set(0, 3, 1, 2);
  hops.set(1, 3, 2, 3);
  CHECK(hops.cycle_through(1, 3).empty());
  hops.set(2, 3, 0, 1);
  CHECK(hops.cycle_through(2, 3) == std::vector<NodeNumber>{2, 0, 1});
  hops.set_life(1, 0);
  hops.set_life(1, 9);
  hops.set(1, 3, 2, 3);
  CHECK(hops.cycle_through(2, 3).empty());
}

TEST_CASE("the words of a probe are found wherever they stand") {
  auto const packet = make_probe({1, 2, 3}, *parse_ip("fd00::1"), *parse_ip("fd00::2"));
  CHECK(shows_probe(packet));
  CHECK(parse_probe(packet)->number == 3);
  CHECK_FALSE(shows_probe(Bytes(packet).first(60)));
}
