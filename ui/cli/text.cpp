#include "ui/cli/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "protocol/codec.hpp"
#include "ui/model/explain.hpp"
#include "ui/model/format.hpp"
#include "ui/model/reasons.hpp"

namespace pim::cli {

using namespace protocol;
using ui::bytes_text, ui::grouped_text, ui::printable;

namespace {

/// Columns as wide as their widest cell, two blanks between them.
std::string table(std::vector<std::vector<std::string>> const& rows) {
  std::vector<std::size_t> widths;
  for (auto const& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (auto const& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string short_of(std::string const& node_id) { return node_id.empty() ? "-" : node_id.substr(0, 8); }

std::string seconds_text(std::uint64_t seconds) { return ui::duration_text(std::chrono::seconds(seconds)); }

std::string milliseconds(Nullable<double> const& latency) {
  if (!latency) return "-";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), *latency < 10 ? "%.1f ms" : "%.0f ms", *latency);
  return text.data();
}

std::string time_of_day(Timestamp at) {
  auto const text = to_json(at);  // "2024-05-01T12:00:00.000Z"
  return text.substr(12, 8);
}

std::string trust_text(PeerSummary const& peer) {
  bool const is_hearsay =
      peer.trust == TrustLevel::pending && peer.state == PeerState::relayed && !peer.last_handshake_s;
  if (is_hearsay) return "not met yet";
  return peer.trust == TrustLevel::first_use ? "first use, not compared" : std::string(to_string(peer.trust));
}

template <class Part>
std::string part_text(Nullable<Part> const& part) {
  return part ? std::to_string(*part) : "-";
}

/// In the order in which they would be taken, each with what it is judged by, the gravest first.
std::string gateway_table(char const* title, std::vector<KnownGateway> const& list) {
  std::vector<std::vector<std::string>> rows{
      {title, "VIA", "HOPS", "LATENCY", "ORDER", "PRIORITY", "CARRIES", "METRIC", "LOAD", "SCORE", "WHY"}};
  for (auto const& gateway : list) {
    auto const& parts = gateway.score_parts;
    auto const load = parts.load ? std::to_string((*parts.load * 100 + 127) / 255) + " %" : "-";
    auto const families = ui::families_text(parts);
    auto const reason = printable(gateway.reason.value_or(gateway.healthy ? "" : "not usable"));
    rows.push_back({short_of(gateway.node_id), short_of(gateway.via),
                    gateway.via.empty() ? "-" : std::to_string(gateway.hops), milliseconds(gateway.latency_ms),
                    std::to_string(parts.order + 1), part_text(parts.priority), families.empty() ? "-" : families,
                    part_text(parts.metric), load, std::to_string(static_cast<long>(gateway.score)),
                    (gateway.selected ? "in use: " : "") + reason});
  }
  return table(rows);
}

std::string internet_line(Status const& status) {
  if (!status.route_on) return "goes directly, not through the mesh (split-default routing off)";
  if (status.kill_switch.engaged) return "BLOCKED: " + cause_text(status.kill_switch);
  return "goes through the mesh, out at " + short_of(status.routes.selected_gateway.value_or("")) +
         " (split-default routing on)";
}

std::string refused_line(RefusedInbound const& refused) {
  auto text = std::to_string(refused.packets) + " packets of others to this device (interface.accept_inbound)";
  if (refused.age_ms >= 1000) text += ", counted " + seconds_text(refused.age_ms / 1000) + " ago";
  return text;
}

std::string disbelieved_line(Counters const& claims) {
  std::string text;
  for (auto const& reason : ui::reasons_of(ui::disbelieved(claims)))
    text += (text.empty() ? "" : ", ") + std::to_string(reason.count) + " " + reason.words;
  return text.empty() ? text : "claims of other nodes: " + text;
}

std::string relay_line(RelayStatus const& relay) {
  if (!relay.enabled) return "passes nothing of others (relay off)";
  if (relay.packets == 0) return "would pass traffic of others; none came yet (relay on)";
  std::string text = "passed " + bytes_text(relay.bytes) + " of others, most for ";
  constexpr std::size_t max_shown = 3;
  for (std::size_t i = 0; i < std::min(max_shown, relay.for_.size()); ++i)
    text += (i > 0 ? ", " : "") + short_of(relay.for_[i].node_id) + " (" + bytes_text(relay.for_[i].bytes) + ")";
  if (relay.for_.empty()) text += "nodes that are silent now";
  return text;
}

std::string interface_line(InterfaceStatus const& interface) {
  std::string text = interface.name + (interface.up ? ", up, MTU " + std::to_string(interface.mtu) : ", not there");
  if (interface.reason) text += ": " + *interface.reason;
  if (interface.cure) text += "; to cure it: " + *interface.cure;
  return text;
}

}  // namespace

std::string cause_text(KillSwitch const& kill_switch) {
  if (!kill_switch.cause) return "no gateway is usable";
  switch (*kill_switch.cause) {
    case BlockCause::no_gateway_allowed: return "no device was named as a gateway; see: pim gateway allow ID";
    case BlockCause::no_gateway_yet: return "no gateway was reached yet";
    case BlockCause::gateway_lost:
      return "the gateway stopped answering or sharing its internet, or a device between is gone";
    case BlockCause::relay_lost: return "the first device on the way to the gateway is gone";
    case BlockCause::interface_down: return "the tunnel interface is not there";
    case BlockCause::arming_failed: return "the block could NOT be put in force; traffic may leak";
  }
  return "";
}

std::string text_of(Status const& status) {
  auto const count = [&](PeerState state) { return std::ranges::count(status.peers, state, &PeerSummary::state); };
  std::string roles;
  for (auto const role : status.role) roles.append(roles.empty() ? "" : ", ").append(to_string(role));
  std::vector<std::vector<std::string>> rows{
      {"node", printable(status.node)},
      {"fingerprint", grouped_text(status.node_id)},
      {"mesh address", status.mesh_ip + (status.mesh_ipv6.empty() ? "" : ", " + status.mesh_ipv6)},
      {"interface", interface_line(status.interface)},
      {"role", roles},
      {"internet", internet_line(status)}};
  if (status.kill_switch.engaged) {
    if (status.kill_switch.since) rows.push_back({"", "since " + time_of_day(*status.kill_switch.since) + " UTC"});
    if (status.kill_switch.trying) rows.push_back({"", "trying: " + printable(*status.kill_switch.trying)});
    rows.push_back({"", "to open it: pim route off"});
  }
  rows.push_back({"peers", std::to_string(status.peers.size()) + " known, " + std::to_string(count(PeerState::active)) +
                               " direct, " + std::to_string(count(PeerState::relayed)) + " through relays"});
  if (status.refused_inbound && status.refused_inbound->packets > 0)
    rows.push_back({"refused", refused_line(*status.refused_inbound)});
  if (auto const line = disbelieved_line(status.refused_claims); !line.empty()) rows.push_back({"disbelieved", line});
  rows.push_back({"relay", relay_line(status.relay)});
  rows.push_back({"uptime", seconds_text(status.uptime_s)});
  if (status.mesh_error) rows.push_back({"mesh", "OFF: " + *status.mesh_error});
  return table(rows);
}

std::string text_of(std::vector<PeerSummary> const& peers) {
  if (peers.empty()) return "No peers yet. Add one: pim peers add ADDRESS\n";
  std::vector<std::vector<std::string>> rows{
      {"ID", "LABEL", "STATE", "PATH", "LATENCY", "RECEIVED", "SENT", "TRUST", "GATEWAY"}};
  for (auto const& peer : peers) {
    std::string const path = peer.route_hops > 1
                                 ? std::to_string(peer.route_hops) + " hops via " + short_of(peer.via.value_or(""))
                                 : std::string(to_string(peer.transport)) + " " + peer.endpoint.value_or("-");
    std::string const gateway = peer.is_gateway ? "yes" : peer.offers_internet ? "offers, not allowed" : "";
    rows.push_back({short_of(peer.node_id), printable(peer.label.value_or("-")), std::string(to_string(peer.state)),
                    path, milliseconds(peer.latency_ms), bytes_text(peer.rx_bytes), bytes_text(peer.tx_bytes),
                    trust_text(peer), gateway});
  }
  return table(rows);
}

std::string text_of(std::vector<PeerDiscovered> const& discovered) {
  if (discovered.empty()) return "Nobody was heard on the local links.\n";
  std::vector<std::vector<std::string>> rows{{"ID", "ADDRESS", "LINK", "FIRST HEARD", "LAST HEARD"}};
  for (auto const& one : discovered)
    rows.push_back({short_of(one.node_id.value_or("")), printable(one.address), std::string(to_string(one.mechanism)),
                    seconds_text(one.first_seen_s) + " ago", seconds_text(one.last_seen_s) + " ago"});
  return table(rows);
}

std::string text_of(RouteTable const& routes) {
  std::string text;
  std::vector<std::vector<std::string>> rows{{"NODE", "VIA", "HOPS", "METRIC", "TOLD", ""}};
  for (auto const& route : routes.routes)
    rows.push_back({short_of(route.destination), short_of(route.via), std::to_string(route.hops),
                    std::to_string(route.metric), seconds_text(route.age_s),
                    route.selected    ? "in use"
                    : !route.feasible ? "not feasible"
                    : route.doubted   ? "doubted"
                                      : ""});
  text += rows.size() == 1 ? "No routes.\n" : table(rows);
  if (!routes.gateways.empty()) text += "\n" + gateway_table("GATEWAY", routes.gateways);
  if (!routes.offers.empty()) text += "\n" + gateway_table("OFFER", routes.offers);
  return text;
}

std::string text_of(RouteExplanation const& explanation) { return ui::explain_text(explanation, short_of) + "\n"; }

std::string text_of(GatewayStatus const& gateway, bool routes_its_own) {
  if (!gateway.active && routes_its_own)
    return "This device does not share its internet (gateway off): it routes its own through the mesh; turn that off "
           "first: pim route off\n";
  if (!gateway.active) return "This device does not share its internet (gateway off).\n";
  std::string text = "This device shares its internet over " + gateway.nat_interface.value_or("?") + " (gateway on).\n";
  if (gateway.advertised_routes && gateway.advertised_routes->empty())
    text += "Nothing is shared now: that interface is down or has no default route.\n";
  if (gateway.peers_through_me) text += std::to_string(*gateway.peers_through_me) + " peers use it.\n";
  if (gateway.conntrack)
    text += "This device tracks " + std::to_string(gateway.conntrack->used) + " of at most " +
            std::to_string(gateway.conntrack->max) + " connections, its own among them.\n";
  if (gateway.throughput)
    text += "In " + bytes_text(gateway.throughput->in_bps / 8) + "/s, out " +
            bytes_text(gateway.throughput->out_bps / 8) + "/s; " + bytes_text(gateway.throughput->in_total_bytes) +
            " in and " + bytes_text(gateway.throughput->out_total_bytes) + " out since it was turned on.\n";
  return text;
}

std::string text_of(GatewayPreflight const& preflight) {
  std::string text;
  for (auto const& check : preflight.checks) {
    text += (check.ok ? "ok    " : "FAIL  ") + check.name + ": " + check.detail + "\n";
    if (!check.ok && check.fix) text += "      fix: " + *check.fix + "\n";
  }
  std::string uplinks;
  for (auto const& name : preflight.suggested_nat_interfaces) uplinks.append(uplinks.empty() ? "" : ", ").append(name);
  text += uplinks.empty() ? "No uplink was found.\n" : "Uplinks: " + uplinks + "\n";
  bool const ready = preflight.supported && std::ranges::all_of(preflight.checks, &PreflightCheck::ok);
  return text + (ready ? "This device can share its internet.\n" : "This device cannot share its internet yet.\n");
}

std::string text_of(std::vector<HandshakeRecord> const& records) {
  if (records.empty()) return "No attempts yet.\n";
  std::vector<std::vector<std::string>> rows{{"TIME", "PEER", "ADDRESS", "WHO BEGAN", "STEP", "OUTCOME", "REASON"}};
  for (auto const& record : records) {
    auto reason = record.reason.value_or("");
    if (record.expected) reason += ", expected " + short_of(*record.expected);
    if (record.seen) reason += ", seen " + short_of(*record.seen);
    rows.push_back({time_of_day(record.at), short_of(record.node_id.value_or("")), record.address.value_or("-"),
                    std::string(to_string(record.direction)), std::string(to_string(record.step)),
                    std::string(to_string(record.outcome)), printable(reason)});
  }
  return table(rows);
}

std::string text_of(LogEvent const& line) {
  std::string text = time_of_day(line.ts) + " " + std::string(to_string(line.level)) + " " + line.source + ": " +
                     printable(line.message);
  if (line.peer_id) text += " [" + short_of(*line.peer_id) + "]";
  return text;
}

std::string text_of(RpcError const& error) {
  auto text = printable(error.message) + " (" + std::to_string(error.code) + ")";
  if (error.code != errors::preflight_failed.code || !error.data) return text;
  PreflightFailedData data;
  if (decode_text(error.data->text, data, UnknownFields::ignore)) return text;
  for (auto const& check : data.checks) {
    text += "\n  " + check.name + ": " + check.detail;
    if (check.fix) text += "\n    fix: " + *check.fix;
  }
  return text;
}

}  // namespace pim::cli
