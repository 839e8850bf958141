#include "ui/views/banners.hpp"

#include <algorithm>

#include "ui/model/banner.hpp"
#include "ui/model/format.hpp"

namespace pim::ui {
namespace {

constexpr float stacked_gap = 8;
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

float height_of(Kit const& kit, Banner const& banner, Shape const& shape, std::vector<std::string> const& facts) {
  auto const spacing = ImGui::GetStyle().ItemSpacing.y;
  auto height =
      kit.px(20) + kit.fonts().strong->FontSize + spacing + kit.paragraph_height(banner.sentence, shape.width);
  for (auto const& line : facts) height += spacing + kit.paragraph_height(line, shape.width);
  auto rows_below = std::min(banner.offers.size(), max_offers) + (shape.is_stacked ? 1 : 0);
  if (shape.is_stacked) height += kit.px(stacked_gap);
  return height + static_cast<float>(rows_below) * (kit.line_height() + spacing);
}

void draw_ground(Kit& kit, BannerGrade grade, ImVec2 size) {
  auto const min = ImGui::GetWindowPos();
  ImVec2 const max(min.x + size.x, min.y + size.y);
  auto& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(min, max, Kit::ink(tones_of(grade).fill));
  auto const is_degraded = grade == BannerGrade::degraded;
  if (is_degraded) list.AddRectFilled(min, ImVec2(min.x + kit.px(2), max.y), Kit::ink(colour::amber));
  kit.rects.note(is_degraded ? "banner/degraded" : "banner/blocking", min, max, min, max);
}

void draw_words(Kit const& kit, Banner const& banner, Shape const& shape, std::vector<std::string> const& facts) {
  auto const tones = tones_of(banner.grade);
  ImGui::SetCursorPos(ImVec2(shape.left, kit.px(10)));
  kit.paint(ImGui::GetCursorScreenPos(), tones.headline, banner.headline, shape.width, kit.fonts().strong);
  ImGui::Dummy(ImVec2(0, kit.fonts().strong->FontSize));
  ImGui::PushTextWrapPos(shape.left + shape.width);
  ImGui::PushStyleColor(ImGuiCol_Text, tones.text);
  auto const say = [&](std::string const& text) {
    ImGui::SetCursorPosX(shape.left);
    ImGui::TextUnformatted(text.data(), text.data() + text.size());
  };
  say(banner.sentence);
  for (auto const& line : facts) say(line);
  ImGui::PopStyleColor();
  ImGui::PopTextWrapPos();
}

void draw_banner(Kit& kit, Banner const& banner, int number, Snapshot const& snapshot, Actions& actions, Place& place) {
  auto const look = tones_of(banner.grade).button;
  auto const room = ImGui::GetContentRegionAvail().x;
  auto const shape = shape_of(kit, banner, room);
  auto const facts = fact_lines(kit, banner.facts, shape.width);
  ImVec2 const size(room, height_of(kit, banner, shape, facts));
  auto const name = "banner" + std::to_string(number);
  ImGui::BeginChild(name.c_str(), size, false, ImGuiWindowFlags_NavFlattened | ImGuiWindowFlags_NoScrollbar);
  draw_ground(kit, banner.grade, size);
  draw_words(kit, banner, shape, facts);
  auto const below = ImGui::GetCursorPos();
  if (shape.is_stacked) {
    kit.gap(stacked_gap);
    ImGui::SetCursorPosX(shape.left + kit.px(8));
    draw_main_button(kit, banner, snapshot, actions, look);
  } else {
    ImGui::SetCursorPos(ImVec2(room - kit.px(24) - shape.buttons, (size.y - kit.line_height()) / 2));
    draw_main_button(kit, banner, snapshot, actions, look);
    ImGui::SetCursorPos(below);
  }
  draw_offers(kit, banner, snapshot, place, look, shape.left + kit.px(8));
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
