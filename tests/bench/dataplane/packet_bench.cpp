// Splitting, gathering and summing, without any cryptography.
#include <benchmark/benchmark.h>

#include "packet/coalesce.hpp"
#include "pair.hpp"

namespace {

using namespace pim;
using namespace pim::test;

constexpr std::uint16_t gso = 1292;
constexpr std::size_t count = 47;

struct Segments {
  Segments() {
    std::mt19937_64 random(1);
    std::tie(super, vnet) = make_super({}, random_bytes(random, gso * count), gso);
    auto const segmenter = *packet::Segmenter::make(super, vnet);
    for (std::size_t i = 0; i < segmenter.count(); ++i) {
      whole.emplace_back(segmenter.size(i));
      segmenter.write(i, whole.back().data());
    }
  }
  Buffer super;
  VnetHeader vnet;
  std::vector<Buffer> whole;
};

void split(benchmark::State& state) {
  Segments const segments;
  Buffer to(count * 1400);
  for (auto _ : state) {
    auto const segmenter = *packet::Segmenter::make(segments.super, segments.vnet);
    for (std::size_t i = 0; i < segmenter.count(); ++i) segmenter.write(i, to.data() + i * 1400);
    benchmark::DoNotOptimize(to.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

/// Argument: whether checksums were left out, or have to be verified.
void gather(benchmark::State& state) {
  Segments segments;
  bool const left_out = state.range(0) != 0;
  for (auto& one : segments.whole)
    if (!left_out) (void)packet::complete_checksum(one, 20, 16);
  auto const first = segments.whole[0];
  packet::Coalescer coalescer;
  std::vector<Bytes> pieces;
  std::vector<packet::TunWrite> writes;
  for (auto _ : state) {
    pieces.clear();
    writes.clear();
    std::memcpy(segments.whole[0].data(), first.data(), 64);  // gathering rewrote its headers
    for (auto& one : segments.whole) (void)coalescer.add(one, *packet::look_at(one), left_out, pieces, writes);
    coalescer.flush(pieces, writes);
  }
  if (writes.size() != 1) state.SkipWithError("not gathered");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

void checksum(benchmark::State& state) {
  Buffer const bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(packet::fold(packet::sum_of(bytes)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(split);
BENCHMARK(gather)->Arg(1)->Arg(0);
BENCHMARK(checksum)->Arg(20)->Arg(1324)->Arg(61000);

}  // namespace
