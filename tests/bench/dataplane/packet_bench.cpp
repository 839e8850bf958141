// Splitting, gathering and summing, without any cryptography. An item is a packet of full size.
#include <benchmark/benchmark.h>

#include "packet/coalesce.hpp"
#include "pair.hpp"

namespace {

using namespace pim;
using namespace pim::test;

constexpr std::size_t count = 47;
constexpr std::size_t place = 1408;  ///< bytes between two packets

/// 47 packets of 1,344 bytes, as the tunnel device hands them over and one by one.
struct Segments {
  Segments(bool is_tcp, bool is_v4) {
    std::mt19937_64 random(1);
    Flow const flow = is_v4 ? Flow{.is_tcp = is_tcp} : v6_flow(is_tcp);
    auto const headers = (is_v4 ? 20U : 40U) + (is_tcp ? 32U : 8U);
    auto const gso = static_cast<std::uint16_t>(1344 - headers);
    std::tie(super, vnet) = make_super(flow, random_bytes(random, gso * count), gso);
    auto const segmenter = *packet::Segmenter::make(super, vnet);
    for (std::size_t i = 0; i < segmenter.count(); ++i) {
      whole.emplace_back(segmenter.size(i));
      segmenter.write(i, whole.back().data());
    }
  }
  void complete_checksums() {
    for (auto& one : whole) PIM_ASSERT(packet::complete_checksum(one, vnet.csum_start, vnet.csum_offset));
  }
  Buffer super;
  VnetHeader vnet;
  std::vector<Buffer> whole;
};

void report(benchmark::State& state) { state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count)); }

void split(benchmark::State& state, bool is_tcp, bool is_v4) {
  Segments const segments(is_tcp, is_v4);
  Buffer to(count * place);
  for (auto _ : state) {
    auto const segmenter = *packet::Segmenter::make(segments.super, segments.vnet);
    for (std::size_t i = 0; i < segmenter.count(); ++i) segmenter.write(i, to.data() + i * place);
    benchmark::DoNotOptimize(to.data());
  }
  report(state);
}

/// Checksums were left out, or have to be verified.
void gather(benchmark::State& state, bool is_tcp, bool is_v4, bool left_out) {
  Segments segments(is_tcp, is_v4);
  if (!left_out) segments.complete_checksums();
  auto const first = segments.whole[0];
  packet::Coalescer coalescer(true);
  std::vector<Bytes> pieces;
  std::vector<packet::TunWrite> writes;
  for (auto _ : state) {
    pieces.clear();
    writes.clear();
    std::memcpy(segments.whole[0].data(), first.data(), 80);  // gathering rewrote its headers
    for (auto& one : segments.whole) (void)coalescer.add(one, *packet::look_at(one), left_out, pieces, writes);
    coalescer.flush(pieces, writes);
  }
  if (writes.size() != 1) state.SkipWithError("not gathered");
  report(state);
}

void checksum(benchmark::State& state) {
  Buffer const bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(packet::fold(packet::sum_of(bytes)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(split, tcp_v4, true, true);
BENCHMARK_CAPTURE(split, tcp_v6, true, false);
BENCHMARK_CAPTURE(split, udp_v4, false, true);
BENCHMARK_CAPTURE(split, udp_v6, false, false);
BENCHMARK_CAPTURE(gather, tcp_v4, true, true, true);
BENCHMARK_CAPTURE(gather, tcp_v6, true, false, true);
BENCHMARK_CAPTURE(gather, udp_v4, false, true, true);
BENCHMARK_CAPTURE(gather, udp_v6, false, false, true);
BENCHMARK_CAPTURE(gather, tcp_v4_verified, true, true, false);
BENCHMARK_CAPTURE(gather, tcp_v6_verified, true, false, false);
BENCHMARK(checksum)->Arg(20)->Arg(1324)->Arg(61000);

}  // namespace
