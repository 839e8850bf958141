// What a hop costs: a relay opens and seals the head of each datagram once; an end behind it seals or opens twice.
#include <benchmark/benchmark.h>

#include <chrono>

#include "mesh.hpp"

namespace {

using namespace pim;
using namespace pim::test;

constexpr std::uint16_t gso = 1292;
constexpr std::size_t count = 47;

/// Three nodes in a line and a batch of the first one's for the last one.
struct Line {
  Line() {
    mesh.line();
    mesh[2].plane.join_udp(true);
    std::mt19937_64 random(1);
    std::tie(super, vnet) = make_super(mesh.flow(0, 2, true), random_bytes(random, gso * count), gso);
  }
  void seal() {
    TunFrame frame{vnet, super};
    mesh[0].out.clear();
    mesh[0].plane.on_tun({&frame, 1}, mesh.now, mesh[0].out);
  }
  void pass(std::size_t from, std::size_t to) {
    trains.clear();
    for (auto const& train : mesh[from].out.trains) trains.push_back(arriving(mesh[from].address, train));
    mesh[to].out.clear();
    mesh[to].plane.on_datagrams(trains, mesh.now, mesh[to].out);
  }
  Mesh mesh{3};
  Buffer super;
  VnetHeader vnet;
  std::vector<Train> trains{};
};

template <class Work>
double seconds_of(Work const& work) {
  auto const began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

void report(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(count * gso));
}

void seal_relayed_super_packet(benchmark::State& state) {
  Line line;
  for (auto _ : state) state.SetIterationTime(seconds_of([&] { line.seal(); }));
  report(state);
}

void forward_super_packet(benchmark::State& state) {
  Line line;
  for (auto _ : state) {
    line.seal();
    state.SetIterationTime(seconds_of([&] { line.pass(0, 1); }));
  }
  if (line.mesh[1].out.trains.size() != 2) state.SkipWithError("not forwarded");
  report(state);
}

void open_relayed_super_packet(benchmark::State& state) {
  Line line;
  for (auto _ : state) {
    line.seal();
    line.pass(0, 1);
    state.SetIterationTime(seconds_of([&] { line.pass(1, 2); }));
  }
  if (line.mesh[2].out.tun.size() != 1) state.SkipWithError("not delivered as one");
  report(state);
}

BENCHMARK(seal_relayed_super_packet)->UseManualTime();
BENCHMARK(forward_super_packet)->UseManualTime();
BENCHMARK(open_relayed_super_packet)->UseManualTime();

}  // namespace
