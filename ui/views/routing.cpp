#include "ui/views/routing.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/model/explain.hpp"
#include "ui/model/format.hpp"
#include "ui/model/reasons.hpp"
#include "ui/views/marks.hpp"
#include "ui/views/node_panels.hpp"
#include "ui/views/route_card.hpp"
#include "ui/widgets/card.hpp"
#include "ui/widgets/table.hpp"

namespace pim::ui {
namespace {

constexpr std::array<Column, 11> gateway_columns = {{{"State", 10, false, false, 9},
                                                     {"Gateway", 14, true, false, 10},
                                                     {"Way", 7, false, false, 5},
                                                     {"Latency", 7, false, true, 6},
                                                     {"Order", 5, false, true, 7},
                                                     {"Priority", 8, false, true, 7},
                                                     {"Carries", 7, false, false, 4},
                                                     {"Metric", 6, false, true, 7},
                                                     {"Load", 5, false, true, 4},
                                                     {"Score", 11, false, true, 3},
                                                     {"Why", 24, true, false, 8}}};
constexpr std::array<Column, 6> route_columns = {{{"State", 12, false, false, 9},
                                                  {"To", 22, true, false, 10},
                                                  {"Next hop", 22, true, false, 8},
                                                  {"Hops", 5, false, true, 7},
                                                  {"Metric", 7, false, true, 6},
                                                  {"Last told", 10, false, true, 5}}};

std::string way_text(protocol::KnownGateway const& gateway) {
  if (gateway.via.empty()) return "none";
  return gateway.hops <= 1 ? std::string("direct") : std::to_string(gateway.hops) + " hops";
}

/// What a row has no room for.
void gateway_tooltip(Kit& kit, Snapshot const& snapshot, protocol::KnownGateway const& gateway) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(kit.px(8), kit.px(8)));
  ImGui::BeginTooltip();
  kit.line(colour::text, name_of(snapshot, gateway.node_id), kit.fonts().strong);
  if (gateway.reason) kit.line(colour::secondary, printable(*gateway.reason));
  if (gateway.hops > 1) kit.line(colour::secondary, "the first hop is " + name_of(snapshot, gateway.via));
  if (auto const& usable = gateway.score_parts.usable_s)
    kit.line(colour::secondary, "usable for " + duration_text(aged(*usable, snapshot.routes_at, kit.now().boot)));
  ImGui::EndTooltip();
  ImGui::PopStyleVar();
}

template <class Part>
std::string part_text(protocol::Nullable<Part> const& part) {
  return part ? std::to_string(*part) : std::string("–");
}

enum class Consent { given, missing };

Mark mark_of(protocol::KnownGateway const& gateway, Consent consent) {
  if (gateway.selected) return {"◉", "in use", colour::bright};
  bool const is_silent = !gateway.via.empty() && !gateway.score_parts.priority;
  if (is_silent) return {"○", "no offer", colour::secondary};
  if (!gateway.healthy) return {"✗", "unusable", colour::red};
  if (consent == Consent::missing) return {"○", "offered", colour::amber};
  return {"◆", "usable", colour::green};
}

void gateway_row(Kit& kit, TableRow const& row, Snapshot const& snapshot, protocol::KnownGateway const& gateway,
                 Consent consent) {
  auto const tone = gateway.selected ? colour::bright : gateway.healthy ? colour::text : colour::secondary;
  auto const mark = mark_of(gateway, consent);
  row.cell(0, mark.colour, std::string(mark.glyph) + " " + std::string(mark.word));
  row.cell(1, tone, name_of(snapshot, gateway.node_id));
  row.cell(2, colour::secondary, way_text(gateway));
  auto const latency = gateway.latency_ms ? std::optional<double>(*gateway.latency_ms) : std::nullopt;
  auto const& parts = gateway.score_parts;
  row.cell(3, colour_of(latency_tone(latency)), latency_text(latency));
  row.cell(4, colour::secondary, std::to_string(parts.order + 1));
  row.cell(5, colour::secondary, part_text(parts.priority));
  auto const families = families_text(parts);
  row.cell(6, colour::secondary, families.empty() ? "–" : families);
  row.cell(7, colour::secondary, part_text(parts.metric));
  row.cell(8, colour::secondary, parts.load ? std::to_string((*parts.load * 100 + 127) / 255) + " %" : "–");
  row.cell(9, colour::secondary, count_text(static_cast<std::uint64_t>(std::max(0.0, gateway.score))));
  row.cell(10, tone, printable(gateway.reason.value_or("")));
  if (row.is_pointed()) gateway_tooltip(kit, snapshot, gateway);
}

void route_row(TableRow const& row, Snapshot const& snapshot, protocol::RouteEntry const& route, Time now) {
  bool const is_spare = route.feasible && !route.doubted;
  row.cell(0,
           route.selected ? colour::green
           : is_spare     ? colour::secondary
                          : colour::metadata,
           route.selected    ? "◆ selected"
           : is_spare        ? "○ spare"
           : !route.feasible ? "⊘ loop risk"
                             : "⊘ doubted");
  row.cell(1, route.selected ? colour::text : colour::secondary, name_of(snapshot, route.destination));
  row.cell(2, colour::secondary, route.hops <= 1 ? std::string("direct") : name_of(snapshot, route.via));
  row.cell(3, colour::secondary, std::to_string(route.hops));
  row.cell(4, colour::secondary, std::to_string(route.metric));
  row.cell(5, colour::secondary, age_text(aged(route.age_s, snapshot.routes_at, now)));
}

