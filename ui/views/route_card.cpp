#include "ui/views/route_card.hpp"

#include <algorithm>
#include <cmath>

#include "ui/model/format.hpp"
#include "ui/views/marks.hpp"
#include "ui/views/path.hpp"
#include "ui/widgets/card.hpp"

namespace pim::ui {
namespace {

protocol::KnownGateway const* selected_gateway(Snapshot const& snapshot) {
  auto const& selected = snapshot.status->routes.selected_gateway;
  if (!selected) return nullptr;
  for (auto const& gateway : snapshot.routes->gateways)
    if (gateway.node_id == *selected) return &gateway;
  return nullptr;
}

std::string on_sentence(Snapshot const& snapshot) {
  auto const& selected = snapshot.status->routes.selected_gateway;
  if (!selected) return "Routing is on; pim picks a gateway";
  auto text = "Routing through " + name_of(snapshot, *selected);
  auto const* gateway = selected_gateway(snapshot);
  if (gateway != nullptr && gateway->hops > 1) return text + " via " + name_of(snapshot, gateway->via);
  return text;
}

/// A square switch: a block that slides between two places; the word beside it says the state.
bool toggle(Kit& kit, Snapshot const& snapshot) {
  auto const mark = route_mark(snapshot);
  auto const word = std::string(mark.glyph) + " " + std::string(mark.word);
  ImVec2 const size(kit.px(48) + kit.cells(2) + kit.width_of(word, kit.fonts().strong), kit.line_height());
  ImGui::BeginDisabled(!snapshot.is_live() || snapshot.route.is_pending());
  auto const press = kit.pressable("route/switch", size);
  ImGui::EndDisabled();  // what it says stays readable while it cannot be moved
  auto& list = *ImGui::GetWindowDrawList();
  auto const way = kit.glide("route/switch", snapshot.route.truth.is_on);
  ImVec2 const end(press.min.x + kit.px(48), press.max.y);
  list.AddRectFilled(press.min, end, Kit::ink(colour::background));
  list.AddRect(press.min, end, Kit::ink(press.is_hovered ? colour::bright : mark.colour));
  auto const block = press.min.x + kit.px(3) + std::round(way * kit.px(22));
  list.AddRectFilled(ImVec2(block, press.min.y + kit.px(3)), ImVec2(block + kit.px(20), press.max.y - kit.px(3)),
                     Kit::ink(mark.colour));
  if (press.is_focused)
    list.AddRect(ImVec2(press.min.x - kit.px(3), press.min.y - kit.px(3)),
                 ImVec2(press.max.x + kit.px(3), press.max.y + kit.px(3)), Kit::ink(colour::bright));
  kit.paint(ImVec2(end.x + kit.cells(2), press.min.y + kit.px(2)), mark.colour, word, 0, kit.fonts().strong);
  return press.is_clicked;
}

void draw_switch(Kit& kit, Snapshot const& snapshot, Actions& actions) {
  kit.line(colour::text, "Route internet via mesh", kit.fonts().title);
  kit.line(colour::metadata, "(split-default routing)");
  kit.gap(6);
  if (toggle(kit, snapshot)) actions.request(action::ToggleRoute{});
  kit.gap(6);
  if (!snapshot.route.problem.empty()) {
    kit.line(colour::red, "✗ " + snapshot.route.problem);
  } else {
    kit.line(colour::secondary, route_sentence(snapshot));
  }
}

}  // namespace

std::string route_sentence(Snapshot const& snapshot) {
  if (!snapshot.status) return "pim has not answered yet";
  switch (snapshot.route.phase) {
    case RoutePhase::off: return "Internet goes out directly, not through the mesh";
    case RoutePhase::preflight:
    case RoutePhase::confirm: return "Nothing is changed yet";
    case RoutePhase::pending_on: return "Waiting for the daemon to confirm";
    case RoutePhase::pending_off: return "Waiting for the daemon to confirm";
    case RoutePhase::on: return on_sentence(snapshot);
    case RoutePhase::blocking: return "No gateway is usable";
  }
  return {};
}

void draw_route_card(Kit& kit, Snapshot const& snapshot, Actions& actions) {
  auto const room = ImGui::GetContentRegionAvail().x;
  auto const is_wide = room >= kit.cells(96);
  auto const height = kit.px(is_wide ? 128 : 216);
  auto const mark = route_mark(snapshot);
  Card const card(kit, "route", "", ImVec2(room, height), {{}, colour::metadata, mark.colour});
  auto const inner = ImGui::GetContentRegionAvail();
  auto const left = is_wide ? kit.cells(44) : inner.x;
  ImGui::BeginChild("switch", ImVec2(left, is_wide ? inner.y : kit.px(112)), false,
                    ImGuiWindowFlags_NavFlattened | ImGuiWindowFlags_NoScrollbar);
  draw_switch(kit, snapshot, actions);
  ImGui::EndChild();
  if (is_wide) ImGui::SameLine(0, kit.cells(3));
  draw_path(kit, snapshot, ImVec2(is_wide ? inner.x - left - kit.cells(3) : inner.x, is_wide ? inner.y : kit.px(84)));
}

}  // namespace pim::ui
