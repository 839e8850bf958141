#include "ui/model/snapshot.hpp"

#include <algorithm>

#include "ui/model/format.hpp"

namespace pim::ui {
namespace {

struct KeyOf {
  std::string operator()(protocol::RouteSetSplitDefaultParams const&) const { return "route.set_split_default"; }
  std::string operator()(protocol::RouteTableParams const&) const { return "route.table"; }
  std::string operator()(protocol::RouteExplainParams const& p) const { return "route.explain " + p.target; }
  std::string operator()(protocol::GatewaysAllowParams const& p) const { return "gateways.allow " + p.node_id; }
  std::string operator()(protocol::GatewaysDisallowParams const& p) const { return "gateways.disallow " + p.node_id; }
  std::string operator()(protocol::PeersAddStaticParams const& p) const { return "peers.add_static " + p.address; }
  std::string operator()(protocol::PeersRemoveParams const& p) const {
    return "peers.remove " + p.config_entry_id.value_or(p.node_id.value_or(""));
  }
  std::string operator()(protocol::PeersForgetParams const& p) const { return "peers.forget " + p.node_id; }
  std::string operator()(protocol::PeersVerifyParams const& p) const { return "peers.verify " + p.node_id; }
  std::string operator()(protocol::HandshakesListParams const& p) const {
    return "handshakes.list " + p.node_id.value_or("");
  }
  std::string operator()(protocol::GatewayPreflightParams const&) const { return "gateway.preflight"; }
  std::string operator()(protocol::GatewayEnableParams const&) const { return "gateway.enable"; }
  std::string operator()(protocol::GatewayDisableParams const&) const { return "gateway.disable"; }
};

}  // namespace

std::string key_of(Call const& call) { return std::visit(KeyOf{}, call); }

bool Snapshot::is_under_way(Call const& call) const {
  return std::find(under_way.begin(), under_way.end(), key_of(call)) != under_way.end();
}

Peer const* find_peer(Snapshot const& snapshot, std::string_view node_id) {
  if (node_id.empty()) return nullptr;
  auto const& peers = *snapshot.peers;
  auto const found =
      std::find_if(peers.begin(), peers.end(), [&](Peer const& peer) { return peer.summary.node_id == node_id; });
  return found == peers.end() ? nullptr : &*found;
}

std::string name_of(Snapshot const& snapshot, std::string_view node_id) {
  auto const* peer = find_peer(snapshot, node_id);
  if (peer == nullptr || !peer->summary.label || peer->summary.label->empty()) return short_text(node_id);
  return printable(*peer->summary.label) + " (" + short_text(node_id) + ")";
}

std::string title_of(protocol::PeerSummary const& peer) {
  if (peer.label && !peer.label->empty()) return printable(*peer.label);
  if (!peer.node_id_short.empty()) return peer.node_id_short;
  return peer.endpoint.value_or("unknown");
}

std::chrono::seconds aged(std::uint64_t seconds, Time at, Time now) {
  auto const passed = std::max(Duration{}, now - at);
  return std::chrono::seconds(static_cast<std::int64_t>(seconds)) +
         std::chrono::duration_cast<std::chrono::seconds>(passed);
}

}  // namespace pim::ui
