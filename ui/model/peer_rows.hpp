// Which peers a table shows and in which order: filter, search and sort as a pure function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ui/model/snapshot.hpp"

namespace pim::ui {

enum class PeerColumn { state, name, id, path, latency, loss, received, sent, handshake, trust };
enum class PeerGroup { all, direct, relayed, unreachable, gateways, unverified };

struct PeerQuery {
  PeerGroup group = PeerGroup::all;
  std::string needle;  ///< found in label, ids, addresses, without case
  PeerColumn sort = PeerColumn::state;
  bool is_descending = false;
};

[[nodiscard]] bool is_in(PeerGroup group, protocol::PeerSummary const& peer);
/// Indices into the list. Unknown values come last in either direction; ties keep the order of names.
[[nodiscard]] std::vector<std::uint32_t> peer_rows(PeerList const& peers, PeerQuery const& query);

/// There was a session; else routing alone tells of it, and nothing about it is proven.
[[nodiscard]] bool is_met(protocol::PeerSummary const& peer);
/// By a session, or as far as routing tells: what was measured is of now.
[[nodiscard]] bool is_reached(protocol::PeerSummary const& peer);
/// Round trip in milliseconds; nothing for a peer that is not reached, whatever was measured once.
[[nodiscard]] std::optional<double> latency_of(protocol::PeerSummary const& peer);
/// `direct, udp`, `2 hops`: how a peer is reached.
[[nodiscard]] std::string path_text(protocol::PeerSummary const& peer);
/// Plain words for how far it is trusted: `first use, not compared`.
[[nodiscard]] std::string_view trust_text(protocol::PeerSummary const& peer);

}  // namespace pim::ui
