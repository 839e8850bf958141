// What the packet path costs beside the AEAD alone: super-packets of 64 KiB at the tunnel's MTU of 1,344
// bytes, and small packets one by one and in batches.
#include <benchmark/benchmark.h>

#include "crypto/aead.hpp"
#include "pair.hpp"

namespace {

using namespace pim;
using namespace pim::test;

constexpr std::uint16_t gso = 1292;              ///< 1,344 less headers and timestamps
constexpr std::size_t super_payload = gso * 47;  ///< what pim0's gso_max_size of about 62,000 yields
constexpr std::size_t super_datagrams = 47;

struct Line {
  explicit Line(std::vector<Buffer> from_host, VnetHeader const& vnet) : packets(std::move(from_host)) {
    for (auto& packet : packets) frames.push_back({vnet, packet});
    pair.b.plane.join_udp(true);
  }
  void seal() {
    pair.a.out.clear();
    pair.a.plane.on_tun(frames, pair.now, pair.a.out);
  }
  void open() {
    trains.clear();
    for (auto const& train : pair.a.out.trains) trains.push_back(arriving(pair.a.address, train));
    pair.b.out.clear();
    pair.b.plane.on_datagrams(trains, pair.now, pair.b.out);
  }
  Pair pair{};
  std::vector<Buffer> packets;
  std::vector<TunFrame> frames{};
  std::vector<Train> trains{};
};

Line super_line() {
  std::mt19937_64 random(1);
  Pair const pair;
  auto [packet, vnet] = make_super(pair.flow(true), random_bytes(random, super_payload), gso);
  return Line({packet}, vnet);
}

Line small_line(std::size_t size, std::size_t count) {
  Pair const pair;
  return Line(std::vector<Buffer>(count, make_packet(pair.flow(), Buffer(size - 28, 'x'))), {});
}

void report(benchmark::State& state, std::size_t packets, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(packets));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void aead_alone(benchmark::State& state) {
  crypto::Sealer sealer(key_of(1));
  Buffer bytes(16 + 1344 + 16);
  MutBytes const all{bytes};
  std::uint64_t counter = 0;
  for (auto _ : state)
    for (std::size_t i = 0; i < super_datagrams; ++i)
      sealer.seal(counter++, all.first(16), all.subspan(16, 1344), all.last(16));
  report(state, super_datagrams, super_payload);
}

void seal_super_packet(benchmark::State& state) {
  auto line = super_line();
  for (auto _ : state) line.seal();
  report(state, super_datagrams, super_payload);
}

void seal_and_open_super_packet(benchmark::State& state) {
  auto line = super_line();
  for (auto _ : state) {
    line.seal();
    line.open();
  }
  if (line.pair.b.out.tun.size() != 1) state.SkipWithError("not delivered as one");
  report(state, super_datagrams, super_payload);
}

void small_aead_alone(benchmark::State& state) {
  crypto::Sealer sealer(key_of(1));
  auto const size = static_cast<std::size_t>(state.range(0));
  Buffer bytes(16 + size + 16);
  MutBytes const all{bytes};
  std::uint64_t counter = 0;
  for (auto _ : state) sealer.seal(counter++, all.first(16), all.subspan(16, size), all.last(16));
  report(state, 1, size);
}

void seal_small_packets(benchmark::State& state) {
  auto const size = static_cast<std::size_t>(state.range(0)), count = static_cast<std::size_t>(state.range(1));
  auto line = small_line(size, count);
  for (auto _ : state) line.seal();
  report(state, count, count * size);
}

void seal_and_open_small_packets(benchmark::State& state) {
  auto const size = static_cast<std::size_t>(state.range(0)), count = static_cast<std::size_t>(state.range(1));
  auto line = small_line(size, count);
  for (auto _ : state) {
    line.seal();
    line.open();
  }
  if (dropped(line.pair.b.plane) != 0) state.SkipWithError("dropped");
  report(state, count, count * size);
}

BENCHMARK(aead_alone);
BENCHMARK(seal_super_packet);
BENCHMARK(seal_and_open_super_packet);
BENCHMARK(small_aead_alone)->Arg(92)->Arg(1228);
BENCHMARK(seal_small_packets)->Args({92, 1})->Args({92, 64})->Args({1228, 64});
BENCHMARK(seal_and_open_small_packets)->Args({92, 1})->Args({92, 64})->Args({1228, 64});

}  // namespace

BENCHMARK_MAIN();
