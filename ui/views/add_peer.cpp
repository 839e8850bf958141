#include "ui/views/add_peer.hpp"

#include "base/ids.hpp"
#include "ui/widgets/dialog.hpp"

namespace pim::ui {

std::string identity_problem(std::string_view text) {
  if (text.find_first_not_of(' ') == std::string_view::npos) return {};
  return parse_node_id(text) ? "" : "an identity is 32 hex digits, as the other device shows them";
}

void AddPeer::draw(Snapshot const& snapshot, Actions& actions, Place& place) {
  if (!place.adds_peer) {
    was_open_ = false;
    return;
  }
  Dialog const dialog(kit_, "add_peer", "Add a peer", 66, colour::green);
  if (!dialog) return;
  if (!was_open_) {
    address_.clear(), label_.clear(), identity_.clear();
    kit_.focus_input("add/address");
    was_open_ = true;
  }
  auto const width = ImGui::GetContentRegionAvail().x;
  bool is_submitted = false, is_entered = false;
  kit_.line(colour::secondary, "Address or name of the other device");
  kit_.input("add/address", address_, "192.0.2.7 or host.example:9100", width, &is_entered);
  is_submitted |= is_entered;
  kit_.gap(4);
  kit_.line(colour::secondary, "Your name for it (optional)");
  kit_.input("add/label", label_, "home-server", width, &is_entered);
  is_submitted |= is_entered;
  kit_.gap(4);
  kit_.line(colour::secondary, "Fingerprint that must answer there (optional, node_id)");
  kit_.input("add/identity", identity_, "32 hex digits", width, &is_entered);
  is_submitted |= is_entered;
  auto const problem = identity_problem(identity_);
  if (!problem.empty())
    kit_.paragraph(colour::red, "✗ " + problem);
  else
    kit_.paragraph(colour::metadata,
                   "Without it, the first device that answers is pinned: compare its fingerprint then.");
  kit_.gap(8);
  auto const can_add = snapshot.is_live() && problem.empty() && address_.find_first_not_of(' ') != std::string::npos;
  ImGui::BeginDisabled(!can_add);
  if ((kit_.button("add/confirm", "ADD PEER", ButtonLook::primary) || is_submitted) && can_add) {
    protocol::PeersAddStaticParams params;
    params.address = address_;
    if (!label_.empty()) params.label = label_;
    if (auto const id = parse_node_id(identity_)) params.node_id = to_string(*id);
    actions.request(Call{std::move(params)});
    place.adds_peer = false;
  }
  ImGui::EndDisabled();
  ImGui::SameLine();
  if (kit_.button("add/cancel", "CANCEL") || escape_pressed()) place.adds_peer = false;
}

}  // namespace pim::ui
