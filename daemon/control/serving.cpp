// The internet for others: this node as a gateway.
#include <algorithm>
#include <utility>

#include "control/machine.hpp"

namespace pim::control {
namespace {

constexpr Duration look_interval = std::chrono::seconds{5};
/// A peer counts as going through us while it sent to the internet this recently.
constexpr Duration through_window = std::chrono::seconds{60};

/// The families of which the link reaches the internet.
std::uint8_t families_of(plan::Link const& uplink) {
  std::uint8_t families = 0;
  for (auto const& address : uplink.addresses) {
    if (!uplink.up || is_link_local(address.ip)) continue;
    if (address.ip.is_v4() && uplink.has_default_v4) families |= wire::family_v4;
    if (!address.ip.is_v4() && uplink.has_default_v6) families |= wire::family_v6;
  }
  return families;
}

}  // namespace

bool Machine::serves() const {
  return serving_.wanted && serving_.applied && routing_.phase == Routing::Phase::off && !stopping_;
}

std::optional<wire::GatewayOffer> Machine::own_offer() const {
  if (!serves() || !tunnel_up_) return std::nullopt;
  auto const& name = serving_.settings.nat_interface;
  auto const link =
      std::find_if(links_.links.begin(), links_.links.end(), [&](auto const& one) { return one.name == name; });
  auto const families = link == links_.links.end() ? std::uint8_t{0} : families_of(*link);
  if (families == 0) return std::nullopt;
  return wire::GatewayOffer{serving_.settings.priority, serving_.load, families};
}

void Machine::tell_offer(Turn& turn) {
  auto const offer = own_offer();
  auto const before = std::exchange(serving_.announced, offer);
  if (before == offer || stopping_) return;
  announce_to_all(turn);
  if (before && !offer && serves() && tunnel_up_)
    log(turn, LogLevel::warn,
        serving_.settings.nat_interface + " leads to no internet any more; nothing is shared until it does");
}

void Machine::enable_gateway(CommandId id, GatewaySettings const& settings, Turn& turn) {
  if (routing_.phase != Routing::Phase::off)
    return reply(id,
                 Refused{Refusal::preflight_failed,
                         "this device routes its own internet through the mesh; turn that off first: pim route off"},
                 turn);
  if (!tunnel_up_)
    return reply(id, Refused{Refusal::gateway_unsupported, "there is no tunnel: " + tunnel_reason_}, turn);
  if (serving_.waiting.empty())
    serving_.before = {serving_.wanted, serving_.settings, saved_.gateway_decided, saved_.gateway};
  saved_.gateway_decided = true;
  saved_.gateway = settings;
  serving_.wanted = true;
  serving_.settings = settings;
  serving_.waiting.push_back(id);
  planning_.is_forced = planning_.is_due = true;
  serving_.plan_number = planning_.number + 1;
}

void Machine::disable_gateway(CommandId id, Turn& turn) {
  saved_.gateway_decided = true;
  saved_.gateway.reset();
  serving_.wanted = false;
  serving_.load = 0;
  planning_.is_due = true;
  end_serving();
  reply_routing(serving_.waiting, Refused{Refusal::preflight_failed, "another request overtook this one"}, turn);
  reply_when_stored(id, Done{}, in_state);
}

void Machine::end_serving() {
  serving_.applied = false;
  serving_.enabled_at.reset();
  serving_.through_me.clear();
  table_dirty_ = true;
}

void Machine::on_serving_applied(PlanApplied const& applied, Turn& turn) {
  if (!serving_.wanted || applied.number < serving_.plan_number) return;
  if (!applied.error.empty()) return on_serving_failed(applied.error, turn);
  if (!std::exchange(serving_.applied, true)) {
    serving_.enabled_at = turn.now.wall;
    table_dirty_ = true;
    timers_.arm({TimerKey::Kind::serving}, turn.now.boot + look_interval);
    show_serving(turn);
  }
  reply_stored(serving_.waiting, Done{});
}

/// What was asked for is taken back, and what was shared before is shared as it was, if the next plan says so. Where
/// nobody asked, nothing is shared from now on: the host tries again, and says when it succeeds.
void Machine::on_serving_failed(std::string const& error, Turn& turn) {
  if (serving_.waiting.empty()) return end_serving();
  auto const& before = serving_.before;
  serving_.wanted = before.wanted;
  serving_.settings = before.settings;
  saved_.gateway_decided = before.is_decided;
  saved_.gateway = before.stored;
  planning_.is_forced = planning_.is_due = true;
  serving_.plan_number = planning_.number + 1;
  reply_routing(serving_.waiting, Refused{Refusal::preflight_failed, error}, turn);
}

void Machine::on_serving_timer(Turn& turn) {
  if (!serving_.applied) return;
  timers_.arm({TimerKey::Kind::serving}, turn.now.boot + look_interval);
  std::set<NodeId> through;
  for (auto const& peer : slots_) {
    if (!peer || !peer->alive || !serves()) continue;
    auto const last = dataplane_.activity(peer->slot).last_internet_received;
    if (last != Time{} && turn.now.boot < last + through_window) through.insert(peer->id);
  }
  auto const before = std::exchange(serving_.through_me, std::move(through));
  show_serving(turn);
  for (auto const& id : serving_.through_me)
    if (!before.contains(id)) turn.outbox.notes.emplace_back(ServingEvent{ServingEventKind::peer_through_me_added, id});
  for (auto const& id : before)
    if (!serving_.through_me.contains(id))
      turn.outbox.notes.emplace_back(ServingEvent{ServingEventKind::peer_through_me_removed, id});
}

void Machine::show_serving(Turn& turn) {
  ServingView view;
  view.active = serves();
  view.settings = serving_.settings;
  if (serving_.announced) view.offer = heard(*serving_.announced);
  view.enabled_at = serving_.enabled_at;
  view.peers_through_me.assign(serving_.through_me.begin(), serving_.through_me.end());
  if (serving_.shown == view) return;
  bool const was_active = serving_.shown && serving_.shown->active;
  serving_.shown = view;
  turn.outbox.notes.emplace_back(view);
  if (was_active == view.active) return;
  show_node(turn);
  turn.outbox.notes.emplace_back(
      ServingEvent{view.active ? ServingEventKind::enabled : ServingEventKind::disabled, std::nullopt});
  turn.outbox.notes.emplace_back(StatusEvent{StatusEventKind::role_changed, std::nullopt});
}

}  // namespace pim::control
