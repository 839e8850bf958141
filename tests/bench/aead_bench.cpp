// What sealing and opening a packet costs, at the lengths that pim makes: 64 (small packets), 1,344 (a
// full packet), 1,376 (a whole direct datagram), 1,408 (relayed plaintext), and 1,400 beside them to show
// why those lengths are multiples of 64; and the 48 bytes of a relayed datagram that a relay opens and seals.
#include <benchmark/benchmark.h>

#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "crypto/short_aead.hpp"
#include "crypto/x25519.hpp"
#include "noise/handshake.hpp"
#include "noise/mac.hpp"
#include "support/test_entropy.hpp"

using namespace pim;

namespace {

crypto::Key const key(Buffer(32, 7));
Buffer const header(16, 4);

void sizes(benchmark::internal::Benchmark* bench) {
  for (int const size : {64, 1344, 1376, 1400, 1408}) bench->Arg(size);
}

void report(benchmark::State& state) { state.SetBytesProcessed(state.iterations() * state.range(0)); }

void seal(benchmark::State& state) {
  crypto::Sealer sealer(key);
  Buffer packet(static_cast<std::size_t>(state.range(0)) + crypto::tag_size);
  auto const all = MutBytes{packet};
  std::uint64_t counter = 0;
  for (auto _ : state) sealer.seal(counter++, header, all.first(all.size() - 16), all.last(16));
  report(state);
}
BENCHMARK(seal)->Apply(sizes);

void open(benchmark::State& state) {
  Buffer sealed;
  crypto::seal_once(key, 1, header, Buffer(static_cast<std::size_t>(state.range(0))), sealed);
  crypto::Opener opener(key);
  auto packet = sealed;
  auto const body = packet.size() - crypto::tag_size;
  for (auto _ : state) {
    std::memcpy(packet.data(), sealed.data(), body);  // opened in place: the next turn needs ciphertext again
    benchmark::DoNotOptimize(opener.open(1, header, MutBytes{packet}.first(body), Bytes{sealed}.last(16)));
  }
  report(state);
}
BENCHMARK(open)->Apply(sizes);

void seal_head(benchmark::State& state) {
  crypto::ShortSealer sealer(key);
  Buffer head(48), tag(crypto::tag_size);
  std::uint64_t counter = 0;
  for (auto _ : state) sealer.seal(counter++, header, head, tag);
}
BENCHMARK(seal_head);

/// In the order in which they were sealed.
void open_head(benchmark::State& state) {
  constexpr std::uint64_t count = 1024;
  crypto::ShortSealer sealer(key);
  std::vector<Buffer> heads(count, Buffer(48)), tags(count, Buffer(crypto::tag_size));
  for (std::uint64_t i = 0; i < count; ++i) sealer.seal(i, header, heads[i], tags[i]);
  crypto::ShortOpener opener(key);
  std::array<std::uint8_t, 48> head;
  std::uint64_t counter = 0;
  for (auto _ : state) {
    std::memcpy(head.data(), heads[counter].data(), head.size());
    benchmark::DoNotOptimize(opener.open(counter, header, head, tags[counter]));
    counter = (counter + 1) % count;
  }
}
BENCHMARK(open_head);

/// The first head of a session.
void make_a_head_opener(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(crypto::ShortOpener(key));
}
BENCHMARK(make_a_head_opener);

/// As an attacker would choose them: each makes a pass of the cipher for nothing.
void refuse_forged_heads(benchmark::State& state) {
  crypto::ShortOpener opener(key);
  Buffer head(48);
  crypto::Tag const tag{};
  std::uint64_t counter = 0;
  for (auto _ : state) benchmark::DoNotOptimize(opener.open(counter += 1000, header, head, tag));
}
BENCHMARK(refuse_forged_heads);

void refuse_a_forgery(benchmark::State& state) {
  crypto::Opener opener(key);
  Buffer packet(1344);
  crypto::Tag const tag{};
  for (auto _ : state) benchmark::DoNotOptimize(opener.open(1, header, packet, tag));
}
BENCHMARK(refuse_a_forgery);

void agree(benchmark::State& state) {
  test::SeededEntropy entropy(1);
  auto const self = crypto::KeyPair::generate(entropy);
  auto const peer = crypto::KeyPair::generate(entropy);
  for (auto _ : state) benchmark::DoNotOptimize(self.dh(peer.public_key()));
}
BENCHMARK(agree);

void generate_a_key_pair(benchmark::State& state) {
  test::SeededEntropy entropy(1);
  for (auto _ : state) benchmark::DoNotOptimize(crypto::KeyPair::generate(entropy));
}
BENCHMARK(generate_a_key_pair);

void handshake_both_sides(benchmark::State& state) {
  test::SeededEntropy entropy(1);
  auto const initiator_key = crypto::KeyPair::generate(entropy);
  auto const responder_key = crypto::KeyPair::generate(entropy);
  Buffer const payload(12);
  Buffer message;
  for (auto _ : state) {
    noise::Initiator initiator(initiator_key, responder_key.public_key(), header);
    noise::Responder responder(responder_key, header);
    message.clear();
    PIM_ASSERT(initiator.write_initiation(entropy, payload, message) && responder.read_initiation(message));
    message.clear();
    PIM_ASSERT(responder.write_response(entropy, {}, message) && initiator.read_response(message));
    benchmark::DoNotOptimize(initiator.split());
    benchmark::DoNotOptimize(responder.split());
  }
}
BENCHMARK(handshake_both_sides);

void refuse_a_stranger_by_mac1(benchmark::State& state) {
  noise::MacKey mac(PublicKey{}, {});
  Buffer const datagram(148);
  for (auto _ : state) benchmark::DoNotOptimize(mac.verify(datagram));
}
BENCHMARK(refuse_a_stranger_by_mac1);

}  // namespace

BENCHMARK_MAIN();
