// The simulator's own tests: that it repeats itself, sees what it looks for, and finds what it is there to find.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

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
  CHECK(first.counts.turns == again.counts.turns);
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
    CHECK(report.blinks >= 10);
    CHECK(report.at_rest.most <= 1000);
    CHECK(report.at_rest.most > report.at_rest.mean);
    CHECK(report.at_rest.mean > 0);
  }
}

TEST_CASE("without the feasibility condition next hops go round, and the simulator sees it") {
  auto options = small(1);
  options.nodes = 50;
  options.checks_feasibility = false;
  auto const report = run(options);
  CHECK(report.loops == 1);
  CHECK(report.violation.find("a cycle to") == 0);
  CHECK(report.violation.find(" bytes  data ") != std::string::npos);  // the last datagrams of those in the circle
}

TEST_CASE("no two seeds share a number") {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    for (int i = 0; i < 200; ++i) seen.insert(random.next());
  }
  CHECK(seen.size() == 20000);
}

TEST_CASE("no two nodes are farther apart than the graph promises") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    auto const graph = make_graph(300, random);
    for (NodeNumber node = 0; node < graph.nodes; ++node) {
      auto const ways = ways_from(node, graph);
      CHECK(*std::max_element(ways.begin(), ways.end()) <= longest_way);
    }
  }
}

TEST_CASE("a NAT lets in what answers, to the mapping of this hole alone") {
  Random random(5);
  Graph graph{2, std::vector<Pair>(40, {0, 1, 0.1})};
  Underlay underlay(graph, random);
  underlay.be_calm(true);
  LinkNumber number = 0;
  while (!underlay.links()[number].is_natted) ++number;
  auto const& link = underlay.links()[number];
  auto const outside = Underlay::endpoint_of(link.b);
  auto const fate = [&](NodeNumber from, Endpoint const& to, Duration at) {
    return underlay.send(number, from, to, Time{at}).fate;
  };
  auto const lets = [](Fate one) { return one == Fate::sent || one == Fate::doubled; };
  CHECK(fate(link.b, Underlay::source_of(link, link.a), 1s) == Fate::barred);
  CHECK(lets(fate(link.a, outside, 1s)));
  auto const first = Underlay::source_of(link, link.a);
  CHECK(lets(fate(link.b, first, 30s)));
  CHECK(fate(link.b, Underlay::endpoint_of(link.a), 30s) == Fate::barred);
  CHECK(fate(link.b, first, 31s) == Fate::barred);
  CHECK(lets(fate(link.a, outside, 32s)));
  CHECK(fate(link.b, first, 33s) == Fate::barred);
  CHECK(lets(fate(link.b, Underlay::source_of(link, link.a), 33s)));
  underlay.forget_mapping(number);
  CHECK(fate(link.b, Underlay::source_of(link, link.a), 34s) == Fate::barred);
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
