#include "ui/views/topology.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "ui/model/format.hpp"
#include "ui/views/marks.hpp"
#include "ui/widgets/card.hpp"
#include "ui/widgets/table.hpp"

namespace pim::ui {
namespace {

constexpr std::array<Column, 6> columns = {{{"State", 12, false, false, 8},
                                            {"Node", 14, true, false, 10},
                                            {"Hops", 4, false, true, 6},
                                            {"First hop", 14, true, false, 5},
                                            {"Latency", 8, false, true, 7},
                                            {"Spare ways", 10, false, true, 3}}};

Mark mark_of(TopologyNode const& node) {
  switch (node.reach) {
    case Reach::self: return {"●", "this node", colour::text};
    case Reach::direct: return {"◆", "direct", colour::green};
    case Reach::relayed: return {"◈", "relayed", colour::green};
    case Reach::none: return {"✗", "not reached", colour::metadata};
  }
  return {"✗", "not reached", colour::metadata};
}

/// In the picture a gateway is told by its own glyph; that it is not allowed, by its colour and in words beside it.
Mark picture_mark(TopologyNode const& node) {
  if (!node.is_gateway || node.reach == Reach::none) return mark_of(node);
  return {"◉", node.is_allowed ? "gateway" : "offers internet", node.is_allowed ? colour::bright : colour::amber};
}

ImVec2 at(TopologyNode const& node, ImVec2 middle, ImVec2 half) {
  return {middle.x + std::round(node.x * half.x), middle.y + std::round(node.y * half.y)};
}

Colour name_tone(TopologyNode const& node) {
  if (node.is_lit) return colour::bright;
  return node.reach == Reach::none ? colour::metadata : colour::secondary;
}

struct Stroke {
  Colour colour;
  float width = 1;
  float dash = 0;  ///< units; 0 is a whole line
};

/// So many links would hide the nodes and the lit way if each stood out.
constexpr std::size_t crowd = 60;

Stroke stroke_of(LinkLook look, bool is_lit, bool is_crowded = false) {
  if (is_lit) return {colour::bright, 2, look == LinkLook::beyond ? 6.0F : 0};
  switch (look) {
    case LinkLook::proven: return {is_crowded ? colour::border : colour::secondary, 1, 0};
    case LinkLook::beyond: return {is_crowded ? colour::border : colour::secondary, 1, 6};
    case LinkLook::spare: return {colour::border_hovered, 1, 0};
    case LinkLook::dead: return {colour::border, 1, 2};
  }
  return {colour::border, 1, 2};
}

void draw_stroke(Kit const& kit, ImVec2 from, ImVec2 to, Stroke const& stroke) {
  auto& list = *ImGui::GetWindowDrawList();
  auto const width = kit.px(stroke.width);
  if (stroke.dash <= 0) return list.AddLine(from, to, Kit::ink(stroke.colour), width);
  auto const length = std::hypot(to.x - from.x, to.y - from.y);
  auto const point = [&](float along) {
    auto const part = std::min(along, length) / length;
    return ImVec2(from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part);
  };
  for (auto along = 0.0F; along < length; along += 2 * kit.px(stroke.dash))
    list.AddLine(point(along), point(along + kit.px(stroke.dash)), Kit::ink(stroke.colour), width);
}

}  // namespace

void TopologyView::refresh(Snapshot const& snapshot) {
  Sources sources{snapshot.peers, snapshot.routes, {}, false};
  if (snapshot.status) {
    if (auto const& gateway = snapshot.status->routes.selected_gateway) sources.gateway = *gateway;
    sources.is_routing = snapshot.status->route_on;
  }
  if (made_of_ == sources && topology_.nodes.empty() != snapshot.status.has_value()) return;
  topology_ = topology_of(snapshot);
  made_of_ = std::move(sources);
}

std::string TopologyView::name_of(std::string const& id) const {
  auto const found = std::ranges::find(topology_.nodes, id, &TopologyNode::id);
  return found == topology_.nodes.end() ? short_text(id) : found->name;
}

std::string TopologyView::way_text(TopologyNode const& node) const {
  switch (node.reach) {
    case Reach::self: return "";
    case Reach::direct: return "direct";
    case Reach::relayed: return node.via.empty() ? "a relay" : name_of(node.via);
    case Reach::none: return "–";
  }
  return "–";
}

void TopologyView::draw_rings(ImVec2 middle, ImVec2 half) const {
  constexpr int corners = 96;
  for (std::uint32_t ring = 1; ring <= topology_.rings; ++ring) {
    auto const part = static_cast<float>(ring_radius(ring, topology_.rings));
    std::array<ImVec2, corners> points;
    for (std::size_t i = 0; i < points.size(); ++i) {
      auto const angle = static_cast<float>(i) * 2 * std::numbers::pi_v<float> / corners;
      points[i] = {middle.x + half.x * part * std::cos(angle), middle.y + half.y * part * std::sin(angle)};
    }
    ImGui::GetWindowDrawList()->AddPolyline(points.data(), corners, Kit::ink(colour::panel), ImDrawFlags_Closed, 1);
  }
}

void TopologyView::draw_links(ImVec2 middle, ImVec2 half) const {
  auto const is_crowded = topology_.links.size() > crowd;
  auto const clearance = kit_.fonts().body->FontSize * 0.6F;  // of the glyphs at both ends
  auto const draw = [&](TopologyLink const& link) {
    auto const from = at(topology_.nodes[link.from], middle, half), to = at(topology_.nodes[link.to], middle, half);
    auto const length = std::hypot(to.x - from.x, to.y - from.y);
    if (length <= 2 * clearance) return;
    ImVec2 const step((to.x - from.x) / length * clearance, (to.y - from.y) / length * clearance);
    draw_stroke(kit_, ImVec2(from.x + step.x, from.y + step.y), ImVec2(to.x - step.x, to.y - step.y),
                stroke_of(link.look, link.is_lit, is_crowded));
  };
  // What is in use lies on top, and on top of that what carries the internet.
  auto const height = [](TopologyLink const& link) { return link.is_lit ? 2 : link.look != LinkLook::spare ? 1 : 0; };
  for (auto const layer : {0, 1, 2})
    for (auto const& link : topology_.links)
      if (height(link) == layer) draw(link);
}

void TopologyView::draw_tooltip(TopologyNode const& node) const {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(kit_.px(8), kit_.px(8)));
  ImGui::BeginTooltip();
  auto const mark = picture_mark(node);
  kit_.line(colour::text, node.name, kit_.fonts().strong);
  if (node.name != short_text(node.id)) kit_.line(colour::secondary, short_text(node.id));
  kit_.line(mark.colour, std::string(mark.glyph) + " " + std::string(mark.word));
  if (node.reach == Reach::relayed) {
    auto text = std::to_string(node.hops) + " hops, the first is " + way_text(node);
    if (node.hops > 2) text += "; which come between is not known here";
    kit_.line(colour::secondary, text);
  }
  if (node.reach == Reach::direct || node.reach == Reach::relayed)
    kit_.line(colour::secondary, "latency " + (node.latency ? latency_text(node.latency) : "not measured"));
  ImGui::EndTooltip();
  ImGui::PopStyleVar();
}