/// A table of gateways; returns the clicked one's node_id.
std::string gateway_table(Kit& kit, char const* name, Snapshot const& snapshot,
                          std::vector<protocol::KnownGateway> const& list, Consent consent) {
  auto const room = ImGui::GetContentRegionAvail();
  Table table(kit, name, gateway_columns, room.x);
  table.header();
  auto const clicked = table.rows(
      list.size(), 0, [&](std::size_t row) { return list[row].node_id; },
      [&](std::size_t row, TableRow const& line) { gateway_row(kit, line, snapshot, list[row], consent); });
  return clicked >= 0 ? list[static_cast<std::size_t>(clicked)].node_id : std::string();
}

void go_to_peer(Place& place, std::string const& node_id) {
  if (node_id.empty()) return;
  place.screen = Screen::peers;
  place.peer = node_id;
}

}  // namespace

void RoutingView::draw_gateways(Snapshot const& snapshot, Place& place, ImVec2 size) {
  auto const& list = snapshot.routes->gateways;
  Card const card(
      kit_, "gateways", "Gateways you allowed", size,
      {"in the order in which they are taken: order, priority, families, then metric and load", colour::metadata, {}});
  if (list.empty())
    return kit_.paragraph(colour::secondary,
                          "None. A device that shares its internet is used only if you add it as a peer or allow it.");
  go_to_peer(place, gateway_table(kit_, "gateway", snapshot, list, Consent::given));
}

void RoutingView::draw_offers(Snapshot const& snapshot, Place& place, ImVec2 size) {
  Card const card(kit_, "offers", "Offers you did not allow", size,
                  {"never used; click one to compare its fingerprint", colour::metadata, colour::amber});
  go_to_peer(place, gateway_table(kit_, "offer", snapshot, snapshot.routes->offers, Consent::missing));
}

void RoutingView::draw_claims(Snapshot const& snapshot, ImVec2 size) {
  auto const claims = disbelieved(snapshot.status->refused_claims);
  auto const aside = count_text(sum_of(claims)) + " since the daemon started";
  Card const card(kit_, "claims", "What nodes said and was not believed or used", size,
                  {aside, colour::metadata, colour::amber});
  draw_reasons(kit_, claims);
  kit_.note("routing/claims", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
}

void RoutingView::draw_routes(Snapshot const& snapshot, Place& place, ImVec2 size) {
  auto const& list = snapshot.routes->routes;
  auto const aside = std::to_string(list.size()) + (list.size() == 1 ? " way" : " ways");
  Card const card(kit_, "routes", "Routes through the mesh", size, {aside, colour::metadata, {}});
  if (list.empty()) return kit_.line(colour::secondary, "no other device is reached yet");
  auto const now = snapshot.is_live() ? kit_.now().boot : snapshot.heard_at;
  kit_.redraw_in(std::chrono::milliseconds(1000));
  Table table(kit_, "route", route_columns, ImGui::GetContentRegionAvail().x);
  table.header();
  auto const clicked = table.rows(
      list.size(), 0, [&](std::size_t row) { return list[row].destination + "/" + list[row].via; },
      [&](std::size_t row, TableRow const& line) { route_row(line, snapshot, list[row], now); });
  if (clicked >= 0) go_to_peer(place, list[static_cast<std::size_t>(clicked)].destination);
}

void RoutingView::draw(Snapshot const& snapshot, Actions& actions, Place& place) {
  auto const top = ImGui::GetCursorPosY();
  auto const room = ImGui::GetContentRegionAvail();
  draw_route_card(kit_, snapshot, actions);
  kit_.gap(6);
  auto const picture = std::max(kit_.px(300), std::floor(room.y * 0.48F));
  topology_.draw(snapshot, place, ImVec2(room.x, picture), room.x >= kit_.cells(96));
  kit_.gap(6);
  explain_.draw(snapshot, actions, room.x);
  kit_.gap(6);
  auto const lines = [](std::size_t count) {
    return static_cast<float>(std::clamp<std::size_t>(count, 1, 6)) * 1.2F + 1.6F;
  };
  draw_gateways(snapshot, place, ImVec2(room.x, Card::height_for(kit_, lines(snapshot.routes->gateways.size()))));
  if (!snapshot.routes->offers.empty()) {
    kit_.gap(6);
    draw_offers(snapshot, place, ImVec2(room.x, Card::height_for(kit_, lines(snapshot.routes->offers.size()))));
  }
  kit_.gap(6);
  auto const reasons = snapshot.status ? reasons_of(disbelieved(snapshot.status->refused_claims)).size() : 0;
  if (reasons > 0) {
    draw_claims(snapshot, ImVec2(room.x, Card::height_for(kit_, static_cast<float>(reasons))));
    kit_.gap(6);
  }
  auto const rest = room.y - (ImGui::GetCursorPosY() - top);
  draw_routes(snapshot, place, ImVec2(room.x, std::max(rest, Card::height_for(kit_, 7))));
}

}  // namespace pim::ui
