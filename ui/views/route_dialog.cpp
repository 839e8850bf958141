#include "ui/views/route_dialog.hpp"

#include "ui/model/checks.hpp"
#include "ui/model/format.hpp"
#include "ui/widgets/dialog.hpp"

namespace pim::ui {
namespace {

void draw_row(Kit& kit, RouteCheck const& check) {
  auto const tone = check.mark == CheckMark::passed    ? colour::green
                    : check.mark == CheckMark::missing ? colour::amber
                                                       : colour::red;
  auto const glyph = check.mark == CheckMark::passed ? "✓" : check.mark == CheckMark::missing ? "○" : "✗";
  kit.paint(ImGui::GetCursorScreenPos(), tone, glyph);
  ImGui::Indent(kit.cells(3));
  kit.paragraph(colour::text, check.sentence);
  if (!check.remedy.empty()) kit.paragraph(colour::secondary, "↳ " + check.remedy);
  ImGui::Unindent(kit.cells(3));
  kit.gap(4);
}

void draw_offers(Kit& kit, RouteCheck const& check, Snapshot const& snapshot, Actions& actions, Place& place) {
  for (auto const& id : check.offers) {
    if (!kit.button("route/offer/" + id.substr(0, 8), "COMPARE AND ALLOW " + name_of(snapshot, id))) continue;
    actions.request(action::CancelRoute{});
    place.screen = Screen::peers;
    place.peer = id;
  }
}

}  // namespace

void draw_route_dialog(Kit& kit, Snapshot const& snapshot, Actions& actions, Place& place) {
  auto const phase = snapshot.route.phase;
  if (phase != RoutePhase::preflight && phase != RoutePhase::confirm) return;
  auto const checks = route_checks(snapshot);
  Dialog const dialog(kit, "route_dialog", "Route internet via mesh", 76,
                      checks.pass()     ? colour::green
                      : checks.permit() ? colour::amber
                                        : colour::red);
  if (!dialog) return;
  for (auto const& row : checks.rows) {
    draw_row(kit, row);
    draw_offers(kit, row, snapshot, actions, place);
  }
  kit.gap(4);
  if (checks.pass())
    kit.paragraph(colour::secondary,
                  "All internet traffic of this device then goes through that gateway, or nowhere: if the "
                  "gateway is lost, pim blocks it until you turn routing off.");
  else if (checks.permit())
    kit.paragraph(colour::amber, "Turned on now, pim blocks all internet traffic until an allowed gateway answers.");
  kit.gap(12);
  ImGui::BeginDisabled(!checks.permit());
  if (kit.button("route/confirm", checks.pass() ? "TURN ON ROUTING" : "TURN ON AND BLOCK UNTIL THEN",
                 checks.pass() ? ButtonLook::primary : ButtonLook::danger))
    actions.request(action::ConfirmRoute{});
  ImGui::SetItemDefaultFocus();
  ImGui::EndDisabled();
  ImGui::SameLine();
  if (kit.button("route/cancel", "CANCEL") || escape_pressed()) actions.request(action::CancelRoute{});
}

}  // namespace pim::ui
