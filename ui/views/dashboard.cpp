#include "ui/views/dashboard.hpp"

#include <algorithm>
#include <cmath>

#include "ui/views/node_panels.hpp"
#include "ui/views/relay_panel.hpp"
#include "ui/views/route_card.hpp"
#include "ui/widgets/card.hpp"

namespace pim::ui {
namespace {

constexpr float gap = 8;

/// From one row of panels to the next; ImGui has moved on by the spacing of text already.
void row_gap(Kit const& kit) { kit.gap(gap - 2); }

/// From one panel to its neighbour: beside it, or below where there is no room.
void next_panel(Kit const& kit, bool is_beside) {
  if (is_beside)
    ImGui::SameLine(0, kit.px(gap));
  else
    row_gap(kit);
}

std::string peers_aside(PeerList const& peers) {
  std::size_t direct = 0, relayed = 0;
  for (auto const& peer : peers) {
    direct += is_in(PeerGroup::direct, peer.summary) ? 1 : 0;
    relayed += is_in(PeerGroup::relayed, peer.summary) ? 1 : 0;
  }
  return std::to_string(direct) + " direct, " + std::to_string(relayed) + " relayed, " +
         std::to_string(peers.size() - direct - relayed) + " not reached";
}

}  // namespace

void DashboardView::draw_peers(Snapshot const& snapshot, Place& place, ImVec2 size) {
  auto const aside = peers_aside(*snapshot.peers);
  Card const card(kit_, "peer_card", "Peers", size,
                  {snapshot.peers->empty() ? std::string_view{} : aside, colour::metadata, {}});
  if (snapshot.peers->empty()) {
    kit_.line(colour::secondary, snapshot.status ? "no peer is known yet" : "pim has not answered yet");
    kit_.gap(4);
    if (snapshot.is_live() && kit_.button("peers/add", "ADD PEER", ButtonLook::primary)) {
      place.screen = Screen::peers;
      place.adds_peer = true;
    }
    return;
  }
  std::string selected;
  table_.draw(snapshot, {}, selected, ImGui::GetContentRegionAvail());
  if (selected.empty()) return;
  place.screen = Screen::peers;
  place.peer = selected;
}

void DashboardView::draw(Snapshot const& snapshot, Actions& actions, Place& place) {
  auto const room = ImGui::GetContentRegionAvail();
  auto const space = kit_.px(gap);
  auto const is_wide = room.x >= kit_.cells(96);
  auto const top = ImGui::GetCursorPosY();
  draw_route_card(kit_, snapshot, actions);
  row_gap(kit_);

  auto const identity = Card::height_for(kit_, 7);
  auto const left = is_wide ? std::floor((room.x - space) * 0.56F) : room.x;
  auto const right = is_wide ? room.x - space - left : room.x;
  draw_identity(kit_, snapshot, ImVec2(left, identity));
  next_panel(kit_, is_wide);
  draw_throughput(kit_, snapshot.traffic, "Throughput", ImVec2(right, identity));
  row_gap(kit_);

  // Peers and log share what is left of the window, but never shrink below use: then the page scrolls.
  auto const rest = room.y - (ImGui::GetCursorPosY() - top) - space;
  auto const log = std::max(Card::height_for(kit_, 4), std::floor(rest * 0.4F));
  auto const relay = Card::height_for(kit_, 4);
  auto const network = network_height(kit_, snapshot);
  auto const least = std::max(Card::height_for(kit_, 7) + kit_.px(12), is_wide ? relay + space + network : 0);
  auto const peers = std::max(least, rest - log);
  auto const side = is_wide ? kit_.cells(44) : room.x;
  draw_peers(snapshot, place, ImVec2(is_wide ? room.x - space - side : room.x, peers));
  next_panel(kit_, is_wide);
  ImGui::BeginGroup();
  draw_network(kit_, snapshot, ImVec2(side, is_wide ? peers - space - relay : network + 2 * kit_.line_height()));
  row_gap(kit_);
  draw_relay(kit_, snapshot, ImVec2(side, relay));
  ImGui::EndGroup();
  row_gap(kit_);
  draw_log_tail(kit_, snapshot, place, ImVec2(room.x, log));
}

}  // namespace pim::ui