void TopologyView::draw_nodes(Place& place, ImVec2 middle, ImVec2 half) {
  auto& list = *ImGui::GetWindowDrawList();
  auto const size = kit_.fonts().body->FontSize;
  for (auto const& node : topology_.nodes) {
    if (!node.is_drawn) continue;
    auto const mark = picture_mark(node);
    auto const centre = at(node, middle, half);
    ImVec2 const min(centre.x - size / 2, centre.y - size / 2);
    kit_.paint(ImVec2(centre.x - kit_.width_of(mark.glyph, kit_.fonts().strong) / 2, min.y), mark.colour, mark.glyph, 0,
               kit_.fonts().strong);
    ImGui::SetCursorScreenPos(min);
    auto const press = kit_.pointable("map/node/" + node.id, ImVec2(size, size));
    if (press.is_hovered) {
      next_pointed_ = node.id;
      draw_tooltip(node);
    }
    if (node.id == pointed_)
      list.AddRect(ImVec2(min.x - kit_.px(2), min.y - kit_.px(2)),
                   ImVec2(min.x + size + kit_.px(2), min.y + size + kit_.px(2)), Kit::ink(colour::bright));
    if (!press.is_clicked || node.reach == Reach::self) continue;
    place.screen = Screen::peers;
    place.peer = node.id;
  }
}

