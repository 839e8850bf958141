#include "rpc/sampler.hpp"

namespace pim::rpc {
namespace {

std::uint64_t bits_per_second(std::uint64_t before, std::uint64_t after, std::chrono::milliseconds elapsed) {
  if (after <= before || elapsed.count() <= 0) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(after - before) * 8'000.0 /
                                    static_cast<double>(elapsed.count()));
}

}  // namespace

protocol::Sample Sampler::next(Model const& model, std::chrono::milliseconds elapsed) {
  auto const& totals = model.totals();
  protocol::Sample sample;
  sample.rx_bytes = totals.rx_bytes;
  sample.tx_bytes = totals.tx_bytes;
  sample.stats = model.status().stats;
  sample.drops = model.status().drops;
  sample.refused_claims = model.status().refused_claims;
  sample.refused_inbound = model.status().refused_inbound;
  if (auto const& at = model.status().kill_switch.verified_at) sample.verified_at = *at;
  if (before_) {
    sample.rx_bps = bits_per_second(before_->totals.rx_bytes, totals.rx_bytes, elapsed);
    sample.tx_bps = bits_per_second(before_->totals.tx_bytes, totals.tx_bytes, elapsed);
  }
  Before now{totals, {}, model.status().relay};
  if (now.relay != (before_ ? before_->relay : protocol::RelayStatus{now.relay.enabled})) sample.relay = now.relay;
  for (auto const& [key, peer] : model.peers_by_key()) {
    TrafficTotals const counters{peer.rx_bytes, peer.tx_bytes};
    now.peers.emplace(key, counters);
    if (peer.node_id.empty()) continue;
    auto const before = before_ ? before_->peers.find(key) : now.peers.end();
    bool const is_new = !before_ || before == before_->peers.end();
    if (counters != (is_new ? TrafficTotals{} : before->second))
      sample.peers.push_back(
          {peer.node_id, peer.rx_bytes, peer.tx_bytes, peer.last_seen_s, peer.latency_ms, peer.loss_percent});
  }
  before_ = std::move(now);
  return sample;
}

}  // namespace pim::rpc
