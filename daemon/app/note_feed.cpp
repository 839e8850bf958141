#include "app/note_feed.hpp"

#include <algorithm>

#include "app/host_feed.hpp"
#include "app/translate.hpp"
#include "rpc/queries.hpp"

namespace pim::app {
namespace {

/// Of a frame's source, which is 12 bytes.
constexpr std::size_t source_digits = 24;

std::uint64_t seconds_since(Time then, Time now) {
  if (now <= then) return 0;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now - then).count());
}

std::uint64_t counted(DropCounters const& drops, Drop drop) { return drops[static_cast<std::size_t>(drop)]; }

void show_drops(protocol::Status& status, DropCounters const& drops) {
  std::uint64_t most = 0;
  status.stats.dropped = 0;
  status.stats.dropped_reason.reset();
  for (std::size_t i = 0; i < drop_count; ++i) {
    status.drops[std::string{drop_names[i]}] = drops[i];
    status.stats.dropped += drops[i];
    if (drops[i] <= most) continue;
    most = drops[i];
    status.stats.dropped_reason = std::string{drop_names[i]};
  }
  status.stats.congestion_drops = counted(drops, Drop::congestion) + counted(drops, Drop::queue_full);
}

void show_refused_claims(protocol::Status& status, RefusedClaims const& refused) {
  for (std::size_t i = 0; i < refused_claim_count; ++i)
    status.refused_claims[std::string{refused_claim_names[i]}] = refused[i];
}

/// The node whose id begins with these 12 bytes; else their digits.
std::string name_of_source(rpc::Model const& model, NodeId const& source) {
  auto const prefix = to_string(source).substr(0, source_digits);
  auto const known = model.peers_by_key().lower_bound(prefix);
  bool const is_known = known != model.peers_by_key().end() && known->first.starts_with(prefix);
  return is_known ? known->first : prefix;
}

void show_relayed(rpc::Model& model, net::Relayed const& relayed) {
  auto& status = model.status().relay;
  status.packets = relayed.packets;
  status.bytes = relayed.bytes;
  status.dropped = relayed.dropped;
  status.for_.clear();
  for (auto const& one : relayed.most)
    if (one.packets > 0)
      status.for_.push_back(
          {name_of_source(model, one.source), to_string(one.neighbour), one.packets, one.bytes, one.dropped});
}

}  // namespace

void NoteFeed::take(control::Note const& note, WallTime now, std::vector<rpc::Delta>& out) {
  std::visit([&](auto const& one) { on(one, now, out); }, note);
}

void NoteFeed::on(control::NodeView const& view, WallTime, std::vector<rpc::Delta>& out) {
  node_ = view;
  show_status(out);
}

void NoteFeed::on(control::PeerView const& view, WallTime, std::vector<rpc::Delta>& out) {
  auto& known = peers_[view.row];
  auto const was_active = known.is_active;
  // A row that gets another id or entry would leave its old name behind.
  if (known.id && known.id != view.id) out.emplace_back(rpc::PeerRemoved{to_string(*known.id), known.entry_id});
  known = {view.id, view.entry_id.value_or(""), view.slot, view.last_handshake, is_active(view), known.totals};
  out.emplace_back(to_peer(view));
  if (was_active == known.is_active) return;
  known.is_active ? ++active_ : --active_;
  show_status(out);
}

void NoteFeed::on(control::PeerGone const& gone, WallTime, std::vector<rpc::Delta>& out) {
  auto const found = peers_.find(gone.row);
  if (found == peers_.end()) return;
  auto const& known = found->second;
  out.emplace_back(rpc::PeerRemoved{known.id ? to_string(*known.id) : std::string{}, known.entry_id});
  if (known.is_active) --active_;
  departed_.rx_bytes += known.totals.rx_bytes;
  departed_.tx_bytes += known.totals.tx_bytes;
  peers_.erase(found);
  show_status(out);
}

void NoteFeed::on(control::RoutingView const& view, WallTime, std::vector<rpc::Delta>& out) {
  routing_ = view;
  show_status(out);
}

void NoteFeed::on(control::ServingView const& view, WallTime, std::vector<rpc::Delta>& out) {
  serving_ = view;
  out.emplace_back(to_gateway(view));
}

void NoteFeed::on(trust::LedgerEntry const& entry, WallTime now, std::vector<rpc::Delta>& out) {
  if (entry.reason) last_failure_ = entry;
  // An attempt is one record: it enters when it has ended.
  if (entry.reason || entry.step == trust::Step::established) out.emplace_back(to_handshake(entry, to_timestamp(now)));
}

