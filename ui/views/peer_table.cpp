#include "ui/views/peer_table.hpp"

#include <algorithm>
#include <array>

#include "ui/model/format.hpp"
#include "ui/views/marks.hpp"

namespace pim::ui {
namespace {

constexpr std::array<Column, 10> columns = {{{"State", 12, false, false, 9},
                                             {"Name", 14, true, false, 10},
                                             {"Id", 8, false, false, 5},
                                             {"Path", 16, true, false, 7},
                                             {"Latency", 8, false, true, 8},
                                             {"Loss", 6, false, true, 2},
                                             {"Received", 10, false, true, 4},
                                             {"Sent", 10, false, true, 3},
                                             {"Handshake", 11, false, true, 1},
                                             {"Trust", 11, false, false, 6}}};
constexpr std::array sorts = {PeerColumn::state,     PeerColumn::name, PeerColumn::id,       PeerColumn::path,
                              PeerColumn::latency,   PeerColumn::loss, PeerColumn::received, PeerColumn::sent,
                              PeerColumn::handshake, PeerColumn::trust};
static_assert(columns.size() == sorts.size());

std::string handshake_text(Peer const& peer, Time now) {
  if (!peer.summary.last_handshake_s) return "–";
  return age_text(aged(*peer.summary.last_handshake_s, peer.at, now));
}

void draw_row(TableRow const& row, Peer const& peer, Time now) {
  auto const& p = peer.summary;
  auto const state = mark_of(p.state);
  auto const trust = trust_mark(p);
  auto const is_up = is_reached(p);
  auto const latency = latency_of(p);
  auto const text = is_up ? colour::text : colour::secondary;
  row.cell(0, state.colour, std::string(state.glyph) + " " + std::string(state.word));
  row.cell(1, p.is_gateway && is_up ? colour::bright : text, (p.is_gateway ? "◉ " : "") + title_of(p));
  row.cell(2, colour::secondary, p.node_id_short.empty() ? "–" : p.node_id_short);
  row.cell(3, colour::secondary, path_text(p));
  row.cell(4, colour_of(latency_tone(latency)), latency_text(latency));
  row.cell(5, p.loss_percent >= 1 ? colour::amber : colour::secondary, percent_text(p.loss_percent));
  row.cell(6, text, bytes_text(p.rx_bytes));
  row.cell(7, text, bytes_text(p.tx_bytes));
  row.cell(8, colour::secondary, handshake_text(peer, now));
  row.cell(9, trust.colour, std::string(trust.glyph) + " " + std::string(trust.word));
}

}  // namespace

std::string peer_key(protocol::PeerSummary const& peer) {
  return peer.node_id.empty() ? peer.config_entry_id.value_or(peer.endpoint.value_or("")) : peer.node_id;
}

Peer const* find_by_key(Snapshot const& snapshot, std::string_view key) {
  if (key.empty()) return nullptr;
  auto const& peers = *snapshot.peers;
  auto const found =
      std::find_if(peers.begin(), peers.end(), [&](Peer const& p) { return peer_key(p.summary) == key; });
  return found == peers.end() ? nullptr : &*found;
}

void PeerTable::draw(Snapshot const& snapshot, PeerQuery query, std::string& selected, ImVec2 size) {
  auto const now = snapshot.is_live() ? kit_.now().boot : snapshot.heard_at;
  auto const& peers = *snapshot.peers;
  auto const start = ImGui::GetCursorPosY();
  Table table(kit_, name_, columns, size.x);
  table.header(&sort_);
  query.sort = sorts[sort_.column];
  query.is_descending = sort_.is_descending;
  auto const rows = peer_rows(peers, query);
  auto const found =
      std::find_if(rows.begin(), rows.end(), [&](auto i) { return peer_key(peers[i].summary) == selected; });
  auto const marked = selected.empty() || found == rows.end() ? -1 : static_cast<int>(found - rows.begin());
  auto const used = ImGui::GetCursorPosY() - start;
  auto const clicked = table.rows(
      rows.size(), std::max(Table::row_height(kit_), size.y - used),
      [&](std::size_t row) { return peer_key(peers[rows[row]].summary); },
      [&](std::size_t row, TableRow const& line) { draw_row(line, peers[rows[row]], now); }, marked);
  if (clicked >= 0) selected = peer_key(peers[rows[static_cast<std::size_t>(clicked)]].summary);
  if (!peers.empty()) kit_.redraw_in(std::chrono::milliseconds(1000));
}

}  // namespace pim::ui
