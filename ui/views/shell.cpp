#include "ui/views/shell.hpp"

#include "ui/views/about.hpp"
#include "ui/views/banners.hpp"
#include "ui/views/route_dialog.hpp"
#include "ui/views/sidebar.hpp"
#include "ui/views/toasts.hpp"
#include "ui/widgets/dialog.hpp"

namespace pim::ui {

Shell::Shell(Kit& kit)
    : kit_(kit), dashboard_(kit), peers_(kit), routing_(kit), gateway_(kit), logs_(kit), add_peer_(kit) {}

void Shell::handle_keys(Snapshot const& snapshot, Actions& actions) {
  for (std::size_t i = 0; i < screens.size(); ++i)
    if (ctrl_pressed(static_cast<char>('1' + i))) place_.screen = screens[i].screen;
  if (ctrl_pressed('Q')) wants_to_close_ = true;
  if (ctrl_pressed('R') && snapshot.is_live() && !snapshot.route.is_pending()) actions.request(action::ToggleRoute{});
}

void Shell::draw_screen(Snapshot const& snapshot, Actions& actions) {
  switch (place_.screen) {
    case Screen::dashboard: return dashboard_.draw(snapshot, actions, place_);
    case Screen::peers: return peers_.draw(snapshot, actions, place_);
    case Screen::routing: return routing_.draw(snapshot, actions, place_);
    case Screen::gateway: return gateway_.draw(snapshot, actions, place_);
    case Screen::logs: return logs_.draw(snapshot, actions);
    case Screen::about: return draw_about(kit_, snapshot);
  }
}

void Shell::draw_page(Snapshot const& snapshot, Actions& actions) {
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
  ImGui::BeginGroup();
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(kit_.px(8), kit_.px(2)));
  draw_banners(kit_, snapshot, actions, place_);
  ImGui::PopStyleVar();
  auto const pad = kit_.px(8);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(pad, pad));
  // A name per screen, so that each keeps its own place when it scrolls.
  auto const name = "page" + std::to_string(static_cast<int>(place_.screen));
  ImGui::BeginChild(name.c_str(), ImVec2(0, 0), false,
                    ImGuiWindowFlags_NavFlattened | ImGuiWindowFlags_AlwaysUseWindowPadding);
  ImGui::PopStyleVar();
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(kit_.px(8), kit_.px(2)));
  // What an absent daemon said last stays in sight, dimmed: it is old, and the banner says how old.
  auto const is_old = snapshot.link.state != LinkState::online && snapshot.status.has_value();
  if (is_old) ImGui::PushStyleVar(ImGuiStyleVar_Alpha, 0.55F);
  draw_screen(snapshot, actions);
  if (is_old) ImGui::PopStyleVar();
  ImGui::PopStyleVar();
  ImGui::EndChild();
  ImGui::EndGroup();
  ImGui::PopStyleVar();
}

void Shell::draw(Snapshot const& snapshot, Actions& actions) {
  auto const& display = ImGui::GetIO().DisplaySize;
  handle_keys(snapshot, actions);
  ImGui::SetNextWindowPos(ImVec2(0, 0));
  ImGui::SetNextWindowSize(display);
  ImGui::Begin("##pim", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus |
                   ImGuiWindowFlags_NoScrollWithMouse);
  draw_sidebar(kit_, snapshot, place_, ImVec2(sidebar_width(kit_, display.x), display.y));
  ImGui::SameLine(0, 0);
  draw_page(snapshot, actions);
  draw_route_dialog(kit_, snapshot, actions, place_);
  add_peer_.draw(snapshot, actions, place_);
  ImGui::End();
  draw_toasts(kit_, snapshot, actions);
}

}  // namespace pim::ui