/// Where a name may stand: beside its node on the side that looks outwards, above, below, and on the other side, where
/// the link to the middle passes.
std::vector<Box> TopologyView::places_of_name(TopologyNode const& node, ImVec2 centre, float width) const {
  auto const size = kit_.fonts().body->FontSize;
  auto const box = [&](float left, float top) { return Box{left, top, left + width, top + size}; };
  auto const top = centre.y - size / 2;
  auto const right = box(centre.x + size / 2, top), left = box(centre.x - size / 2 - width, top);
  auto const above = box(centre.x - width / 2, top - size), below = box(centre.x - width / 2, top + size);
  if (node.x < -0.01F) return {left, above, below, right};
  return {right, above, below, left};
}

/// Names of the way in use and of gateways first, then from the middle outwards, then what the rings stand for.
void TopologyView::draw_words(ImVec2 middle, ImVec2 half) const {
  struct Word {
    std::string text;
    Colour tone;
  };
  auto const size = kit_.fonts().body->FontSize;
  auto const longest = kit_.cells(14);
  std::vector<TopologyNode const*> order;
  for (auto const& node : topology_.nodes)
    if (node.is_drawn) order.push_back(&node);
  std::stable_sort(order.begin(), order.end(), [](auto const* a, auto const* b) {
    return std::pair(!a->is_lit, !a->is_gateway) < std::pair(!b->is_lit, !b->is_gateway);
  });
  auto const pad = kit_.px(4);  // before and behind each word
  // The legend begins below.
  auto const bottom = middle.y + half.y + size;
  std::vector<Box> taken{{middle.x - 2 * half.x, bottom, middle.x + 2 * half.x, bottom + 2 * size}};
  std::vector<std::vector<Box>> wishes;
  std::vector<Word> words;
  for (auto const* node : order) {
    auto const centre = at(*node, middle, half);
    taken.push_back({centre.x - size / 2, centre.y - size / 2, centre.x + size / 2, centre.y + size / 2});
    wishes.push_back(places_of_name(*node, centre, std::min(longest, kit_.width_of(node->name)) + 2 * pad));
    words.push_back({node->name, name_tone(*node)});
  }
  for (std::uint32_t ring = 1; ring <= topology_.rings; ++ring) {
    words.push_back({std::to_string(ring) + (ring == 1 ? " hop" : " hops"), colour::metadata});
    auto const width = kit_.width_of(words.back().text) + 2 * pad;
    auto const reach = half.y * static_cast<float>(ring_radius(ring, topology_.rings));
    auto const left = middle.x - width / 2;
    auto const box = [&](float y) { return Box{left, y - size / 2, left + width, y + size / 2}; };
    wishes.push_back({box(middle.y - reach), box(middle.y + reach)});
  }
  auto const places = place_words(std::move(taken), wishes);
  auto& list = *ImGui::GetWindowDrawList();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!places[i]) continue;
    auto const& box = *places[i];
    ImVec2 const from(box.left + pad, box.top);
    list.AddRectFilled(from, ImVec2(box.right - pad, box.bottom), Kit::ink(colour::card));  // no link through a word
    kit_.paint(from, words[i].tone, words[i].text, longest);
  }
}

void TopologyView::draw_legend() const {
  struct Entry {
    Stroke stroke;
    std::string_view word;
  };
  std::array<Entry, 5> const entries{{{stroke_of(LinkLook::proven, true), "internet"},
                                      {stroke_of(LinkLook::proven, false), "link"},
                                      {stroke_of(LinkLook::beyond, false), "relays between"},
                                      {stroke_of(LinkLook::spare, false), "spare"},
                                      {stroke_of(LinkLook::dead, false), "not reached"}}};
  auto at = ImGui::GetCursorScreenPos();
  auto const right = at.x + ImGui::GetContentRegionAvail().x;
  auto const middle = at.y + std::round(kit_.fonts().body->FontSize / 2);
  for (auto const& [stroke, word] : entries) {
    auto const width = kit_.cells(3) + kit_.width_of(word);
    if (at.x + width > right) break;
    draw_stroke(kit_, ImVec2(at.x, middle), ImVec2(at.x + kit_.cells(2), middle), stroke);
    kit_.paint(ImVec2(at.x + kit_.cells(3), at.y), colour::metadata, word);
    at.x += width + kit_.cells(2);
  }
}

