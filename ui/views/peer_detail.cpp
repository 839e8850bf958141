#include "ui/views/peer_detail.hpp"

#include <algorithm>

#include "ui/model/format.hpp"
#include "ui/model/peer_rows.hpp"
#include "ui/views/marks.hpp"
#include "ui/views/peer_table.hpp"
#include "ui/widgets/card.hpp"
#include "ui/widgets/dialog.hpp"

namespace pim::ui {
namespace {

using protocol::HandshakeOutcome;
using protocol::HandshakeRecord;
using protocol::TrustLevel;

void heading(Kit& kit, std::string_view text) {
  kit.gap(8);
  kit.line(colour::secondary, text, kit.fonts().strong);
  kit.gap(2);
}

/// 32 digits in two lines of four groups each: how they are read out and compared.
void fingerprint(Kit& kit, std::string_view id, Colour colour) {
  kit.line(colour, grouped_text(id.substr(0, 16)), kit.fonts().title);
  kit.line(colour, grouped_text(id.substr(std::min<std::size_t>(16, id.size()))), kit.fonts().title);
}

/// The newest attempt, when it met another identity than the one that belongs there.
HandshakeRecord const* changed_identity(Snapshot const& snapshot, protocol::PeerSummary const& peer) {
  if (!snapshot.ledger || snapshot.ledger->node_id != peer.node_id || snapshot.ledger->records.empty()) return nullptr;
  auto const& newest = snapshot.ledger->records.front();
  auto const is_changed =
      newest.outcome == HandshakeOutcome::failed && newest.expected && newest.seen && *newest.expected != *newest.seen;
  return is_changed ? &newest : nullptr;
}

bool is_compared(TrustLevel trust) { return trust == TrustLevel::verified; }

std::string outcome_text(HandshakeRecord const& record) {
  if (record.outcome == HandshakeOutcome::established) return "established";
  auto const step = std::string(to_string(record.step));
  auto text = record.reason ? *record.reason : std::string(mark_of(record.outcome).word);
  text += " after " + step;
  std::replace(text.begin(), text.end(), '_', ' ');
  return printable(text);
}

}  // namespace

void PeerDetail::draw_identity(Snapshot const& snapshot, protocol::PeerSummary const& peer) {
  heading(kit_, "Fingerprint");
  if (peer.node_id.empty()) {
    kit_.paragraph(colour::secondary, "This address has not answered yet, so there is no identity to compare.");
    return;
  }
  if (changed_identity(snapshot, peer) != nullptr) return draw_stop(snapshot, peer);
  fingerprint(kit_, peer.node_id, is_compared(peer.trust) ? colour::green : colour::bright);
  draw_trust(peer);
}

void PeerDetail::draw_stop(Snapshot const& snapshot, protocol::PeerSummary const& peer) {
  auto const& record = *changed_identity(snapshot, peer);
  kit_.line(colour::red, "✗ STOP: the identity changed", kit_.fonts().title);
  kit_.line(colour::metadata, "expected");
  fingerprint(kit_, *record.expected, colour::text);
  kit_.line(colour::metadata, "answered now");
  fingerprint(kit_, *record.seen, colour::red);
  kit_.paragraph(colour::text,
                 "Either that device was installed anew, or someone in the middle answers in its place. Ask its "
                 "owner which digits are right. Only if the new ones are: forget this peer, then pair again.");
}

void PeerDetail::draw_trust(protocol::PeerSummary const& peer) {
  auto const mark = trust_mark(peer);
  kit_.line(mark.colour, std::string(mark.glyph) + " " + std::string(trust_text(peer)));
  if (!is_met(peer))
    return kit_.paragraph(colour::secondary,
                          "Others say that it is there. The first packet to it begins a session, which proves it.");
  if (is_compared(peer.trust) || peer.trust == TrustLevel::blocked) return;
  kit_.paragraph(colour::secondary,
                 "Compare these digits with those that the device itself shows. Do it in person or by phone.");
}

void PeerDetail::draw_path(Snapshot const& snapshot, Peer const& peer) {
  auto const& p = peer.summary;
  auto const now = snapshot.is_live() ? kit_.now().boot : snapshot.heard_at;
  heading(kit_, "Path");
  field(kit_, "reached", path_text(p));
  if (p.via) field(kit_, "first hop", name_of(snapshot, *p.via));
  if (p.endpoint) field(kit_, "endpoint", *p.endpoint);
  auto const latency = latency_of(p);
  field(kit_, "latency", latency_text(latency) + "  loss " + percent_text(p.loss_percent),
        colour_of(latency_tone(latency)));
  field(kit_, "traffic", bytes_text(p.rx_bytes) + " received, " + bytes_text(p.tx_bytes) + " sent");
  field(kit_, "last heard", age_text(aged(p.last_seen_s, peer.at, now)));
  field(kit_, "key agreed",
        p.last_handshake_s ? age_text(aged(*p.last_handshake_s, peer.at, now)) : std::string("not yet"));
  if (!p.mesh_ip.empty()) field(kit_, "address", p.mesh_ip + "  (mesh_ip)");
}

void PeerDetail::draw_actions(Snapshot const& snapshot, Actions& actions, protocol::PeerSummary const& peer) {
  kit_.gap(8);
  ImGui::BeginDisabled(!snapshot.is_live());
  auto const act = [&](std::string_view name, std::string_view label, Call call, ButtonLook look = ButtonLook::plain) {
    auto const is_busy = snapshot.is_under_way(call);
    ImGui::BeginDisabled(is_busy);
    if (kit_.button(name, label, look)) actions.request(std::move(call));
    ImGui::EndDisabled();
    if (is_busy) kit_.beside(colour::amber, "◐");
  };
  if (!peer.node_id.empty()) {
    if (is_met(peer) && !is_compared(peer.trust) && changed_identity(snapshot, peer) == nullptr)
      act("peer/verify", "THE DIGITS MATCH: VERIFY", protocol::PeersVerifyParams{peer.node_id}, ButtonLook::primary);
    if (peer.is_gateway)
      act("peer/disallow", "STOP USING AS GATEWAY", protocol::GatewaysDisallowParams{peer.node_id});
    else
      act("peer/allow", "ALLOW AS GATEWAY", protocol::GatewaysAllowParams{peer.node_id});
  }
  if (!peer.node_id.empty() && is_met(peer)) {
    if (to_forget_ != peer.node_id) {
      if (kit_.button("peer/forget", "FORGET …", ButtonLook::danger)) to_forget_ = peer.node_id;
    } else {
      kit_.paragraph(colour::amber, "Its pin and its trust are removed; the next contact is a first one.");
      act("peer/forget_sure", "FORGET THIS IDENTITY", protocol::PeersForgetParams{peer.node_id, {}},
          ButtonLook::danger);
      ImGui::SameLine();
      if (kit_.button("peer/forget_cancel", "KEEP")) to_forget_.clear();
    }
  }
  if (peer.config_entry_id)
    act("peer/remove", "REMOVE ENTRY", protocol::PeersRemoveParams{{}, *peer.config_entry_id}, ButtonLook::danger);
  ImGui::EndDisabled();
}

void PeerDetail::draw_ledger(Snapshot const& snapshot, Actions& actions, Peer const& peer) {
  auto const& id = peer.summary.node_id;
  if (id.empty()) return;
  heading(kit_, "Handshakes");
  // Asked once per peer and change: an answer that fails is not asked for again and again.
  auto const wanted = id + "/" + std::to_string(peer.changes);
  if (snapshot.is_live() && asked_ != wanted) {
    asked_ = wanted;
    actions.request(Call{protocol::HandshakesListParams{id}});
  }
  if (!snapshot.ledger || snapshot.ledger->node_id != id) return kit_.line(colour::secondary, "not read yet");
  if (snapshot.ledger->records.empty()) return kit_.line(colour::secondary, "none since the daemon started");
  constexpr std::size_t max_shown = 20;
  for (std::size_t i = 0; i < std::min(max_shown, snapshot.ledger->records.size()); ++i) {
    auto const& record = snapshot.ledger->records[i];
    auto const mark = mark_of(record.outcome);
    auto const at = ImGui::GetCursorScreenPos();
    auto const room = ImGui::GetContentRegionAvail().x;
    auto const arrow = record.direction == protocol::HandshakeDirection::outbound ? "→" : "←";
    kit_.paint(at, colour::metadata, clock_text(record.at, kit_.zone()));
    kit_.paint(ImVec2(at.x + kit_.cells(10), at.y), colour::secondary, arrow);
    kit_.paint(ImVec2(at.x + kit_.cells(12), at.y), mark.colour, mark.glyph);
    kit_.paint(ImVec2(at.x + kit_.cells(14), at.y), colour::text, outcome_text(record), room - kit_.cells(14));
    ImGui::Dummy(ImVec2(room, kit_.fonts().body->FontSize));
  }
}

void PeerDetail::draw(Snapshot const& snapshot, Actions& actions, Place& place, ImVec2 size) {
  auto const* peer = find_by_key(snapshot, place.peer);
  Card const card(kit_, "peer_detail", "", size, {{}, colour::metadata, colour::green});
  ImGui::BeginChild("scroll", ImVec2(0, 0), false, ImGuiWindowFlags_NavFlattened);
  auto const room = ImGui::GetContentRegionAvail().x;
  auto const top = ImGui::GetCursorPos();
  auto const title = peer != nullptr ? title_of(peer->summary) : name_of(snapshot, place.peer);
  kit_.paint(ImGui::GetCursorScreenPos(), colour::text, title, room - kit_.button_width("CLOSE") - kit_.cells(1),
             kit_.fonts().title);
  ImGui::SetCursorPos(ImVec2(top.x + room - kit_.button_width("CLOSE"), top.y));
  if (kit_.button("peer/close", "CLOSE") || (!place.adds_peer && escape_pressed())) place.peer.clear();
  if (peer == nullptr) {
    kit_.line(colour::secondary, "this peer is not in the list any more");
  } else {
    auto const mark = mark_of(peer->summary.state);
    kit_.line(mark.colour, std::string(mark.glyph) + " " + std::string(mark.word));
    if (peer->summary.is_gateway)
      kit_.beside(colour::bright, "◉ gateway you allowed");
    else if (peer->summary.offers_internet)
      kit_.beside(colour::amber, "◉ offers internet, not allowed");
    draw_identity(snapshot, peer->summary);
    draw_actions(snapshot, actions, peer->summary);
    draw_path(snapshot, *peer);
    draw_ledger(snapshot, actions, *peer);
  }
  ImGui::EndChild();
}

}  // namespace pim::ui
