#include "ui/views/gateway.hpp"

#include <algorithm>
#include <cmath>

#include "ui/model/format.hpp"
#include "ui/views/marks.hpp"
#include "ui/views/node_panels.hpp"
#include "ui/widgets/card.hpp"
#include "ui/widgets/chart.hpp"

namespace pim::ui {
namespace {

bool is_on(Snapshot const& snapshot) { return snapshot.gateway && snapshot.gateway->active; }

std::string users_sentence(Snapshot const& snapshot) {
  auto const ids = snapshot.gateway->peers_through_me_ids.value_or(std::vector<std::string>{});
  if (ids.empty()) return "No peer uses it right now.";
  std::string names;
  constexpr std::size_t max_named = 4;
  for (std::size_t i = 0; i < std::min(ids.size(), max_named); ++i)
    names += (i == 0 ? "" : ", ") + name_of(snapshot, ids[i]);
  if (ids.size() > max_named) names += " and " + std::to_string(ids.size() - max_named) + " more";
  return names + (ids.size() == 1 ? " loses" : " lose") + " internet.";
}

}  // namespace

void GatewayView::draw_off(Snapshot const& snapshot, Actions& actions) {
  kit_.paragraph(
      colour::secondary,
      "Peers reach the internet only through devices that share it (gateway). Sharing starts when you say so.");
  kit_.gap(4);
  auto const suggestions =
      snapshot.preflight ? snapshot.preflight->suggested_nat_interfaces : std::vector<std::string>{};
  if (std::find(suggestions.begin(), suggestions.end(), uplink_) == suggestions.end())
    uplink_ = suggestions.empty() ? "" : suggestions.front();
  if (suggestions.empty()) {
    kit_.line(colour::amber, snapshot.preflight ? "○ no uplink was found: connect this device to the internet"
                                                : "◐ looking for an uplink");
  } else {
    kit_.line(colour::secondary, "over the uplink (nat_interface)");
    for (auto const& name : suggestions) {
      if (name != suggestions.front()) ImGui::SameLine();
      if (kit_.chip("gateway/uplink/" + name, name, name == uplink_)) uplink_ = name;
    }
  }
  kit_.gap(8);
  Call const enable = protocol::GatewayEnableParams{uplink_, {}};
  ImGui::BeginDisabled(!snapshot.is_live() || uplink_.empty() || snapshot.is_under_way(enable));
  if (kit_.button("gateway/enable", "SHARE INTERNET", ButtonLook::primary)) actions.request(enable);
  ImGui::EndDisabled();
}

void GatewayView::draw_on(Snapshot const& snapshot, Actions& actions) {
  auto const& gateway = *snapshot.gateway;
  field(kit_, "uplink", gateway.nat_interface.value_or("–"));
  if (gateway.enabled_at) {
    auto const age = std::chrono::duration_cast<std::chrono::seconds>(kit_.now().wall - *gateway.enabled_at);
    field(kit_, "since", clock_text(*gateway.enabled_at, kit_.zone()) + " (" + duration_text(age) + ")");
    kit_.redraw_in(std::chrono::milliseconds(1000));
  }
  if (gateway.conntrack) {
    auto const& conntrack = *gateway.conntrack;
    auto const part =
        conntrack.max == 0 ? 0.0 : static_cast<double>(conntrack.used) / static_cast<double>(conntrack.max);
    field(kit_, "connections",
          count_text(conntrack.used) + " of " + count_text(conntrack.max) + " on this device  " +
              percent_text(part * 100));
    gauge(part, ImVec2(std::min(kit_.cells(44), ImGui::GetContentRegionAvail().x), kit_.px(6)));
  }
  kit_.gap(8);
  ImGui::BeginDisabled(!snapshot.is_live() || snapshot.is_under_way(protocol::GatewayDisableParams{}));
  if (!is_turning_off_) {
    if (kit_.button("gateway/disable", "STOP SHARING …", ButtonLook::danger)) is_turning_off_ = true;
  } else {
    kit_.paragraph(colour::amber, users_sentence(snapshot));
    if (kit_.button("gateway/disable_sure", "STOP SHARING NOW", ButtonLook::danger)) {
      actions.request(Call{protocol::GatewayDisableParams{}});
      is_turning_off_ = false;
    }
    ImGui::SameLine();
    if (kit_.button("gateway/disable_cancel", "KEEP SHARING")) is_turning_off_ = false;
  }
  ImGui::EndDisabled();
}

void GatewayView::draw_state(Snapshot const& snapshot, Actions& actions, ImVec2 size) {
  auto const on = is_on(snapshot);
  Card const card(kit_, "gateway_state", "", size, {{}, colour::metadata, on ? colour::green : colour::border});
  kit_.line(colour::text, "Share this device's internet", kit_.fonts().title);
  kit_.line(colour::metadata, "(gateway)");
  kit_.gap(4);
  kit_.line(on ? colour::green : colour::secondary, on ? "◉ SHARING" : "⊘ NOT SHARING", kit_.fonts().strong);
  kit_.gap(4);
  if (on)
    draw_on(snapshot, actions);
  else
    draw_off(snapshot, actions);
}

void GatewayView::draw_checks(Snapshot const& snapshot, Actions& actions, ImVec2 size) {
  Card const card(kit_, "checks", "What has to hold (preflight)", size);
  auto const resume = ImGui::GetCursorPos();
  auto const busy = snapshot.is_under_way(protocol::GatewayPreflightParams{});
  auto const label = busy ? "CHECKING" : "CHECK AGAIN";
  ImGui::SetCursorPos(ImVec2(size.x - kit_.px(16) - kit_.button_width(label), kit_.px(8)));
  ImGui::BeginDisabled(busy || !snapshot.is_live());
  if (kit_.button("gateway/check", label)) actions.request(Call{protocol::GatewayPreflightParams{}});
  ImGui::EndDisabled();
  ImGui::SetCursorPos(resume);
  if (!snapshot.preflight) return kit_.line(colour::secondary, busy ? "◐ checking" : "not checked yet");
  if (!snapshot.preflight->supported) kit_.line(colour::red, "✗ this system cannot share its internet");
  ImGui::BeginChild("rows", ImVec2(0, 0), false, ImGuiWindowFlags_NavFlattened);
  for (auto const& check : snapshot.preflight->checks) {
    kit_.paint(ImGui::GetCursorScreenPos(), check.ok ? colour::green : colour::red, check.ok ? "✓" : "✗");
    ImGui::Indent(kit_.cells(3));
    kit_.paragraph(check.ok ? colour::text : colour::red, printable(check.name));
    kit_.paragraph(colour::secondary, printable(check.detail));
    if (!check.ok && check.fix) kit_.paragraph(colour::amber, "↳ " + printable(*check.fix));
    ImGui::Unindent(kit_.cells(3));
    kit_.gap(4);
  }
  auto const age = std::chrono::duration_cast<std::chrono::seconds>(kit_.now().boot - snapshot.preflight_at);
  kit_.line(colour::metadata, "checked " + age_text(age));
  ImGui::EndChild();
  kit_.redraw_in(std::chrono::milliseconds(1000));
}

void GatewayView::draw_users(Snapshot const& snapshot, Place& place, ImVec2 size) {
  auto const ids = snapshot.gateway->peers_through_me_ids.value_or(std::vector<std::string>{});
  auto const count =
      std::to_string(snapshot.gateway->peers_through_me.value_or(static_cast<std::uint32_t>(ids.size())));
  Card const card(kit_, "users", "Peers through this device", size, {count, colour::metadata, {}});
  if (ids.empty()) return kit_.line(colour::secondary, "none right now");
  ImGui::BeginChild("list", ImVec2(0, 0), false, ImGuiWindowFlags_NavFlattened);
  for (auto const& id : ids) {
    auto const press =
        kit_.pressable("gateway/user/" + id, ImVec2(ImGui::GetContentRegionAvail().x, kit_.line_height()), false);
    kit_.paint(ImVec2(press.min.x, press.min.y + kit_.px(3)), press.is_hovered ? colour::bright : colour::text,
               "◆ " + name_of(snapshot, id));
    if (!press.is_clicked) continue;
    place.screen = Screen::peers;
    place.peer = id;
  }
  ImGui::EndChild();
}

void GatewayView::draw(Snapshot const& snapshot, Actions& actions, Place& place) {
  // The checks run when the screen opens, once per connection; afterwards by the button.
  if (snapshot.is_live() && (!was_asked_ || asked_for_ != snapshot.link.since)) {
    was_asked_ = true;
    asked_for_ = snapshot.link.since;
    actions.request(Call{protocol::GatewayPreflightParams{}});
  }
  if (!is_on(snapshot)) is_turning_off_ = false;
  auto const room = ImGui::GetContentRegionAvail();
  auto const gap = kit_.px(8);
  auto const is_wide = room.x >= kit_.cells(96);
  auto const left = is_wide ? std::floor((room.x - gap) / 2) : room.x;
  auto const state = Card::height_for(kit_, 11);
  if (!is_on(snapshot)) {
    draw_state(snapshot, actions, ImVec2(left, is_wide ? room.y : state));
    if (is_wide) ImGui::SameLine(0, gap);
    draw_checks(snapshot, actions,
                ImVec2(is_wide ? room.x - gap - left : room.x, is_wide ? room.y : Card::height_for(kit_, 14)));
    return;
  }
  draw_state(snapshot, actions, ImVec2(left, state));
  if (is_wide) ImGui::SameLine(0, gap);
  auto const right = is_wide ? room.x - gap - left : room.x;
  draw_throughput(kit_, snapshot.shared_traffic, "Shared", ImVec2(right, state));
  kit_.gap(6);
  auto const rest = std::max(Card::height_for(kit_, 8), room.y - state - gap);
  draw_users(snapshot, place, ImVec2(left, is_wide ? rest : Card::height_for(kit_, 5)));
  if (is_wide) ImGui::SameLine(0, gap);
  draw_checks(snapshot, actions, ImVec2(right, rest));
}

}  // namespace pim::ui
