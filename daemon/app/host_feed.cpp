#include "app/host_feed.hpp"

#include <algorithm>

#include "app/translate.hpp"

namespace pim::app {
namespace {

constexpr std::uint64_t bits = 8;

protocol::Throughput to_throughput(host::Readings::Gateway const& read) {
  return {.in_bps = read.rates.in_bytes * bits,
          .out_bps = read.rates.out_bytes * bits,
          .in_total_bytes = read.totals.in_bytes,
          .out_total_bytes = read.totals.out_bytes};
}

}  // namespace

void show_cure(std::optional<std::string>& reason, std::optional<std::string>& cure, host::Readings const& readings) {
  if (!reason || readings.tunnel_cure.empty()) return;
  auto const tail = ": " + readings.tunnel_cure;
  if (!reason->ends_with(tail)) return;
  reason->resize(reason->size() - tail.size());
  cure = readings.tunnel_cure;
}

void show_verified(protocol::KillSwitch& kill_switch, host::Readings const& readings) {
  if (kill_switch.verified_at && readings.verified_at)
    kill_switch.verified_at = std::max(*kill_switch.verified_at, to_timestamp(*readings.verified_at));
}

std::optional<protocol::RefusedInbound> to_refused_inbound(host::Readings const& readings, Time now) {
  if (!readings.refused_inbound) return std::nullopt;
  auto const& [packets, read_at] = *readings.refused_inbound;
  auto const age = std::chrono::duration_cast<std::chrono::milliseconds>(std::max(now, read_at) - read_at);
  return protocol::RefusedInbound{packets, static_cast<std::uint64_t>(age.count())};
}

void show_gateway(protocol::GatewayStatus& gateway, protocol::Stats& stats, host::Readings const& readings) {
  gateway.throughput.reset();
  gateway.conntrack.reset();
  stats.conntrack_size = 0;
  stats.conntrack_max.reset();
  if (!gateway.active || !readings.gateway) return;
  gateway.throughput = to_throughput(*readings.gateway);
  auto const& connections = readings.gateway->connections;
  if (!connections) return;
  gateway.conntrack = protocol::Conntrack{connections->used, connections->max};
  stats.conntrack_size = connections->used;
  stats.conntrack_max = connections->max;
}

}  // namespace pim::app
