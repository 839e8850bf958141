// What an answer to a client costs: a list of 100 peers and an event as JSON, and a request read. Sockets excluded.
#include <benchmark/benchmark.h>

#include "protocol/envelope.hpp"

namespace {

using namespace pim::protocol;

/// Every field is filled, as of a peer with a session.
PeerSummary make_peer(std::size_t number) {
  auto const digits = std::to_string(1'000'000'000 + number * 7'919);
  PeerSummary peer;
  peer.node_id = digits + "0123456789abcdef012345";
  peer.node_id_short = peer.node_id.substr(0, 8);
  peer.label = "laptop " + digits;
  peer.mesh_ip = "10.77.12.34";
  peer.state = PeerState::active;
  peer.latency_ms = 1.25;
  peer.x25519_pubkey = peer.node_id + peer.node_id;
  peer.config_entry_id = "peer-" + digits;
  peer.rx_bytes = 123'456'789'012;
  peer.tx_bytes = 98'765'432'109;
  peer.endpoint = "192.0.2.17:9100";
  peer.last_handshake_s = 61;
  return peer;
}

void report(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

/// Argument: peers.
void encode_peers_list(benchmark::State& state) {
  std::vector<PeerSummary> peers;
  for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(0)); ++i) peers.push_back(make_peer(i));
  std::size_t bytes = 0;
  for (auto _ : state) bytes = make_answer(RequestId{"7"}, to_json(peers)).size();
  report(state, bytes);
}

/// What all subscribers share; each adds a number and two brackets.
void encode_peer_event(benchmark::State& state) {
  PeerEvent const event{.kind = PeerEventKind::state_changed, .peer = make_peer(1)};
  std::size_t bytes = 0;
  for (auto _ : state) bytes = make_event_opening(topic::PeersTopic::event_method, to_json(event)).size();
  report(state, bytes);
}

/// A line to a call with its parameters as the handler takes them.
void decode_request(benchmark::State& state) {
  auto const line = make_request(
      RequestId{"7"}, method::PeersAddStatic::name,
      R"({"address":"192.0.2.17:9100","mechanism":"udp","label":"laptop","node_id":")" + make_peer(1).node_id + "\"}");
  for (auto _ : state) {
    auto const parsed = parse_request_line(line);
    auto const* const call = std::get_if<Request>(&parsed.calls.at(0));
    method::PeersAddStatic::Params params;
    if (call == nullptr || decode(call->params, params, UnknownFields::refuse)) state.SkipWithError("not understood");
    benchmark::DoNotOptimize(params);
  }
  report(state, line.size());
}

BENCHMARK(encode_peers_list)->Arg(1)->Arg(100);
BENCHMARK(encode_peer_event);
BENCHMARK(decode_request);

}  // namespace

BENCHMARK_MAIN();