void NoteFeed::on(control::StatusEvent const& event, WallTime now, std::vector<rpc::Delta>& out) {
  protocol::StatusEvent value;
  value.kind = to_kind(event.kind);
  value.at = to_timestamp(now);
  using enum control::StatusEventKind;
  switch (event.kind) {
    case kill_switch: {
      auto told = to_kill_switch(routing_);
      show_verified(told, host_);
      value.detail = std::move(told);
      break;
    }
    case gateway_selected:
    case gateway_lost:
      if (event.node) value.detail = protocol::GatewayDetail{to_string(*event.node)};
      break;
    case interface_up:
    case interface_down: {
      protocol::InterfaceDetail detail;
      if (node_) detail.interface = node_->interface_name;
      if (event.kind == interface_down && node_ && !node_->interface_reason.empty())
        detail.reason = node_->interface_reason;
      show_cure(detail.reason, detail.cure, host_);
      value.detail = std::move(detail);
      break;
    }
    case role_changed:
      if (node_) value.detail = protocol::RoleDetail{to_roles(*node_)};
      break;
    case route_on:
    case route_off: break;
  }
  out.emplace_back(std::move(value));
}

void NoteFeed::on(control::PeerEvent const& event, WallTime now, std::vector<rpc::Delta>& out) {
  protocol::PeerEvent value;
  value.kind = to_kind(event.kind);
  value.peer = to_peer(event.peer);
  value.at = to_timestamp(now);
  if (!event.reason.empty()) value.reason = event.reason;
  for (auto const exact : trust::pair_failure_texts) {
    if (event.kind != control::PeerEventKind::pair_failed || !event.reason.starts_with(exact)) continue;
    value.reason = std::string{exact};
    protocol::PairDetail detail;
    detail.address = value.peer.endpoint;
    if (!event.peer.address.empty()) detail.address = event.peer.address;
    // The ledger's entry of the same failure was noted just before.
    if (last_failure_ && trust::to_string(*last_failure_->reason) == exact) {
      auto const record = to_handshake(*last_failure_, value.at);
      detail.address = record.address;
      detail.expected = record.expected;
      detail.seen = record.seen;
      detail.step = std::string{trust::to_string(last_failure_->step)};
    }
    value.detail = std::move(detail);
  }
  out.emplace_back(std::move(value));
}

void NoteFeed::on(control::ServingEvent const& event, WallTime now, std::vector<rpc::Delta>& out) {
  protocol::GatewayEvent value;
  value.kind = to_kind(event.kind);
  value.at = to_timestamp(now);
  if (event.kind == control::ServingEventKind::enabled)
    value.detail = protocol::NatInterfaceDetail{serving_.settings.nat_interface};
  else if (event.peer)
    value.detail = protocol::GatewayPeerDetail{to_string(*event.peer)};
  out.emplace_back(std::move(value));
}

void NoteFeed::on(LogRecord const& record, WallTime now, std::vector<rpc::Delta>& out) {
  out.emplace_back(to_log_event(record, to_timestamp(now)));
}

void NoteFeed::show_status(std::vector<rpc::Delta>& out) const {
  if (!node_) return;
  auto status = to_status(*node_, routing_, active_, mesh_error_);
  show_cure(status.interface.reason, status.interface.cure, host_);
  show_verified(status.kill_switch, host_);
  out.emplace_back(std::move(status));
}

std::string NoteFeed::whole_id(std::string const& prefix) const {
  std::vector<std::string> ids;
  for (auto const& [row, known] : peers_)
    if (known.id) ids.push_back(to_string(*known.id));
  auto const found = rpc::resolve_id(prefix, ids);
  auto const* const id = std::get_if<std::string>(&found);
  return id != nullptr ? *id : prefix;
}

void NoteFeed::refresh(rpc::Model& model, net::Counters const& counters, Now const& now) {
  auto totals = departed_;
  auto& status = model.status();
  status.uptime_s = seconds_since(started_, now.boot);
  status.stats.forwarded_packets = 0;
  for (auto& [row, known] : peers_) {
    auto* const peer = known.id ? model.find_peer(to_string(*known.id)) : nullptr;
    if (peer == nullptr) continue;
    auto const seen = known.slot ? counters.peer(*known.slot) : net::PeerCounters{};
    peer->rx_bytes = seen.rx_bytes;
    peer->tx_bytes = seen.tx_bytes;
    peer->last_seen_s = seen.last_received == Time{} ? status.uptime_s : seconds_since(seen.last_received, now.boot);
    if (known.last_handshake) peer->last_handshake_s = seconds_since(*known.last_handshake, now.boot);
    known.totals = {seen.rx_bytes, seen.tx_bytes};
    totals.rx_bytes += seen.rx_bytes;
    totals.tx_bytes += seen.tx_bytes;
    status.stats.forwarded_packets += seen.rx_packets + seen.tx_packets;
  }
  model.totals() = totals;
  status.stats.forwarded_bytes = totals.rx_bytes + totals.tx_bytes;
  show_drops(status, counters.drops());
  show_refused_claims(status, counters.refused_claims());
  status.refused_inbound = to_refused_inbound(host_, now.boot);
  show_verified(status.kill_switch, host_);
  show_gateway(model.gateway(), status.stats, host_);
  if (auto const relayed = counters.relayed()) show_relayed(model, *relayed);
  std::vector<control::NeighbourView> neighbours;
  for (auto const& [number, neighbour] : neighbours_) neighbours.push_back(neighbour);
  model.apply(to_discovered(neighbours, now.boot));
}

}  // namespace pim::app
