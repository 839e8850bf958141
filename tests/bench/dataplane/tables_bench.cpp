// Lookups among ten entries and among a hundred thousand, asked for in random order, beside what memory itself costs:
// one load from an array of as many next hops, its place known. `at_once`: as many at a time as the processor manages.
// `in_turn`: each begins when the one before has its answer, so that all of its latency shows.
#include <benchmark/benchmark.h>

#include "dataplane/policy.hpp"
#include "dataplane/session_table.hpp"
#include "dataplane/state.hpp"
#include "pair.hpp"

namespace {

using namespace pim;
using namespace pim::test;

constexpr std::size_t question_count = 65'536;  ///< more than branch prediction remembers

enum class Pace : std::uint8_t { at_once, in_turn };

/// Asks for some of `keys`. `find` has to answer 0, out of what it found.
template <class Key, class Find>
void ask(benchmark::State& state, Pace pace, std::vector<Key> const& keys, Find const& find) {
  std::mt19937_64 random(2);
  std::vector<Key> questions(question_count);
  for (auto& question : questions) question = keys[random() % keys.size()];
  std::size_t at = 0;
  if (pace == Pace::in_turn)
    for (auto _ : state) at += 1 + find(questions[at % question_count]);
  else
    for (auto _ : state) {
      std::size_t const answer = find(questions[at++ % question_count]);
      asm volatile("" ::"r"(answer));  // DoNotOptimize is content with an answer that stays in memory
    }
  benchmark::DoNotOptimize(at);
}

HashKey random_key(std::mt19937_64& random) { return {random(), random()}; }

std::vector<NodeId> random_ids(std::mt19937_64& random, benchmark::State const& state) {
  std::vector<NodeId> ids(static_cast<std::size_t>(state.range(0)));
  for (auto& id : ids) {
    store_be(id.bytes.data(), random());
    store_be(id.bytes.data() + 8, random());
  }
  return ids;
}

void one_load(benchmark::State& state, Pace pace) {
  struct Entry {
    NodeId id;
    Hop hop;
  };
  std::vector<Entry> const entries(static_cast<std::size_t>(state.range(0)));
  std::vector<std::uint32_t> places(entries.size());
  for (std::uint32_t i = 0; i < places.size(); ++i) places[i] = i;
  auto const* const first = entries.data();
  ask(state, pace, places, [first](std::uint32_t place) { return std::size_t{first[place].hop.slot.value}; });
}

void next_hop_lookup(benchmark::State& state, Pace pace) {
  std::mt19937_64 random(1);
  FlatTable<NodeId, Hop> table(random_key(random));
  auto const ids = random_ids(random, state);
  for (auto const& id : ids) table.set(id, Hop{});
  ask(state, pace, ids, [&table](NodeId const& id) { return std::size_t{table.find(id)->slot.value}; });
}

/// With all that decides where a packet of the host goes.
void route_lookup(benchmark::State& state, Pace pace) {
  std::mt19937_64 random(1);
  ForwardingTable table{.by_address = FlatTable<IpAddress, PeerSlot>(random_key(random))};
  table.mesh_v6 = *parse_prefix("fd00:1:2::/48");
  std::vector<IpAddress> addresses(static_cast<std::size_t>(state.range(0)), *parse_ip("fd00:1:2::"));
  for (auto& ip : addresses) {
    store_be(ip.bytes.data() + 8, random());
    table.by_address.set(ip, PeerSlot{0});
  }
  ask(state, pace, addresses, [&table](IpAddress const& ip) { return std::size_t{route_to(table, ip).peer->value}; });
}

void session_lookup(benchmark::State& state, Pace pace) {
  std::mt19937_64 random(1);
  SessionTable table;
  std::vector<ReceiverIndex> indices;
  while (indices.size() < static_cast<std::size_t>(state.range(0))) {
    ReceiverIndex const local{static_cast<std::uint32_t>(random())};
    if (table.find(local) != nullptr) continue;
    table.insert(std::make_unique<Session>(Session{.local = local}));
    indices.push_back(local);
  }
  // The upper half of a program's addresses is the system's, so this is 0.
  ask(state, pace, indices,
      [&table](ReceiverIndex local) { return reinterpret_cast<std::uintptr_t>(table.find(local)) >> 63; });
}

void sizes(benchmark::internal::Benchmark* bench) {
  for (int const entries : {10, 100, 1000, 10'000, 100'000}) bench->Arg(entries);
}

#define PIM_LOOKUP(name)                                         \
  BENCHMARK_CAPTURE(name, at_once, Pace::at_once)->Apply(sizes); \
  BENCHMARK_CAPTURE(name, in_turn, Pace::in_turn)->Apply(sizes);

PIM_LOOKUP(one_load)
PIM_LOOKUP(next_hop_lookup)
PIM_LOOKUP(route_lookup)
PIM_LOOKUP(session_lookup)

}  // namespace