void TopologyView::draw_picture(Place& place, ImVec2 size) {
  auto const aside =
      topology_.left_out == 0 ? std::string() : std::to_string(topology_.left_out) + " more stand in the table alone";
  Card const card(kit_, "map", "The mesh as seen from here", size, {aside, colour::metadata, {}});
  if (topology_.nodes.size() < 2)
    return kit_.line(colour::secondary,
                     topology_.nodes.empty() ? "pim has not answered yet" : "no other device is known yet");
  auto const from = ImGui::GetCursorScreenPos();
  auto const room = ImGui::GetContentRegionAvail();
  auto const legend = kit_.line_height() + kit_.px(4);
  ImVec2 const middle(from.x + std::round(room.x / 2), from.y + std::round((room.y - legend) / 2) + kit_.px(4));
  ImVec2 const half(room.x / 2 - kit_.cells(12), (room.y - legend) / 2 - kit_.line_height());
  draw_rings(middle, half);
  draw_links(middle, half);
  draw_nodes(place, middle, half);
  draw_words(middle, half);
  ImGui::SetCursorScreenPos(ImVec2(from.x, from.y + room.y - legend + kit_.px(4)));
  draw_legend();
  ImGui::SetCursorScreenPos(from);
  ImGui::Dummy(room);
}

void TopologyView::draw_table(Place& place, ImVec2 size) {
  auto const count = topology_.nodes.empty() ? 0 : topology_.nodes.size() - 1;
  auto const aside = std::to_string(count) + (count == 1 ? " node" : " nodes");
  Card const card(kit_, "map_table", "The same as a table", size, {aside, colour::metadata, {}});
  if (count == 0) return kit_.line(colour::secondary, "nobody");
  Table table(kit_, "node", columns, ImGui::GetContentRegionAvail().x);
  table.header();
  auto const node_at = [&](std::size_t row) -> TopologyNode const& { return topology_.nodes[row + 1]; };
  auto const marked = std::ranges::find(topology_.nodes, pointed_, &TopologyNode::id) - topology_.nodes.begin();
  auto const clicked = table.rows(
      count, 0, [&](std::size_t row) { return node_at(row).id; },
      [&](std::size_t row, TableRow const& line) {
        auto const& node = node_at(row);
        if (line.is_pointed()) next_pointed_ = node.id;
        auto const mark = mark_of(node);
        auto const tone = node.is_lit ? colour::bright : node.reach == Reach::none ? colour::secondary : colour::text;
        line.cell(0, mark.colour, std::string(mark.glyph) + " " + std::string(mark.word));
        line.cell(1, tone, (node.is_gateway ? "◉ " : "") + node.name);
        line.cell(2, colour::secondary, node.reach == Reach::none ? "–" : std::to_string(node.hops));
        line.cell(3, colour::secondary, way_text(node));
        line.cell(4, colour_of(latency_tone(node.latency)), latency_text(node.latency));
        line.cell(5, colour::secondary, std::to_string(node.spare_ways));
      },
      static_cast<int>(marked) - 1);
  if (clicked < 0) return;
  place.screen = Screen::peers;
  place.peer = node_at(static_cast<std::size_t>(clicked)).id;
}

void TopologyView::draw(Snapshot const& snapshot, Place& place, ImVec2 size, bool is_beside) {
  refresh(snapshot);
  pointed_ = std::exchange(next_pointed_, {});
  auto const space = kit_.px(8);
  auto const left = is_beside ? std::floor((size.x - space) * 0.6F) : size.x;
  draw_picture(place, ImVec2(left, size.y));
  if (is_beside)
    ImGui::SameLine(0, space);
  else
    kit_.gap(6);
  draw_table(place, ImVec2(is_beside ? size.x - space - left : size.x, size.y));
}

}  // namespace pim::ui
