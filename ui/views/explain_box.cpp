#include "ui/views/explain_box.hpp"

#include "ui/model/explain.hpp"
#include "ui/model/format.hpp"
#include "ui/widgets/card.hpp"

namespace pim::ui {
namespace {

struct Answer {
  Colour colour;
  std::string text;
};

Colour colour_of(protocol::RouteCourse course) {
  using enum protocol::RouteCourse;
  switch (course) {
    case to_self:
    case as_before: return colour::text;
    case direct:
    case relayed:
    case through_gateway: return colour::green;
    case blocked: return colour::red;
    case unreachable: return colour::amber;
  }
  return colour::text;
}

Answer answer_of(Snapshot const& snapshot) {
  if (!snapshot.explained)
    return {colour::secondary, "A packet takes the way that routing has selected at that moment."};
  if (!snapshot.explained->way) return {colour::red, "✗ " + snapshot.explained->problem};
  auto const& way = *snapshot.explained->way;
  auto const name = [&](std::string const& id) { return name_of(snapshot, id); };
  return {colour_of(way.course), "─→ " + explain_text(way, name)};
}

std::string trimmed(std::string const& text) {
  auto const begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

}  // namespace

void ExplainBox::draw_question(Snapshot const& snapshot, Actions& actions) {
  Call const ask = protocol::RouteExplainParams{trimmed(target_)};
  auto const is_busy = snapshot.is_under_way(ask);
  auto const label = is_busy ? "ASKING" : "EXPLAIN";
  auto is_entered = false;
  kit_.input("explain/target", target_, "203.0.113.7, a mesh address, or the id of a node",
             ImGui::GetContentRegionAvail().x - kit_.button_width(label) - kit_.px(8), &is_entered);
  ImGui::SameLine();
  auto const can_ask = snapshot.is_live() && !is_busy && !trimmed(target_).empty();
  ImGui::BeginDisabled(!can_ask);
  if ((kit_.button("explain/ask", label, ButtonLook::primary) || is_entered) && can_ask) actions.request(ask);
  ImGui::EndDisabled();
}

void ExplainBox::draw(Snapshot const& snapshot, Actions& actions, float width) {
  auto const answer = answer_of(snapshot);
  std::string age;
  if (snapshot.explained) {
    auto const now = snapshot.is_live() ? kit_.now().boot : snapshot.heard_at;
    age = "asked " + age_text(aged(0, snapshot.explained_at, now));
    kit_.redraw_in(std::chrono::milliseconds(1000));
  }
  auto const words = kit_.paragraph_height(answer.text, width - kit_.px(32));
  Card const card(kit_, "explain", "Which way does a packet go? (route explain)",
                  ImVec2(width, Card::height_for(kit_, 0) + kit_.line_height() + kit_.px(12) + words),
                  {age, colour::metadata, {}});
  draw_question(snapshot, actions);
  kit_.gap(4);
  kit_.paragraph(answer.colour, answer.text);
  if (!snapshot.explained) return;
  auto const name = snapshot.explained->way ? "explain/answer" : "explain/problem";
  kit_.note(name, ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
}

}  // namespace pim::ui
