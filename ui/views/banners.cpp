#include "ui/views/banners.hpp"

#include <algorithm>

#include "ui/model/banner.hpp"
#include "ui/model/format.hpp"

namespace pim::ui {
namespace {

constexpr std::size_t max_offers = 3;  // the others are on the routing screen

struct Tones {
  Colour fill, headline, text;
  ButtonLook button;
};

Tones tones_of(BannerGrade grade) {
  if (grade == BannerGrade::degraded) return {colour::panel, colour::amber, colour::text, ButtonLook::primary};
  return {colour::red, colour::ink, colour::ink, ButtonLook::on_red};
}

/// The facts in lines that break only between facts.
std::vector<std::string> fact_lines(Kit const& kit, std::vector<std::string> const& facts, float width) {
  std::vector<std::string> lines;
  for (auto const& fact : facts) {
    auto const longer = lines.empty() ? fact : lines.back() + "  ·  " + fact;
    if (!lines.empty() && kit.width_of(longer) <= width)
      lines.back() = longer;
    else
      lines.push_back(fact);
  }
  return lines;
}

struct Shape {
  float left, width, buttons;  ///< of the text; of the column of buttons
  bool is_stacked;             ///< the buttons stand below the text
};

Shape shape_of(Kit const& kit, Banner const& banner, float room) {
  auto buttons = 0.0F;
  if (banner.has_turn_off) buttons = std::max(buttons, kit.button_width("TURN OFF ROUTING"));
  if (banner.has_retry) buttons = std::max(buttons, kit.button_width("TRY NOW"));
  auto const pad = kit.px(16);
  auto const is_stacked = room < kit.cells(90);
  auto const beside = is_stacked || buttons <= 0 ? 0.0F : buttons + 2 * pad;
  return {pad, room - 2 * pad - beside, buttons, is_stacked && buttons > 0};
}

void draw_main_button(Kit& kit, Banner const& banner, Snapshot const& snapshot, Actions& actions, ButtonLook look) {
  if (banner.has_turn_off) {
    auto const is_pending = snapshot.route.phase == RoutePhase::pending_off;
    ImGui::BeginDisabled(is_pending);
    if (kit.button("banner/turn_off", is_pending ? "TURNING OFF" : "TURN OFF ROUTING", look))
      actions.request(action::TurnOffRoute{});
    ImGui::EndDisabled();
  }
  if (banner.has_retry && kit.button("banner/retry", "TRY NOW", look)) actions.request(action::RetryNow{});
}

void draw_offers(Kit& kit, Banner const& banner, Snapshot const& snapshot, Place& place, ButtonLook look, float left) {
  for (std::size_t i = 0; i < std::min(banner.offers.size(), max_offers); ++i) {
    ImGui::SetCursorPosX(left);
    // To be allowed, a fingerprint has to be compared: the button leads to it.
    auto const& id = banner.offers[i];
    if (kit.button("banner/allow/" + id.substr(0, 8), "ALLOW " + name_of(snapshot, id) + " …", look)) {
      place.screen = Screen::peers;
      place.peer = id;
    }
  }
}

void draw_banner(Kit& kit, Banner const& banner, int number, Snapshot const& snapshot, Actions& actions, Place& place) {
  auto const tones = tones_of(banner.grade);
  auto const room = ImGui::GetContentRegionAvail().x;
  auto const shape = shape_of(kit, banner, room);
  auto const facts = fact_lines(kit, banner.facts, shape.width);
  auto const spacing = ImGui::GetStyle().ItemSpacing.y;
  auto height =
      kit.px(20) + kit.fonts().strong->FontSize + spacing + kit.paragraph_height(banner.sentence, shape.width);
  for (auto const& line : facts) height += spacing + kit.paragraph_height(line, shape.width);
  auto const rows_below =
      (shape.is_stacked ? 1.0F : 0.0F) + static_cast<float>(std::min(banner.offers.size(), max_offers));
  height += rows_below * (kit.line_height() + spacing);

  auto const name = "banner" + std::to_string(number);
  ImGui::BeginChild(name.c_str(), ImVec2(room, height), false,
                    ImGuiWindowFlags_NavFlattened | ImGuiWindowFlags_NoScrollbar);
  auto const min = ImGui::GetWindowPos();
  auto& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(min, ImVec2(min.x + room, min.y + height), Kit::ink(tones.fill));
  if (banner.grade == BannerGrade::degraded)
    list.AddRectFilled(min, ImVec2(min.x + kit.px(2), min.y + height), Kit::ink(colour::amber));
  kit.rects.note("banner/" + std::string(banner.grade == BannerGrade::degraded ? "degraded" : "blocking"), min,
                 ImVec2(min.x + room, min.y + height), min, ImVec2(min.x + room, min.y + height));

  ImGui::SetCursorPos(ImVec2(shape.left, kit.px(10)));
  kit.paint(ImGui::GetCursorScreenPos(), tones.headline, banner.headline, shape.width, kit.fonts().strong);
  ImGui::Dummy(ImVec2(0, kit.fonts().strong->FontSize));
  auto const words = [&](std::string const& text) {
    ImGui::SetCursorPosX(shape.left);
    ImGui::PushTextWrapPos(shape.left + shape.width);
    ImGui::PushStyleColor(ImGuiCol_Text, tones.text);
    ImGui::TextUnformatted(text.data(), text.data() + text.size());
    ImGui::PopStyleColor();
    ImGui::PopTextWrapPos();
  };
  words(banner.sentence);
  for (auto const& line : facts) words(line);
  if (shape.is_stacked) ImGui::SetCursorPosX(shape.left);
  auto const below = ImGui::GetCursorPos();
  if (!shape.is_stacked && shape.buttons > 0)
    ImGui::SetCursorPos(ImVec2(room - kit.px(24) - shape.buttons, (height - kit.line_height()) / 2));
  draw_main_button(kit, banner, snapshot, actions, tones.button);
  if (!shape.is_stacked) ImGui::SetCursorPos(below);
  draw_offers(kit, banner, snapshot, place, tones.button, shape.left);
  ImGui::EndChild();
}

}  // namespace

void draw_banners(Kit& kit, Snapshot const& snapshot, Actions& actions, Place& place) {
  auto const list = banners(snapshot, kit.now(), kit.zone());
  int number = 0;
  for (auto const& banner : list) draw_banner(kit, banner, number++, snapshot, actions, place);
  if (!list.empty()) kit.redraw_in(std::chrono::milliseconds(1000));  // they tell ages
}

}  // namespace pim::ui
