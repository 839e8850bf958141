#include "ui/model/peer_rows.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "ui/model/format.hpp"

namespace pim::ui {
namespace {

using protocol::PeerState;
using protocol::PeerSummary;
using protocol::TrustLevel;

bool matches(PeerSummary const& peer, std::string_view needle) {
  if (needle.empty()) return true;
  auto const found = [&](std::string_view text) { return contains_folded(text, needle); };
  return found(peer.node_id) || found(peer.mesh_ip) || (peer.label && found(*peer.label)) ||
         (peer.endpoint && found(*peer.endpoint));
}

constexpr double unknown = std::numeric_limits<double>::infinity();

double number(Peer const& peer, PeerColumn column) {
  auto const& p = peer.summary;
  switch (column) {
    case PeerColumn::state: return static_cast<double>(p.state);
    case PeerColumn::path: return p.route_hops;
    case PeerColumn::latency: return latency_of(p).value_or(unknown);
    case PeerColumn::loss: return p.loss_percent;
    case PeerColumn::received: return static_cast<double>(p.rx_bytes);
    case PeerColumn::sent: return static_cast<double>(p.tx_bytes);
    case PeerColumn::handshake:
      // Older instants are larger ages: compare when it happened on this window's clock.
      return p.last_handshake_s ? static_cast<double>(*p.last_handshake_s) -
                                      std::chrono::duration<double>(peer.at.time_since_epoch()).count()
                                : unknown;
    case PeerColumn::trust: return static_cast<double>(p.trust);
    case PeerColumn::name:
    case PeerColumn::id: return 0;
  }
  return 0;
}

struct Key {
  double number;
  std::string text;
};

std::string text_key(PeerSummary const& peer, PeerColumn column) {
  auto text = column == PeerColumn::id ? peer.node_id : title_of(peer);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace

bool is_in(PeerGroup group, PeerSummary const& peer) {
  switch (group) {
    case PeerGroup::all: return true;
    case PeerGroup::direct: return peer.state == PeerState::active;
    case PeerGroup::relayed: return peer.state == PeerState::relayed;
    case PeerGroup::unreachable: return !is_reached(peer);
    case PeerGroup::gateways: return peer.is_gateway || peer.offers_internet;
    case PeerGroup::unverified:
      return is_met(peer) && (peer.trust == TrustLevel::first_use || peer.trust == TrustLevel::pending);
  }
  return true;
}

std::vector<std::uint32_t> peer_rows(PeerList const& peers, PeerQuery const& query) {
  std::vector<std::uint32_t> rows;
  std::vector<Key> keys(peers.size());
  for (std::uint32_t i = 0; i < peers.size(); ++i) {
    auto const& peer = peers[i].summary;
    if (!is_in(query.group, peer) || !matches(peer, query.needle)) continue;
    keys[i] = {number(peers[i], query.sort), text_key(peer, query.sort)};
    rows.push_back(i);
  }
  auto const by_text = query.sort == PeerColumn::name || query.sort == PeerColumn::id;
  auto const less = [&](std::uint32_t left, std::uint32_t right) {
    auto const &a = keys[left], &b = keys[right];
    if (by_text) return query.is_descending ? a.text > b.text : a.text < b.text;
    if (a.number != b.number) {
      if (a.number == unknown || b.number == unknown) return b.number == unknown;
      return query.is_descending ? a.number > b.number : a.number < b.number;
    }
    return a.text < b.text;
  };
  std::stable_sort(rows.begin(), rows.end(), less);
  return rows;
}

bool is_met(PeerSummary const& peer) {
  return peer.state != PeerState::relayed || peer.last_handshake_s || peer.trust != TrustLevel::pending;
}

bool is_reached(PeerSummary const& peer) { return peer.state == PeerState::active || peer.state == PeerState::relayed; }

std::optional<double> latency_of(PeerSummary const& peer) {
  if (!is_reached(peer) || !peer.latency_ms) return std::nullopt;
  return *peer.latency_ms;
}

std::string path_text(PeerSummary const& peer) {
  if (!is_reached(peer)) return peer.endpoint ? *peer.endpoint : std::string("–");
  if (peer.route_hops > 1) return std::to_string(peer.route_hops) + " hops";
  return "direct, " + std::string(to_string(peer.transport));
}

std::string_view trust_text(PeerSummary const& peer) {
  if (!is_met(peer)) return "not met yet";
  switch (peer.trust) {
    case TrustLevel::pending: return "not met yet";
    case TrustLevel::first_use: return "first use, not compared";
    case TrustLevel::once: return "this session only";
    case TrustLevel::listed: return "listed";
    case TrustLevel::verified: return "verified";
    case TrustLevel::open: return "open to all, not compared";
    case TrustLevel::blocked: return "blocked";
  }
  return "unknown";
}

}  // namespace pim::ui
