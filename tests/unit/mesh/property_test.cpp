// Whole meshes under cuts, heals, dearer links, restarts and partitions, over channels that lose, double and
// reorder: never a cycle of next hops, and after some quiet every route is there and as short as it can be.
#include <doctest/doctest.h>

#include "net.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using namespace pim::mesh::test;
using Number = Net::Number;

namespace {

Metric random_cost(pim::test::SeededEntropy& random) {
  constexpr Metric costs[] = {128, 144, 170, 256, 300, 512, 600};
  return costs[random.below(std::size(costs))];
}

/// A tree, so that all hangs together, and half as many links again.
void build(Net& net, Number nodes, pim::test::SeededEntropy& random) {
  for (Number number = 1; number < nodes; ++number)
    net.connect(number, static_cast<Number>(random.below(number)), random_cost(random), random_cost(random));
  for (Number extra = 0; extra < nodes / 2; ++extra) {
    auto const a = static_cast<Number>(random.below(nodes)), b = static_cast<Number>(random.below(nodes));
    if (a != b) net.connect(a, b, random_cost(random), random_cost(random));
  }
}

std::pair<Number, Number> any_link(Net const& net, pim::test::SeededEntropy& random) {
  auto at = net.links().begin();
  std::advance(at, random.below(net.links().size()));
  return at->first;
}

void partition(Net& net, Number nodes, pim::test::SeededEntropy& random) {
  auto const border = static_cast<Number>(1 + random.below(nodes - 1));
  for (auto const& [link, cost] : net.links())
    if (link.first < border && link.second >= border) net.cut(link.first, link.second);
}

void disturb(Net& net, Number nodes, pim::test::SeededEntropy& random) {
  auto const [a, b] = any_link(net, random);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2: net.cut(a, b); break;
    case 3:
    case 4:
    case 5: net.heal(a, b); break;
    case 6:
    case 7:
    case 8: net.set_cost(a, b, random_cost(random)); break;
    case 9: net.blink(a, b); break;
    case 10: net.restart(static_cast<Number>(random.below(nodes)), random.below(4) != 0); break;
    case 11:
      if (random.below(4) == 0) partition(net, nodes, random);
      break;
    default: break;
  }
}

/// Two minutes of trouble.
void trouble(Net& net, Number nodes, pim::test::SeededEntropy& random) {
  auto const end = net.now() + 120s;
  while (net.now() < end) {
    disturb(net, nodes, random);
    net.run_for(std::chrono::milliseconds{random.below(4) == 0 ? random.below(5000) : random.below(300)});
  }
}

/// How many routes are missing, impossible, or longer than `percent` of the shortest.
std::size_t faults(Net const& net, Number nodes, unsigned percent) {
  std::size_t count = 0;
  for (Number to = 0; to < nodes; ++to) {
    auto const shortest = net.shortest_to(to);
    for (Number from = 0; from < nodes; ++from) {
      if (from == to) continue;
      auto const route = net.routing(from).route(id_of(to));
      bool const is_connected = shortest[from] < infinite;
      bool const is_right =
          route ? is_connected && route->metric >= shortest[from] && route->metric * 100u <= shortest[from] * percent
                : !is_connected;
      if (!is_right) ++count;
    }
  }
  return count;
}

}  // namespace

TEST_CASE("next hops never form a cycle, and after quiet every route is the shortest") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    pim::test::SeededEntropy random(seed);
    NetSettings settings;
    unsigned const hysteresis = seed % 2 == 0 ? 12 : 0;
    settings.routing.hysteresis_percent = hysteresis;
    settings.routing.max_hops = 64;  // the shortest path may be the one with the most hops
    Net net(settings, seed);
    build(net, settings.nodes, random);
    net.run_for(10s);
    CHECK(faults(net, settings.nodes, 100 + hysteresis) == 0);
    trouble(net, settings.nodes, random);
    net.run_for(45s);
    CHECK(faults(net, settings.nodes, 100 + hysteresis) == 0);
    INFO(net.first_loop());
    CHECK(net.loops() == 0);

    auto const messages = net.messages();
    net.run_for(600s);
    CHECK(net.messages() == messages);
  }
}

