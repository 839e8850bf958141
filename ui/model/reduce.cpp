#include "ui/model/reduce.hpp"

#include <algorithm>
#include <type_traits>

#include "ui/model/checks.hpp"
#include "ui/model/format.hpp"
#include "ui/model/words.hpp"

namespace pim::ui {
namespace {

using namespace protocol;

constexpr auto toast_life = std::chrono::seconds(3);
constexpr auto bad_toast_life = std::chrono::seconds(8);  // a failure has to be read, not noticed
constexpr std::size_t max_toasts = 5;

void say(Snapshot& snapshot, Tone tone, std::string text, Now now) {
  auto const life = tone == Tone::bad ? bad_toast_life : toast_life;
  snapshot.toasts.push_back({snapshot.next_toast++, tone, printable(text), now.boot + life});
  if (snapshot.toasts.size() > max_toasts) snapshot.toasts.erase(snapshot.toasts.begin());
}

void drop_old_toasts(Snapshot& snapshot, Now now) {
  std::erase_if(snapshot.toasts, [&](Toast const& toast) { return toast.until <= now.boot; });
}

void tell_switch(Snapshot& snapshot, RouteInput const& input, Now now) {
  snapshot.route = step(std::move(snapshot.route), input, now.boot).next;
}

void settle_switch(Snapshot& snapshot, Now now) {
  if (!snapshot.status) return;
  tell_switch(snapshot, route_input::DaemonSaid{{snapshot.status->route_on, snapshot.status->kill_switch.engaged}},
              now);
  tell_switch(snapshot, route_input::Checked{route_checks(snapshot).pass()}, now);
}

LogLine line_of(LogEvent const& event) {
  LogLine line;
  line.at = event.ts;
  line.level = static_cast<LogLevel>(event.level);  // both count from trace to error
  line.source = printable(event.source);
  line.peer = event.peer_id.value_or("");
  line.message = printable(event.message);
  if (event.fields)
    for (auto const& [name, value] : *event.fields) line.message += "  " + printable(name) + "=" + printable(value);
  return line;
}
static_assert(static_cast<int>(Level::trace) == static_cast<int>(LogLevel::trace) &&
              static_cast<int>(Level::error) == static_cast<int>(LogLevel::error));

void push_rate(std::vector<double>& rates, std::uint64_t value) {
  if (rates.size() >= Traffic::max_samples) rates.erase(rates.begin());
  rates.push_back(static_cast<double>(value));
}

template <class Detail, class Event>
Detail const* detail_of(Event const& event) {
  return event.detail ? std::get_if<Detail>(&*event.detail) : nullptr;
}

void apply_counters(Snapshot& snapshot, std::vector<PeerCounters> const& counters, Now now) {
  if (counters.empty()) return;
  auto peers = std::make_shared<PeerList>(*snapshot.peers);
  for (auto const& counter : counters) {
    auto const found = std::find_if(peers->begin(), peers->end(),
                                    [&](Peer const& peer) { return peer.summary.node_id == counter.node_id; });
    if (found == peers->end()) continue;
    // The age of the key is not part of a sample: carry it over to the new instant.
    if (found->summary.last_handshake_s)
      found->summary.last_handshake_s =
          static_cast<std::uint64_t>(aged(*found->summary.last_handshake_s, found->at, now.boot).count());
    found->summary.rx_bytes = counter.rx_bytes;
    found->summary.tx_bytes = counter.tx_bytes;
    found->summary.last_seen_s = counter.last_seen_s;
    found->summary.latency_ms = counter.latency_ms;
    found->summary.loss_percent = counter.loss_percent;
    found->at = now.boot;
  }
  snapshot.peers = std::move(peers);
}

void apply_sample(Snapshot& snapshot, Sample const& sample, Now now) {
  push_rate(snapshot.traffic.in, sample.rx_bps);
  push_rate(snapshot.traffic.out, sample.tx_bps);
  snapshot.traffic.in_total = sample.rx_bytes;
  snapshot.traffic.out_total = sample.tx_bytes;
  snapshot.traffic.at = now.boot;
  snapshot.status->stats = sample.stats;
  snapshot.status->drops = sample.drops;
  if (snapshot.gateway && snapshot.gateway->active && sample.stats.conntrack_max)
    snapshot.gateway->conntrack = Conntrack{sample.stats.conntrack_size, *sample.stats.conntrack_max};
  if (sample.refused_inbound) snapshot.status->refused_inbound = sample.refused_inbound;
  if (sample.refused_claims) snapshot.status->refused_claims = *sample.refused_claims;
  if (sample.verified_at && snapshot.status->route_on) snapshot.status->kill_switch.verified_at = *sample.verified_at;
  if (sample.relay) snapshot.status->relay = *sample.relay;
  apply_counters(snapshot, sample.peers, now);
}

void apply_selected(Snapshot& snapshot, Nullable<std::string> const& gateway) {
  snapshot.status->routes.selected_gateway = gateway;
  auto table = std::make_shared<RouteTable>(*snapshot.routes);
  for (auto& known : table->gateways) known.selected = gateway && known.node_id == *gateway;
  snapshot.routes = std::move(table);
}

void apply_interface(Snapshot& snapshot, StatusEvent const& event, bool is_up) {
  auto& interface = snapshot.status->interface;
  interface.up = is_up;
  interface.reason.reset();
  interface.cure.reset();
  if (auto const* detail = detail_of<InterfaceDetail>(event)) {
    interface.name = detail->interface;
    if (is_up) return;
    interface.reason = detail->reason;
    interface.cure = detail->cure;
  }
}

void apply_status_event(Snapshot& snapshot, StatusEvent const& event, Now now) {
  auto& status = *snapshot.status;
  switch (event.kind) {
    case StatusEventKind::role_changed:
      if (auto const* detail = detail_of<RoleDetail>(event)) status.role = detail->role;
      break;
    case StatusEventKind::interface_up: apply_interface(snapshot, event, true); break;
    case StatusEventKind::interface_down: apply_interface(snapshot, event, false); break;
    case StatusEventKind::gateway_selected:
      if (auto const* detail = detail_of<GatewayDetail>(event)) {
        apply_selected(snapshot, detail->node_id);
        status.kill_switch.last_gateway = detail->node_id;
      }
      break;
    case StatusEventKind::gateway_lost: apply_selected(snapshot, {}); break;
    case StatusEventKind::route_on: status.route_on = true; break;
    case StatusEventKind::route_off:
      // Turned off means every trace is gone: nothing blocks and no gateway is in use.
      status.route_on = false;
      status.kill_switch = {};
      apply_selected(snapshot, {});
      break;
    case StatusEventKind::kill_switch:
      if (auto const* detail = detail_of<KillSwitch>(event)) status.kill_switch = *detail;
      break;
    case StatusEventKind::sample:
      if (auto const* detail = detail_of<Sample>(event)) apply_sample(snapshot, *detail, now);
      break;
  }
}

/// The same peer: by identity, or by entry while an address has not answered yet.
bool is_same_peer(PeerSummary const& a, PeerSummary const& b) {
  if (!a.node_id.empty() && !b.node_id.empty()) return a.node_id == b.node_id;
  if (a.config_entry_id && b.config_entry_id) return *a.config_entry_id == *b.config_entry_id;
  return a.node_id.empty() && b.node_id.empty() && a.endpoint && b.endpoint && *a.endpoint == *b.endpoint;
}

void apply_peer_event(Snapshot& snapshot, PeerEvent const& event, Now now) {
  auto peers = std::make_shared<PeerList>(*snapshot.peers);
  auto const found = std::find_if(peers->begin(), peers->end(),
                                  [&](Peer const& peer) { return is_same_peer(peer.summary, event.peer); });
  auto const is_gone =
      event.kind == PeerEventKind::left || (event.kind == PeerEventKind::forgotten && !event.peer.static_);
  // A failed attempt by somebody who is not a peer is news, but does not make a peer.
  auto const is_stranger = event.kind == PeerEventKind::pair_failed && found == peers->end();
  if (is_gone) {
    if (found != peers->end()) peers->erase(found);
  } else if (found != peers->end()) {
    *found = {event.peer, now.boot, found->changes + 1};
  } else if (!is_stranger && event.kind != PeerEventKind::discovered) {
    peers->push_back({event.peer, now.boot, 1});
  }
  snapshot.peers = std::move(peers);
  if (auto news = news_text(event); !news.text.empty()) say(snapshot, news.tone, std::move(news.text), now);
}

void apply_gateway_sample(Snapshot& snapshot, Throughput const& throughput, Now now) {
  snapshot.gateway->throughput = throughput;
  auto& traffic = snapshot.shared_traffic;
  push_rate(traffic.in, throughput.in_bps);
  push_rate(traffic.out, throughput.out_bps);
  traffic.in_total = throughput.in_total_bytes;
  traffic.out_total = throughput.out_total_bytes;
  traffic.at = now.boot;
}

void apply_gateway_peer(GatewayStatus& gateway, GatewayEvent const& event, bool is_added) {
  auto const* detail = detail_of<GatewayPeerDetail>(event);
  if (detail == nullptr) return;
  auto ids = gateway.peers_through_me_ids.value_or(std::vector<std::string>{});
  std::erase(ids, detail->node_id);
  if (is_added) ids.push_back(detail->node_id);
  gateway.peers_through_me = static_cast<std::uint32_t>(ids.size());
  gateway.peers_through_me_ids = std::move(ids);
}

void apply_gateway_event(Snapshot& snapshot, GatewayEvent const& event, Now now) {
  auto& gateway = *snapshot.gateway;
  switch (event.kind) {
    case GatewayEventKind::enabled:
      gateway.active = true;
      gateway.enabled_at = event.at;
      if (auto const* detail = detail_of<NatInterfaceDetail>(event)) gateway.nat_interface = detail->nat_interface;
      break;
    case GatewayEventKind::disabled:
      gateway = GatewayStatus{};
      snapshot.shared_traffic = {};
      break;
    case GatewayEventKind::conntrack_pressure:
      if (auto const* detail = detail_of<PressureDetail>(event)) {
        gateway.conntrack = Conntrack{detail->used, detail->max};
        say(snapshot, Tone::bad, "this device tracks " + std::to_string(detail->pct) + " % of the connections it can",
            now);
      }
      break;
    case GatewayEventKind::throughput_sample:
      if (auto const* detail = detail_of<Throughput>(event)) apply_gateway_sample(snapshot, *detail, now);
      break;
    case GatewayEventKind::peer_through_me_added: apply_gateway_peer(gateway, event, true); break;
    case GatewayEventKind::peer_through_me_removed: apply_gateway_peer(gateway, event, false); break;
  }
}

/// Lines of a new subscription: those that the book has from before the connection broke are left out.
void add_lines(LogBook& book, std::vector<LogEvent> const& lines) {
  auto const newest = book.size() == 0 ? WallTime::min() : book.at(book.end() - 1).at;
  auto const known = [&](LogLine const& line) {
    if (line.at < newest) return true;
    for (auto number = book.end(); number > book.begin() && book.at(number - 1).at == line.at; --number)
      if (auto const& held = book.at(number - 1); held.source == line.source && held.message == line.message)
        return true;
    return false;
  };
  std::vector<LogLine> fresh;
  for (auto const& event : lines)
    if (auto line = line_of(event); !known(line)) fresh.push_back(std::move(line));
  for (auto& line : fresh) book.add(std::move(line));
}

struct Reducer {
  Snapshot& snapshot;
  Now now;

