#include "ui/views/peers.hpp"

#include <algorithm>
#include <array>

#include "ui/widgets/card.hpp"
#include "ui/widgets/dialog.hpp"

namespace pim::ui {
namespace {

struct Chip {
  PeerGroup group;
  std::string_view word;
};
constexpr std::array<Chip, 6> chips = {{{PeerGroup::all, "all"},
                                        {PeerGroup::direct, "direct"},
                                        {PeerGroup::relayed, "relayed"},
                                        {PeerGroup::unreachable, "not reached"},
                                        {PeerGroup::gateways, "gateways"},
                                        {PeerGroup::unverified, "not compared"}}};

}  // namespace

void PeersView::draw_filters(Snapshot const& snapshot, Place& place) {
  auto const right = ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x;
  auto is_first = true;
  for (auto const& chip : chips) {
    auto const count = std::count_if(snapshot.peers->begin(), snapshot.peers->end(),
                                     [&](Peer const& peer) { return is_in(chip.group, peer.summary); });
    auto const label = std::string(chip.word) + " " + std::to_string(count);
    if (!is_first) {
      ImGui::SameLine();
      if (ImGui::GetCursorPosX() + kit_.width_of(label) + kit_.cells(4) > right) ImGui::NewLine();
    }
    is_first = false;
    if (kit_.chip("peers/filter/" + std::string(chip.word), label, query_.group == chip.group))
      query_.group = chip.group;
  }
  kit_.gap(4);
  auto const button = kit_.button_width("ADD PEER");
  if (ctrl_pressed('F')) kit_.focus_input("peers/search");
  kit_.input("peers/search", query_.needle, "search by name, id or address   (Ctrl+F)",
             ImGui::GetContentRegionAvail().x - button - kit_.px(8));
  ImGui::SameLine();
  ImGui::BeginDisabled(!snapshot.is_live());
  if (kit_.button("peers/add", "ADD PEER", ButtonLook::primary) || (snapshot.is_live() && ctrl_pressed('N')))
    place.adds_peer = true;
  ImGui::EndDisabled();
  kit_.gap(4);
}

void PeersView::draw(Snapshot const& snapshot, Actions& actions, Place& place) {
  auto const room = ImGui::GetContentRegionAvail();
  auto const is_wide = room.x >= kit_.cells(104);
  auto const has_detail = !place.peer.empty();
  auto const detail = is_wide ? kit_.cells(50) : room.x;
  if (has_detail && !is_wide) return detail_.draw(snapshot, actions, place, room);
  {
    Card const card(kit_, "peers_card", "", ImVec2(has_detail ? room.x - detail - kit_.px(8) : room.x, room.y));
    draw_filters(snapshot, place);
    if (snapshot.peers->empty())
      kit_.line(colour::secondary, snapshot.status ? "no peer is known yet: add the address of another device"
                                                   : "pim has not answered yet");
    else
      table_.draw(snapshot, query_, place.peer, ImGui::GetContentRegionAvail());
  }
  if (!has_detail) return;
  ImGui::SameLine(0, kit_.px(8));
  detail_.draw(snapshot, actions, place, ImVec2(detail, room.y));
}

}  // namespace pim::ui