TEST_CASE("who asks nodes for numbers far ahead, as often as it likes, makes no cycle among the others") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    pim::test::SeededEntropy random(seed);
    NetSettings settings;
    settings.routing.max_hops = 64;
    Net net(settings, seed);
    build(net, settings.nodes, random);
    net.run_for(10s);
    for (auto const end = net.now() + 120s; net.now() < end; net.run_for(100ms)) {
      if (random.below(3) == 0) disturb(net, settings.nodes, random);
      for (Number victim = 0; victim < 5; ++victim) net.ask(victim, 0x7fff);
    }
    INFO(net.first_loop());
    CHECK(net.loops() == 0);
    net.run_for(600s);  // who was cut off meanwhile may have to wait for the next leap
    CHECK(faults(net, settings.nodes, 112) == 0);
  }
}

TEST_CASE("without the feasibility condition the same meshes do form cycles") {
  std::size_t loops = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    pim::test::SeededEntropy random(seed);
    NetSettings settings;
    settings.routing.checks_feasibility = false;
    Net net(settings, seed);
    build(net, settings.nodes, random);
    net.run_for(10s);
    trouble(net, settings.nodes, random);
    loops += net.loops();
  }
  CHECK(loops > 0);
}

TEST_CASE("the same seed is the same run") {
  auto const run = [] {
    pim::test::SeededEntropy random(5);
    Net net({}, 5);
    build(net, 30, random);
    trouble(net, 30, random);
    return std::pair{net.messages(), net.bytes()};
  };
  CHECK(run() == run());
}

TEST_CASE("a line of fifteen hops finds itself, loses its end and finds it again by a way round within seconds") {
  NetSettings settings;
  settings.nodes = 17;
  settings.lost_percent = 5;
  Net net(settings, 3);
  for (Number number = 1; number < 16; ++number) net.connect(number - 1, number, 128, 128);
  net.connect(14, 16, 1000, 1000);
  net.connect(16, 15, 1000, 1000);
  net.run_for(5s);
  CHECK(net.routing(0).route(id_of(15))->hops == 15);
  CHECK(faults(net, settings.nodes, 100) == 0);
  net.cut(14, 15);
  net.run_for(7s);
  CHECK(net.routing(0).route(id_of(15))->hops == 16);
  CHECK(net.loops() == 0);
}

TEST_CASE("random and damaged messages change nothing that they must not") {
  pim::test::SeededEntropy random(9);
  RoutingSettings settings;
  settings.max_nodes = 60;
  Desk desk(settings);
  for (std::uint32_t number = 1; number <= 4; ++number) desk.up(number, 100);
  for (int i = 0; i < 20000; ++i) {
    auto const from = static_cast<std::uint32_t>(1 + random.below(5));
    auto const seqno_before = desk.routing.own_seqno();
    wire::Update update{++desk.batches[from], 0, {}};
    for (auto count = 1 + random.below(4); count > 0; --count)
      update.entries.push_back(entry(static_cast<std::uint32_t>(random.below(40)), random.value<Seqno>(),
                                     static_cast<Metric>(random.below(3) * random.below(700)),
                                     random.value<std::uint8_t>()));
    for (auto& one : update.entries)
      if (random.below(4) == 0) one.metric = infinite, one.record.reset();
    auto bytes = wire::to_bytes(update);
    for (auto flips = random.below(3); flips > 0; --flips)
      bytes[1 + random.below(bytes.size() - 1)] ^= static_cast<std::uint8_t>(1u << random.below(8));
    auto const parsed = wire::parse_control(bytes);
    auto const* const damaged = parsed ? std::get_if<wire::Update>(&*parsed) : nullptr;
    if (!damaged) continue;
    desk.update(from, *damaged);
    REQUIRE(desk.routing.own_seqno() == seqno_before);
    auto const requested = random.value<Seqno>();
    auto const before = desk.routing.own_seqno();
    desk.asks(from, static_cast<std::uint32_t>(random.below(40)), requested, random.value<std::uint8_t>());
    auto const gain = static_cast<Seqno>(desk.routing.own_seqno() - before);
    REQUIRE(gain <= static_cast<Seqno>(requested - before));
    REQUIRE(gain < 0x8000);
    if (random.below(20) == 0) {
      // A wish that waited for its turn may be granted here.
      desk.runs_for(std::chrono::milliseconds{random.below(400)});
    }
    if (random.below(200) == 0 && from <= 4) desk.down(from), desk.up(from, 100);
    desk.clear();
    REQUIRE(desk.routing.size() <= 60 + 4);
  }
}
