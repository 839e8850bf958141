// Lookups must cost the same with ten peers and with a hundred thousand.
#include <benchmark/benchmark.h>

#include "dataplane/policy.hpp"
#include "dataplane/session_table.hpp"
#include "pair.hpp"

namespace {

using namespace pim;
using namespace pim::test;

IpAddress address_of(std::uint64_t number) {
  auto ip = *parse_ip("fd00:1:2::");
  store_be(ip.bytes.data() + 8, number * 0x9e3779b97f4a7c15);
  return ip;
}

/// Argument: peers. Destinations are asked for in random order, so caches do not help.
void route_lookup(benchmark::State& state) {
  auto const peers = static_cast<std::uint64_t>(state.range(0));
  Pair pair;
  auto& table = pair.a.table;
  for (std::uint64_t i = 0; i < peers; ++i) table.by_address.emplace(address_of(i), {static_cast<std::uint32_t>(i)});
  std::mt19937_64 random(1);
  std::vector<IpAddress> asked;
  for (int i = 0; i < 4096; ++i) asked.push_back(address_of(random() % peers));
  std::size_t at = 0;
  for (auto _ : state) {
    auto const route = route_to(table, asked[at++ % asked.size()]);
    if (!route.peer) state.SkipWithError("not found");
    benchmark::DoNotOptimize(route);
  }
}

void session_lookup(benchmark::State& state) {
  auto const count = static_cast<std::size_t>(state.range(0));
  std::mt19937_64 random(1);
  SessionTable table;
  std::vector<ReceiverIndex> indices;
  while (indices.size() < count) {
    ReceiverIndex const local{static_cast<std::uint32_t>(random())};
    if (table.find(local) != nullptr) continue;
    table.insert(std::make_unique<Session>(Session{.local = local}));
    indices.push_back(local);
  }
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.find(indices[at++ * 7919 % count]));
}

BENCHMARK(route_lookup)->Arg(10)->Arg(100)->Arg(10000)->Arg(100000);
BENCHMARK(session_lookup)->Arg(10)->Arg(10000)->Arg(50000);

}  // namespace
