#include "ui/model/banner.hpp"

#include <algorithm>

#include "base/ids.hpp"
#include "ui/model/format.hpp"

namespace pim::ui {
namespace {

using protocol::BlockCause;
using namespace std::chrono;

struct CauseWords {
  std::string headline, sentence;
};

CauseWords words_for(Snapshot const& snapshot, BlockCause cause) {
  auto const& kill_switch = snapshot.status->kill_switch;
  auto const last =
      kill_switch.last_gateway ? name_of(snapshot, *kill_switch.last_gateway) : std::string("the gateway");
  switch (cause) {
    case BlockCause::no_gateway_allowed:
      return {"no gateway is allowed",
              "No device may share its internet with you yet. Allow one below, or turn routing off."};
    case BlockCause::no_gateway_yet:
      return {"no gateway answers yet",
              "No allowed device that shares its internet has answered since routing was turned on."};
    case BlockCause::gateway_lost:
      return {"gateway unreachable",
              last + " stopped answering or sharing. Nothing leaves until it or another gateway returns."};
    case BlockCause::relay_lost:
      return {"relay unreachable",
              "The way to " + last + " broke at a device passing traffic (relay). pim looks for another way."};
    case BlockCause::interface_down:
      return {"the tunnel is down",
              "The tunnel " + snapshot.status->interface.name + " is not up, so nothing can reach a gateway."};
    case BlockCause::arming_failed:
      return {"",
              "The block could not be put in force: traffic may leave this device outside the mesh. Turn routing off, "
              "or cure the cause and turn it on again."};
  }
  return {"unknown cause", ""};
}

std::string since_text(protocol::Timestamp since, Now now, seconds zone) {
  auto const age = std::max(seconds{0}, duration_cast<seconds>(now.wall - since));
  return "since " + clock_text(since, zone) + " (" + duration_text(age) + ")";
}

Banner kill_switch_banner(Snapshot const& snapshot, Now now, seconds zone) {
  auto const& kill_switch = snapshot.status->kill_switch;
  auto const cause = kill_switch.cause.value_or(BlockCause::gateway_lost);
  auto const is_unsafe = cause == BlockCause::arming_failed;
  auto words = words_for(snapshot, cause);
  Banner banner;
  banner.grade = is_unsafe ? BannerGrade::unsafe : BannerGrade::blocking;
  banner.headline = is_unsafe ? "✗ INTERNET IS NOT BLOCKED — the block could not be armed"
                              : "✗ BLOCKING INTERNET — " + words.headline;
  banner.sentence = std::move(words.sentence);
  if (kill_switch.since) banner.facts.push_back(since_text(*kill_switch.since, now, zone));
  if (kill_switch.last_gateway) banner.facts.push_back("last gateway " + name_of(snapshot, *kill_switch.last_gateway));
  if (kill_switch.trying) {
    auto const is_id = parse_node_id(*kill_switch.trying).has_value();
    banner.facts.push_back("trying " +
                           (is_id ? name_of(snapshot, *kill_switch.trying) : printable(*kill_switch.trying)));
  }
  if (kill_switch.verified_at && !is_unsafe)
    banner.facts.push_back("verified blocked at " + clock_text(*kill_switch.verified_at, zone));
  if (cause == BlockCause::no_gateway_allowed || cause == BlockCause::no_gateway_yet)
    for (auto const& offer : snapshot.routes->offers) banner.offers.push_back(offer.node_id);
  banner.has_turn_off = true;
  return banner;
}

Banner lost_banner(Snapshot const& snapshot, Now now) {
  Banner banner;
  banner.headline = "↯ " + snapshot.link.detail;
  auto const was_routing = snapshot.status && snapshot.status->route_on;
  banner.sentence = was_routing ? "Routing was on: what pim blocks stays blocked without it. Start pim-daemon, or "
                                  "release it with: pim route off"
                                : "Start pim-daemon; this window reconnects by itself.";
  auto const wait = duration_cast<seconds>(snapshot.link.retry_at - now.boot + milliseconds(999));
  banner.facts.push_back(wait.count() > 0 ? "next attempt in " + duration_text(wait) : "asking now");
  banner.facts.push_back("attempt " + std::to_string(snapshot.link.attempt));
  if (snapshot.status) {
    auto const age = duration_cast<seconds>(now.boot - snapshot.heard_at);
    banner.facts.push_back("what is shown is " + duration_text(age) + " old");
  }
  banner.has_retry = true;
  return banner;
}

Banner mismatch_banner(Snapshot const& snapshot) {
  Banner banner;
  banner.headline = "↯ This window and pim-daemon speak different versions (rpc_version)";
  banner.sentence = snapshot.link.detail + ". Install the dashboard and the daemon from one release, then try again.";
  banner.has_retry = true;
  return banner;
}

void add_degraded(std::vector<Banner>& list, Snapshot const& snapshot) {
  auto const& status = *snapshot.status;
  if (status.mesh_error) {
    Banner banner;
    banner.headline = "↯ The mesh is off";
    banner.sentence = printable(*status.mesh_error);
    list.push_back(std::move(banner));
  }
  auto const is_said_in_red = status.kill_switch.engaged && status.kill_switch.cause == BlockCause::interface_down;
  if (!status.interface.up && !is_said_in_red) {
    Banner banner;
    banner.headline = "↯ No tunnel (" + status.interface.name + ")";
    banner.sentence = printable(status.interface.reason.value_or("The tunnel interface is not up")) + ".";
    banner.sentence += " pim still meshes and passes traffic; routing internet needs the tunnel.";
    if (status.interface.cure) banner.facts.push_back("cure: " + printable(*status.interface.cure));
    list.push_back(std::move(banner));
  }
}

}  // namespace

std::vector<Banner> banners(Snapshot const& snapshot, Now now, seconds zone) {
  std::vector<Banner> list;
  switch (snapshot.link.state) {
    case LinkState::connecting: return list;
    case LinkState::lost: list.push_back(lost_banner(snapshot, now)); return list;
    case LinkState::version_mismatch: list.push_back(mismatch_banner(snapshot)); return list;
    case LinkState::online: break;
  }
  if (!snapshot.status) return list;
  if (snapshot.status->kill_switch.engaged) list.push_back(kill_switch_banner(snapshot, now, zone));
  add_degraded(list, snapshot);
  return list;
}

}  // namespace pim::ui
