#include "ui/views/node_panels.hpp"

#include <algorithm>
#include <cmath>

#include "ui/model/format.hpp"
#include "ui/model/reasons.hpp"
#include "ui/views/marks.hpp"
#include "ui/widgets/card.hpp"
#include "ui/widgets/chart.hpp"

namespace pim::ui {
namespace {

std::string roles(protocol::Status const& status) {
  std::string text;
  for (auto role : status.role) {
    if (!text.empty()) text += ", ";
    switch (role) {
      case protocol::Role::client: text += "client"; break;
      case protocol::Role::relay: text += "passes traffic (relay)"; break;
      case protocol::Role::gateway: text += "shares internet (gateway)"; break;
    }
  }
  return text.empty() ? "none" : text;
}

std::string listening(protocol::TransportStatus const& transport) {
  std::string text;
  if (transport.udp) text += "udp " + std::to_string(transport.udp->port);
  if (transport.tcp) text += (text.empty() ? "tcp " : ", tcp ") + std::to_string(transport.tcp->port);
  return text.empty() ? "–" : text;
}

void draw_interface(Kit& kit, protocol::InterfaceStatus const& interface) {
  if (interface.up)
    field(kit, "interface", interface.name + "  up  mtu " + std::to_string(interface.mtu));
  else
    field(kit, "interface", interface.name + "  ✗ down", colour::amber);
}

void draw_rate(Kit& kit, std::string_view label, std::vector<double> const& rates, std::uint64_t total, double ceiling,
               Colour colour, float height) {
  auto const at = ImGui::GetCursorScreenPos();
  auto const room = ImGui::GetContentRegionAvail().x;
  auto const now = rates.empty() ? std::string("–") : rate_text(rates.back());
  kit.paint(at, colour::metadata, label, kit.cells(6));
  kit.paint(ImVec2(at.x + kit.cells(6), at.y), colour, now, 0, kit.fonts().strong);
  auto const sum = bytes_text(total) + " in all";
  kit.paint(ImVec2(at.x + room - kit.width_of(sum), at.y), colour::metadata, sum);
  ImGui::Dummy(ImVec2(room, kit.fonts().body->FontSize));
  sparkline(kit, rates, ceiling, colour, ImVec2(room, height));
}

/// A round scale above the peak, so that the picture does not jump with every sample.
double ceiling_of(Traffic const& traffic) {
  auto peak = 8.0 * 1024;
  for (auto rate : traffic.in) peak = std::max(peak, rate);
  for (auto rate : traffic.out) peak = std::max(peak, rate);
  return std::exp2(std::ceil(std::log2(peak)));
}

}  // namespace

void draw_identity(Kit& kit, Snapshot const& snapshot, ImVec2 size) {
  Card const card(kit, "identity", "This device", size);
  if (!snapshot.status) return kit.line(colour::metadata, "pim has not answered yet");
  auto const& status = *snapshot.status;
  auto const uptime =
      aged(status.uptime_s, snapshot.status_at, snapshot.is_live() ? kit.now().boot : snapshot.heard_at);
  field(kit, "name", printable(status.node));
  field(kit, "address v4", status.mesh_ip);
  field(kit, "address v6", status.mesh_ipv6);
  field(kit, "role", roles(status));
  draw_interface(kit, status.interface);
  field(kit, "running for", duration_text(uptime) + "  listens on " + listening(status.transport));
  field(kit, "fingerprint", grouped_text(status.node_id), colour::bright);
  kit.redraw_in(std::chrono::milliseconds(uptime < std::chrono::hours(1) ? 1000 : 60'000));
}

void draw_throughput(Kit& kit, Traffic const& traffic, char const* title, ImVec2 size) {
  auto const ceiling = ceiling_of(traffic);
  auto const scale = "scale " + rate_text(ceiling);
  Card const card(kit, "throughput", title, size, {scale, colour::metadata, {}});
  auto const left = ImGui::GetContentRegionAvail().y;
  auto const text = kit.fonts().body->FontSize + 2 * ImGui::GetStyle().ItemSpacing.y;
  auto const height = std::max(kit.px(12), std::floor(left / 2 - text));
  draw_rate(kit, "in", traffic.in, traffic.in_total, ceiling, colour::green, height);
  draw_rate(kit, "out", traffic.out, traffic.out_total, ceiling, colour::secondary, height);
}

void draw_reasons(Kit& kit, protocol::Counters const& counters) {
  auto const list = reasons_of(counters);
  auto const whole = static_cast<double>(sum_of(counters));
  auto const spacing = ImGui::GetStyle().ItemSpacing.y;
  auto const pitch = kit.fonts().body->FontSize + spacing;
  auto const rows = static_cast<std::size_t>(std::max(0.0F, (ImGui::GetContentRegionAvail().y + spacing) / pitch));
  auto const shown = list.size() <= rows ? list.size() : rows > 0 ? rows - 1 : 0;
  for (std::size_t i = 0; i < shown; ++i)
    tally(kit, list[i].words, count_text(list[i].count), static_cast<double>(list[i].count) / whole);
  if (shown < list.size()) kit.line(colour::metadata, "↳ " + std::to_string(list.size() - shown) + " reasons more");
}

float network_height(Kit const& kit, Snapshot const& snapshot) {
  auto const refused = snapshot.status ? refused_facts(*snapshot.status).size() : 0;
  return Card::height_for(kit, static_cast<float>(4 + refused));
}

void draw_network(Kit& kit, Snapshot const& snapshot, ImVec2 size) {
  Card const card(kit, "network", "Network", size, {"since the daemon started", colour::metadata, {}});
  if (!snapshot.status) return kit.line(colour::metadata, "pim has not answered yet");
  auto const& stats = snapshot.status->stats;
  field(kit, "carried", bytes_text(stats.forwarded_bytes) + ", " + count_text(stats.forwarded_packets) + " packets",
        colour::text);
  for (auto const& fact : refused_facts(*snapshot.status)) field(kit, fact.label, fact.text);
  field(kit, "dropped", count_text(stats.dropped) + " packets", stats.dropped > 0 ? colour::text : colour::secondary);
  if (stats.dropped == 0) return kit.line(colour::secondary, "↳ nothing was dropped");
  draw_reasons(kit, snapshot.status->drops);
}

void draw_log_tail(Kit& kit, Snapshot const& snapshot, Place& place, ImVec2 size) {
  Card const card(kit, "log", "Log", size);
  auto const resume = ImGui::GetCursorPos();
  ImGui::SetCursorPos(ImVec2(size.x - kit.px(16) - kit.button_width("OPEN LOG"), kit.px(8)));
  if (kit.button("log/open", "OPEN LOG")) place.screen = Screen::logs;
  ImGui::SetCursorPos(resume);
  auto const& book = snapshot.logs;
  if (book.size() == 0) return kit.line(colour::secondary, "nothing was said yet");
  auto const pitch = kit.fonts().body->FontSize + ImGui::GetStyle().ItemSpacing.y;
  auto const rows =
      static_cast<std::uint64_t>(std::max(1.0F, (ImGui::GetContentRegionAvail().y + pitch * 0.3F) / pitch));
  auto const from = book.end() - std::min<std::uint64_t>(rows, book.size());
  for (auto number = from; number < book.end(); ++number) {
    auto const& line = book.at(number);
    auto const mark = mark_of(line.level);
    auto const at = ImGui::GetCursorScreenPos();
    auto const room = ImGui::GetContentRegionAvail().x;
    kit.paint(at, colour::metadata, clock_text(line.at, kit.zone()));
    kit.paint(ImVec2(at.x + kit.cells(10), at.y), mark.colour, mark.word);
    kit.paint(ImVec2(at.x + kit.cells(17), at.y), colour::secondary, line.source, kit.cells(11));
    kit.paint(ImVec2(at.x + kit.cells(29), at.y), colour::text, line.message, room - kit.cells(29));
    ImGui::Dummy(ImVec2(room, kit.fonts().body->FontSize));
  }
}

}  // namespace pim::ui