  void operator()(event::LinkChanged const& event) {
    auto const was_online = snapshot.link.state == LinkState::online;
    snapshot.link = event.link;
    if (event.link.state == LinkState::online || !was_online) return;
    snapshot.under_way.clear();
    tell_switch(snapshot, route_input::Disconnected{}, now);
  }
  void operator()(event::StatusIs const& event) {
    snapshot.status = event.status;
    snapshot.status->peers.clear();
    snapshot.status_at = now.boot;
    settle_switch(snapshot, now);
  }
  void operator()(event::PeersAre const& event) {
    auto peers = std::make_shared<PeerList>();
    for (auto const& peer : event.peers) peers->push_back({peer, now.boot, 0});
    snapshot.peers = std::move(peers);
  }
  void operator()(event::GatewayIs const& event) { snapshot.gateway = event.status; }
  void operator()(event::LogsAre const& event) { add_lines(snapshot.logs, event.lines); }
  void operator()(event::RoutesAre const& event) {
    snapshot.routes = std::make_shared<RouteTable>(event.table);
    snapshot.routes_at = now.boot;
    settle_switch(snapshot, now);
  }
  void operator()(event::WayIs const& event) { explained({event.way.target, event.way, {}}); }
  void operator()(event::PreflightIs const& event) {
    snapshot.preflight = std::make_shared<GatewayPreflight>(event.preflight);
    snapshot.preflight_at = now.boot;
  }
  void operator()(event::LedgerIs const& event) { snapshot.ledger = std::make_shared<Ledger>(event.ledger); }
  void operator()(event::CallDone const& event) {
    std::erase(snapshot.under_way, key_of(event.call));
    if (auto words = success_text(snapshot, event.call); !words.empty())
      say(snapshot, Tone::good, std::move(words), now);
  }
  void operator()(event::CallFailed const& event) {
    std::erase(snapshot.under_way, key_of(event.call));
    // The box in which it was asked says what is wrong with it.
    if (auto const* asked = std::get_if<RouteExplainParams>(&event.call))
      return explained({asked->target, {}, printable(event.reason)});
    if (std::holds_alternative<RouteSetSplitDefaultParams>(event.call))
      tell_switch(snapshot, route_input::Refused{printable(event.reason)}, now);
    say(snapshot, Tone::bad, "Couldn't " + attempt_text(snapshot, event.call) + ": " + event.reason, now);
  }
  void operator()(event::Ticked) { tell_switch(snapshot, route_input::Ticked{}, now); }
  void operator()(StatusEvent const& event) {
    if (!snapshot.status) return;
    apply_status_event(snapshot, event, now);
    if (event.kind != StatusEventKind::sample) settle_switch(snapshot, now);
  }
  void operator()(PeerEvent const& event) { apply_peer_event(snapshot, event, now); }
  void operator()(GatewayEvent const& event) {
    if (snapshot.gateway) apply_gateway_event(snapshot, event, now);
  }
  void operator()(LogEvent const& event) { snapshot.logs.add(line_of(event)); }

  void explained(Explained said) {
    snapshot.explained = std::make_shared<Explained>(std::move(said));
    snapshot.explained_at = now.boot;
  }
};

}  // namespace

Snapshot reduce(Snapshot snapshot, Event const& event, Now now) {
  constexpr auto is_local = [](auto const& e) {
    using E = std::decay_t<decltype(e)>;
    return std::is_same_v<E, event::LinkChanged> || std::is_same_v<E, event::Ticked>;
  };
  drop_old_toasts(snapshot, now);
  if (!std::visit(is_local, event)) snapshot.heard_at = now.boot;
  std::visit(Reducer{snapshot, now}, event);
  return snapshot;
}

Time next_deadline(Snapshot const& snapshot) { return next_deadline(snapshot.route); }

}  // namespace pim::ui
