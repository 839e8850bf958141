#include "ui/views/path.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ui/model/format.hpp"
#include "ui/model/peer_rows.hpp"
#include "ui/views/marks.hpp"

namespace pim::ui {
namespace {

struct Hop {
  std::string glyph, name, below;
  Colour colour = colour::text;
};
/// What stands between two hops.
struct Leg {
  std::string above, below;
  Colour colour = colour::green;
  Colour below_colour = colour::metadata;
  bool is_cut = false;
};
struct Path {
  std::vector<Hop> hops;
  std::vector<Leg> legs;
};

std::string own_address(Snapshot const& snapshot) {
  auto const& ip = snapshot.status->mesh_ip;
  return ip.substr(0, ip.find('/'));
}

std::string short_name(Snapshot const& snapshot, std::string const& id) {
  auto const* peer = find_peer(snapshot, id);
  return peer != nullptr ? title_of(peer->summary) : id.substr(0, 8);
}

Leg latency_leg(std::optional<double> latency) {
  return {"encrypted", latency_text(latency), colour::green, colour_of(latency_tone(latency)), false};
}

Path direct_path(Snapshot const& snapshot) {
  return {{{"●", "you", own_address(snapshot), colour::text}, {"○", "internet", "", colour::text}},
          {{"directly", "not through the mesh", colour::secondary, colour::metadata, false}}};
}

Path blocked_path(Snapshot const& snapshot) {
  auto const& last = snapshot.status->kill_switch.last_gateway;
  Hop gateway{"✗", last ? short_name(snapshot, *last) : std::string("gateway"), last ? "unreachable" : "none yet",
              colour::red};
  return {{{"●", "you", own_address(snapshot), colour::text}, gateway, {"⊘", "internet", "blocked", colour::red}},
          {{"", "nothing leaves", colour::red, colour::red, true}, {"", "", colour::border, colour::metadata, true}}};
}

Path mesh_path(Snapshot const& snapshot, std::string const& gateway_id) {
  Path path{{{"●", "you", own_address(snapshot), colour::text}}, {}};
  auto const& gateways = snapshot.routes->gateways;
  auto const known =
      std::find_if(gateways.begin(), gateways.end(), [&](auto const& g) { return g.node_id == gateway_id; });
  auto const* peer = find_peer(snapshot, gateway_id);
  auto const hops = known != gateways.end() ? known->hops : peer != nullptr ? peer->summary.route_hops : 1;
  std::optional<double> latency;
  if (known != gateways.end() && known->latency_ms) latency = *known->latency_ms;
  if (!latency && peer != nullptr) latency = latency_of(peer->summary);
  if (hops > 1 && known != gateways.end()) {
    auto const* relay = find_peer(snapshot, known->via);
    std::optional<double> to_relay;
    if (relay != nullptr) to_relay = latency_of(relay->summary);
    path.legs.push_back(latency_leg(to_relay));
    path.hops.push_back({"◈", short_name(snapshot, known->via),
                         hops > 2 ? "relay, " + std::to_string(hops - 2) + " more" : "relay", colour::text});
  }
  path.legs.push_back(latency_leg(latency));
  path.hops.push_back({"◉", short_name(snapshot, gateway_id), "gateway", colour::bright});
  path.legs.push_back({"its uplink", "", colour::secondary, colour::metadata, false});
  path.hops.push_back({"○", "internet", "", colour::text});
  return path;
}

Path path_of(Snapshot const& snapshot) {
  auto const& status = *snapshot.status;
  if (!status.route_on) return direct_path(snapshot);
  if (status.kill_switch.engaged || !status.routes.selected_gateway) return blocked_path(snapshot);
  return mesh_path(snapshot, *status.routes.selected_gateway);
}

void draw_leg(Kit& kit, Leg const& leg, float from, float to, float y) {
  auto& list = *ImGui::GetWindowDrawList();
  auto const colour = Kit::ink(leg.colour);
  auto const middle = (from + to) / 2;
  auto const tip = kit.px(5);
  if (leg.is_cut) {
    for (auto x = from; x < to; x += kit.px(8))
      list.AddLine(ImVec2(x, y), ImVec2(std::min(x + kit.px(4), to), y), colour);
    if (!leg.below.empty())
      list.AddRectFilled(ImVec2(middle - kit.cells(1.5F), y - 1), ImVec2(middle + kit.cells(1.5F), y + 2),
                         Kit::ink(colour::card));
    if (!leg.below.empty())
      kit.paint(ImVec2(middle - kit.cells(0.5F), y - kit.fonts().body->FontSize / 2), leg.colour, "✗", 0,
                kit.fonts().strong);
  } else {
    list.AddLine(ImVec2(from, y), ImVec2(to, y), colour);
    list.AddTriangleFilled(ImVec2(to, y), ImVec2(to - tip, y - tip + 1), ImVec2(to - tip, y + tip - 1), colour);
  }
  auto const room = to - from;
  auto const centred = [&](std::string const& text, Colour tone, float at) {
    auto const width = std::min(kit.width_of(text), room);
    kit.paint(ImVec2(middle - width / 2, at), tone, text, room);
  };
  centred(leg.above, colour::metadata, y - kit.fonts().body->FontSize - kit.px(4));
  centred(leg.below, leg.below_colour, y + kit.px(8));
}

}  // namespace

void draw_path(Kit& kit, Snapshot const& snapshot, ImVec2 size) {
  auto const at = ImGui::GetCursorScreenPos();
  ImGui::Dummy(size);
  if (!snapshot.status) return;
  auto const path = path_of(snapshot);
  auto const y = at.y + std::round(size.y / 2);
  // Names are as wide as they need; the legs share the rest.
  auto const longest = kit.cells(path.hops.size() > 3 ? 12 : 16);
  std::vector<float> widths;
  auto used = 0.0F;
  for (auto const& hop : path.hops) {
    auto const name = std::min(longest, kit.width_of(hop.name, kit.fonts().strong) + kit.cells(2));
    widths.push_back(std::max(name, std::min(longest, kit.width_of(hop.below) + kit.cells(2))));
    used += widths.back();
  }
  auto const leg = std::max(kit.cells(4), (size.x - used) / static_cast<float>(path.legs.size()));
  auto x = at.x;
  for (std::size_t i = 0; i < path.hops.size(); ++i) {
    auto const& hop = path.hops[i];
    auto const top = y - std::round(kit.fonts().body->FontSize / 2);
    kit.paint(ImVec2(x, top), hop.colour, hop.glyph, 0, kit.fonts().strong);
    kit.paint(ImVec2(x + kit.cells(2), top), hop.colour, hop.name, longest - kit.cells(2), kit.fonts().strong);
    kit.paint(ImVec2(x + kit.cells(2), y + kit.px(10)), colour::metadata, hop.below, widths[i] + kit.cells(2));
    x += widths[i];
    if (i < path.legs.size()) draw_leg(kit, path.legs[i], x + kit.cells(1.5F), x + leg - kit.cells(1.5F), y);
    x += leg;
  }
}

}  // namespace pim::ui
