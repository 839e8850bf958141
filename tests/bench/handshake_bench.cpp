// What a handshake costs beside the X25519 operations that it cannot do without: each side makes one ephemeral key and
// agrees four times (es, ss, ee, se). `share` is the time of those alone, measured in the same loop, divided by that of
// the whole. The whole is what pim does: both messages with their greetings, mac1 made and verified, the keys split; in
// daemon_alone a turn of control with all that it does for a stranger.
#include "curve_alone.hpp"
#include "noise/handshake.hpp"
#include "noise/mac.hpp"
#include "support/virtual_network.hpp"
#include "wire/handshake.hpp"

using namespace pim;

namespace {

/// Two nodes that know each other, and the work of one handshake between them.
struct Pair {
  test::SeededEntropy entropy{1};
  crypto::KeyPair initiator = crypto::KeyPair::generate(entropy);
  crypto::KeyPair responder = crypto::KeyPair::generate(entropy);
  Buffer prologue = noise::make_prologue("pim");
  noise::MacKey initiators_mac{initiator.public_key(), {}};
  noise::MacKey responders_mac{responder.public_key(), {}};

  Buffer make_initiation(noise::Initiator& handshake) {
    Buffer message;
    PIM_ASSERT(handshake.write_initiation(entropy, wire::to_bytes(wire::Greeting{}), message));
    auto datagram = wire::make_initiation({{1}, message});
    noise::MacKey(responder.public_key(), {}).stamp(datagram);
    return datagram;
  }
  /// Nothing of the initiator is known before.
  Buffer answer(Bytes datagram) {
    PIM_ASSERT(responders_mac.verify(datagram));
    auto const frame = wire::parse_initiation(datagram);
    noise::Responder handshake(responder, prologue);
    auto const opened = handshake.read_initiation(frame->noise);
    PIM_ASSERT(opened && wire::parse_greeting(opened->payload));
    Buffer message;
    PIM_ASSERT(handshake.write_response(entropy, wire::to_bytes(wire::BootEpoch{}), message));
    auto response = wire::make_response({{2}, frame->sender, message});
    noise::MacKey(opened->initiator, {}).stamp(response);
    benchmark::DoNotOptimize(handshake.split());
    return response;
  }
  void finish(noise::Initiator& handshake, Bytes datagram) {
    PIM_ASSERT(initiators_mac.verify(datagram));
    PIM_ASSERT(handshake.read_response(wire::parse_response(datagram)->noise));
    benchmark::DoNotOptimize(handshake.split());
  }
};

void both_sides(benchmark::State& state) {
  Pair pair;
  auto const begin = [&] { return noise::Initiator(pair.initiator, pair.responder.public_key(), pair.prologue); };
  bench::measure(state, 2, begin, [&](noise::Initiator& handshake) {
    auto const initiation = pair.make_initiation(handshake);
    pair.finish(handshake, pair.answer(initiation));
  });
}

void responder_alone(benchmark::State& state) {
  Pair pair;
  auto const initiation = [&] {
    return test::make_stranger_initiation(pair.initiator, pair.responder.public_key(), pair.entropy, {});
  };
  bench::measure(state, 1, initiation,
                 [&](Buffer const& datagram) { benchmark::DoNotOptimize(pair.answer(datagram)); });
}

/// A daemon that strangers call, one every 50 ms from an address of its own: more would be asked for a cookie first.
struct Daemon {
  test::SeededEntropy entropy{2};
  crypto::Key identity{entropy.value<std::array<std::uint8_t, 32>>()};
  PublicKey key = crypto::KeyPair::from_private(identity).public_key();
  dataplane::Dataplane plane;
  dataplane::Out packets;
  control::Outbox outbox;
  control::Control control{{}, crypto::KeyPair::from_private(identity), {}, {}, plane, entropy};
  Now now{Time{std::chrono::hours{1}}, WallTime{std::chrono::hours{24 * 365 * 50}}};
  std::uint32_t strangers = 0;

  control::Turn turn() {
    packets.clear();
    outbox.clear();
    return {now, packets, outbox};
  }
  /// Of a new one.
  Buffer initiation() {
    now = {now.boot + std::chrono::milliseconds{50}, now.wall + std::chrono::milliseconds{50}};
    auto before = turn();
    strangers++ == 0 ? control.on_start(before) : control.on_deadline(before);
    return test::make_stranger_initiation(crypto::KeyPair::generate(entropy), key, entropy, now.wall);
  }
  void answer(Bytes datagram) {
    dataplane::Origin const from{{IpAddress::from_v4(0x0a400000 + strangers), 9100}};
    dataplane::ToControl const frame = dataplane::HandshakeDatagram{from, datagram};
    auto now_turn = turn();
    control.on_frames({&frame, 1}, now_turn);
    PIM_ASSERT(packets.trains.size() == 1);
  }
};

void daemon_alone(benchmark::State& state) {
  Daemon daemon;
  bench::measure(
      state, 1, [&] { return daemon.initiation(); }, [&](Buffer const& datagram) { daemon.answer(datagram); });
}

BENCHMARK(both_sides)->UseManualTime();
BENCHMARK(responder_alone)->UseManualTime();
BENCHMARK(daemon_alone)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
