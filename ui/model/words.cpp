#include "ui/model/words.hpp"

namespace pim::ui {
namespace {

using namespace protocol;

struct AttemptWords {
  Snapshot const& snapshot;
  std::string operator()(RouteSetSplitDefaultParams const& p) const {
    return p.on ? "turn routing on" : "turn routing off";
  }
  std::string operator()(RouteTableParams const&) const { return "read the routes"; }
  std::string operator()(RouteExplainParams const& p) const { return "explain the way to " + p.target; }
  std::string operator()(GatewaysAllowParams const& p) const { return "allow " + name_of(snapshot, p.node_id); }
  std::string operator()(GatewaysDisallowParams const& p) const { return "stop using " + name_of(snapshot, p.node_id); }
  std::string operator()(PeersAddStaticParams const& p) const { return "add " + p.address; }
  std::string operator()(PeersRemoveParams const&) const { return "remove the entry"; }
  std::string operator()(PeersForgetParams const& p) const { return "forget " + name_of(snapshot, p.node_id); }
  std::string operator()(PeersVerifyParams const& p) const { return "verify " + name_of(snapshot, p.node_id); }
  std::string operator()(HandshakesListParams const&) const { return "read the handshakes"; }
  std::string operator()(GatewayPreflightParams const&) const { return "check whether this device can share"; }
  std::string operator()(GatewayEnableParams const& p) const { return "share internet over " + p.nat_interface; }
  std::string operator()(GatewayDisableParams const&) const { return "stop sharing"; }
};

struct SuccessWords {
  Snapshot const& snapshot;
  std::string operator()(GatewaysAllowParams const& p) const {
    return name_of(snapshot, p.node_id) + " is allowed as a gateway";
  }
  std::string operator()(GatewaysDisallowParams const& p) const {
    return name_of(snapshot, p.node_id) + " is not used as a gateway any more";
  }
  std::string operator()(PeersAddStaticParams const& p) const { return p.address + " is added"; }
  std::string operator()(PeersRemoveParams const&) const { return "the entry is removed"; }
  std::string operator()(PeersVerifyParams const& p) const { return name_of(snapshot, p.node_id) + " is verified"; }
  std::string operator()(GatewayEnableParams const& p) const { return "sharing internet over " + p.nat_interface; }
  std::string operator()(GatewayDisableParams const&) const { return "sharing is off"; }
  // The rest shows by itself: the switch, a list that fills, a peer that leaves with its own event.
  std::string operator()(auto const&) const { return {}; }
};

}  // namespace

std::string attempt_text(Snapshot const& snapshot, Call const& call) {
  return std::visit(AttemptWords{snapshot}, call);
}

std::string success_text(Snapshot const& snapshot, Call const& call) {
  return std::visit(SuccessWords{snapshot}, call);
}

News news_text(PeerEvent const& event) {
  auto const name = title_of(event.peer);
  switch (event.kind) {
    case PeerEventKind::connected: return {Tone::good, name + " is connected"};
    case PeerEventKind::disconnected: return {Tone::neutral, name + " is gone"};
    case PeerEventKind::pair_failed:
      if (event.reason == "timeout") return {Tone::bad, name + " did not answer (timeout)"};
      return {Tone::bad, "Couldn't verify " + name + " (" + event.reason.value_or("unknown reason") + ")"};
    case PeerEventKind::forgotten: return {Tone::neutral, name + " is forgotten"};
    case PeerEventKind::state_changed:
    case PeerEventKind::discovered:
    case PeerEventKind::pair_requested:
    case PeerEventKind::trusted:
    case PeerEventKind::left: break;
  }
  return {};
}

}  // namespace pim::ui
