// The internet through a gateway: arming, choosing, blocking. Nothing here opens anything on failure:
// only a release that the user asked for does.
#include <algorithm>
#include <utility>

#include "control/machine.hpp"

namespace pim::control {
namespace {

/// A gateway left behind may still deliver what was under way.
constexpr Duration internet_grace = std::chrono::seconds{60};

bool is_disallowed(SavedState const& saved, NodeId const& id) {
  auto const& refused = saved.gateways_disallowed;
  return std::find(refused.begin(), refused.end(), id) != refused.end();
}

}  // namespace

void Machine::set_split_default(CommandId id, bool on, Turn& turn) {
  using Phase = Routing::Phase;
  bool const settled = routing_.phase == (on ? Phase::on : Phase::off);
  if (settled && routing_.arming_error.empty())
    return reply_when_stored(id, SplitDefaultSet{on, on ? routing_.gateway : std::nullopt}, in_state);
  if (on && !tunnel_up_)
    return reply(id, Refused{Refusal::route_failed, "there is no tunnel: " + tunnel_reason_}, turn);
  bool const is_turn = routing_.phase == (on ? Phase::releasing : Phase::arming);
  if (is_turn)
    reply_routing(routing_.waiting, Refused{Refusal::route_failed, "another request overtook this one"}, turn);
  routing_.waiting.push_back(id);
  if (routing_.phase != (on ? Phase::arming : Phase::releasing)) {
    // Stored before anything is armed: a crash half-way must come back blocked, not open.
    if (on) saved_.routing_answer = true;
    routing_.restored = on && routing_.phase != Phase::off;
    routing_.phase = on ? Phase::arming : Phase::releasing;
    if (on && !routing_.since) routing_.since = turn.now.wall;
  }
  planning_.is_forced = planning_.is_due = table_dirty_ = true;
  routing_.plan_number = planning_.number + 1;
}

void Machine::on_routing_applied(PlanApplied const& applied, Turn& turn) {
  using Phase = Routing::Phase;
  bool const ok = applied.error.empty();
  if (routing_.phase != Phase::off && ok) routing_.verified_at = applied.verified_at;
  if (applied.number < routing_.plan_number || routing_.phase == Phase::off) return;
  routing_.arming_error = applied.error;
  switch (routing_.phase) {
    case Phase::arming:
      if (!ok && !routing_.restored) {
        routing_.phase = Phase::off;
        routing_.arming_error.clear();
        routing_.since.reset();
        saved_.routing_answer = false;
        table_dirty_ = planning_.is_due = true;
        return reply_routing(routing_.waiting, Refused{Refusal::route_failed, applied.error}, turn);
      }
      routing_.phase = Phase::on;
      choose_gateway(turn);
      show_routing(turn);
      if (ok) return reply_stored(routing_.waiting, SplitDefaultSet{true, routing_.gateway});
      return reply_routing(routing_.waiting, Refused{Refusal::route_failed, applied.error}, turn);
    case Phase::releasing:
      if (!ok) {
        routing_.phase = Phase::on;
        planning_.is_forced = planning_.is_due = table_dirty_ = true;
        return reply_routing(routing_.waiting, Refused{Refusal::route_failed, applied.error}, turn);
      }
      saved_.routing_answer = false;
      routing_.phase = Phase::off;
      routing_.restored = routing_.had_gateway = false;
      routing_.last_gateway.reset();
      routing_.since.reset();
      routing_.verified_at.reset();
      table_dirty_ = true;
      show_routing(turn);
      return reply_stored(routing_.waiting, SplitDefaultSet{false, std::nullopt});
    case Phase::on:
    case Phase::off: return;
  }
}

void Machine::choose_gateway(Turn& turn) {
  auto const before = routing_.gateway;
  auto due = never;
  if (routing_.phase == Routing::Phase::off || routing_.phase == Routing::Phase::releasing || stopping_) {
    routing_.gateway.reset();
    routing_.better.clear();
  } else {
    auto usable = candidates();
    gateways::note_better(routing_.better, usable, before, turn.now.boot);
    routing_.gateway = gateways::choose(usable, before, turn.now.boot);
    due = gateways::next_deadline(usable, routing_.gateway, turn.now.boot);
  }
  timers_.arm({TimerKey::Kind::routing}, due);
  bool const is_wanted = routing_.phase == Routing::Phase::arming || routing_.phase == Routing::Phase::on;
  bool const was_seeking = std::exchange(routing_.is_seeking, is_wanted && !routing_.gateway);
  // Those that rested beside a gateway that worked may be one.
  if (routing_.is_seeking && !was_seeking) hasten_entries(turn.now.boot);
  if (routing_.gateway == before) return;
  if (auto* const left = before ? find(*before) : nullptr) {
    left->internet_until = turn.now.boot + internet_grace;
    routing_.last_gateway = before;
  }
  if (routing_.gateway) {
    routing_.had_gateway = true;
    routing_.lost_relay = false;
  }
  turn.outbox.host.emplace_back(ForgetRedirectedDns{});
  table_dirty_ = true;
}

std::vector<gateways::Candidate> Machine::candidates() const {
  std::vector<gateways::Candidate> usable;
  if (!tunnel_up_) return usable;
  for (auto const slot : offering_) {
    auto const& peer = slots_[slot.value];
    if (!peer->alive || !is_named_gateway(peer->id)) continue;
    // One whose way is being sought is kept, and not taken.
    if (peer->given_up_at != never && routing_.gateway != peer->id) continue;
    auto const route = mesh_.route(peer->id);
    auto const better = routing_.better.find(peer->id);
    usable.push_back({peer->id, gateway_order(peer->id), peer->offer->priority, peer->offer->load,
                      peer->offer->lacking(), route ? route->metric : mesh::infinite, peer->usable_since,
                      better == routing_.better.end() ? Time{} : better->second});
  }
  return usable;
}

/// Its place in the user's list; those outside share the last.
std::uint32_t Machine::gateway_order(NodeId const& id) const {
  auto const& order = settings_.gateways;
  return static_cast<std::uint32_t>(std::find(order.begin(), order.end(), id) - order.begin());
}

bool Machine::is_named_gateway(NodeId const& id) const {
  if (is_disallowed(saved_, id)) return false;
  for (auto const* const named : {&settings_.gateways, &saved_.gateways_allowed})
    if (std::find(named->begin(), named->end(), id) != named->end()) return true;
  if (auto const* const record = trust_.find(id); record && record->gateway_allowed) return true;
  return std::any_of(entries_.begin(), entries_.end(), [&](auto const& one) { return one.second.peer == id; });
}

/// Reached or not. An address that has not answered yet names whoever will.
bool Machine::names_a_gateway() const {
  auto const is_named = [&](NodeId const& id) { return !is_disallowed(saved_, id); };
  auto const is_named_entry = [&](auto const& one) {
    auto const& id = one.second.peer ? one.second.peer : one.second.config.node_id;
    return !id || is_named(*id);
  };
  return !saved_.gateways_allowed.empty() || std::ranges::any_of(settings_.gateways, is_named) ||
         std::ranges::any_of(entries_, is_named_entry) || trust_.allows_a_gateway();
}

std::optional<BlockCause> Machine::block_cause() const {
  if (routing_.phase == Routing::Phase::off) return std::nullopt;
  if (!routing_.arming_error.empty()) return BlockCause::arming_failed;
  if (!tunnel_up_) return BlockCause::interface_down;
  if (routing_.gateway) return std::nullopt;
  if (!names_a_gateway()) return BlockCause::no_gateway_allowed;
  // One that the user took back was not lost.
  bool const is_lost = routing_.had_gateway && (!routing_.last_gateway || is_named_gateway(*routing_.last_gateway));
  if (is_lost) return routing_.lost_relay ? BlockCause::relay_lost : BlockCause::gateway_lost;
  return BlockCause::no_gateway_yet;
}

std::optional<NodeId> Machine::gateway_being_tried() const {
  for (auto const& [entry_id, entry] : entries_)
    if (entry.peer && entry.stage != Stage::connected && is_named_gateway(*entry.peer)) return entry.peer;
  // Those that seek_gateways() calls.
  for (auto const& peer : slots_)
    if (peer && !peer->alive && is_named_gateway(peer->id) && is_beyond(peer->id)) return peer->id;
  for (auto const& [id, outgoing] : outgoing_)
    if (auto const* const known = peer(id); is_named_gateway(id) && !(known && known->alive)) return id;
  return std::nullopt;
}

RoutingView Machine::routing_view(Turn const& turn) const {
  RoutingView view;
  view.on = routing_.phase == Routing::Phase::on ||
            (routing_.shown && routing_.shown->on && routing_.phase != Routing::Phase::off);
  if (!view.on) return view;
  view.cause = block_cause();
  view.engaged = view.cause.has_value();
  view.detail = routing_.arming_error;
  view.gateway = view.engaged ? std::nullopt : routing_.gateway;
  view.last_gateway = routing_.last_gateway;
  view.verified_at = routing_.verified_at;
  if (view.engaged) {
    view.since = routing_.shown && routing_.shown->engaged ? routing_.shown->since : std::optional(turn.now.wall);
    view.trying = gateway_being_tried();
  }
  return view;
}

void Machine::show_routing(Turn& turn) {
  auto const view = routing_view(turn);
  if (routing_.shown == view) return;
  auto const before = routing_.shown.value_or(RoutingView{});
  routing_.shown = view;
  auto& notes = turn.outbox.notes;
  notes.emplace_back(view);
  auto const tell = [&](StatusEventKind kind, std::optional<NodeId> node = std::nullopt) {
    notes.emplace_back(StatusEvent{kind, node});
  };
  if (before.gateway && before.gateway != view.gateway && view.on) tell(StatusEventKind::gateway_lost, before.gateway);
  if (before.engaged && !view.engaged && view.on) tell(StatusEventKind::kill_switch);
  if (view.gateway && before.gateway != view.gateway) tell(StatusEventKind::gateway_selected, view.gateway);
  if (view.on && !before.on) tell(StatusEventKind::route_on);
  if (view.engaged && (!before.engaged || before.cause != view.cause)) tell(StatusEventKind::kill_switch);
  if (!view.on && before.on) tell(StatusEventKind::route_off);
}

void Machine::reply_routing(std::vector<CommandId>& waiting, Answer const& answer, Turn& turn) {
  for (auto const id : waiting) reply(id, answer, turn);
  waiting.clear();
}

void Machine::reply_stored(std::vector<CommandId>& waiting, Answer const& answer) {
  for (auto const id : std::exchange(waiting, {})) reply_when_stored(id, answer, in_state);
}

}  // namespace pim::control
