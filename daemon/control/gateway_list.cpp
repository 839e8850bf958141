// The gateways that there are, in the order in which they would be taken, and why each is the one in use or is not.
#include <algorithm>

#include "control/machine.hpp"

namespace pim::control {
namespace {

std::string seconds_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

std::string reason_of(gateways::Ranked const& ranked, Time now) {
  using enum gateways::Standing;
  auto const lasting = seconds_text(gateways::failback_after);
  switch (ranked.standing) {
    case alone: return "the only usable one";
    case best_by_order: return "first usable in your order";
    case best_by_priority: return "its own offer puts it first (priority)";
    case best_by_families: return "carries IPv4 and IPv6, the next one only one of them";
    case best_by_cost: return "the lowest metric and load of those equal before";
    case best_by_id: return "equal to the next one; the lower id decides";
    case kept_till_other_lasts: return "works; a better one is taken once it has been so for " + lasting;
    case kept_though_other_near: return "works, and is not left for a lower metric or load";
    case behind_by_order: return "comes later in your order";
    case behind_by_priority: return "its own offer lets others go first (priority)";
    case behind_by_families: return "carries only one of IPv4 and IPv6";
    case behind_by_cost: return "a higher metric and load";
    case behind_by_id: return "equal to the one before; the lower id decides";
    case has_to_last:
      return "better than the one in use; taken once it has been so for " + lasting + ", so far " +
             seconds_text(now - std::max(ranked.candidate.usable_since, ranked.candidate.better_since));
    case near_but_other_works: return "a lower metric or load, for which one that works is not left";
  }
  return {};
}

}  // namespace

std::vector<GatewayView> Machine::list_gateways(Time now) const {
  bool const is_wanted = routing_.phase == Routing::Phase::on || routing_.phase == Routing::Phase::arming;
  auto const ranked = gateways::rank(candidates(), routing_.gateway, now);
  auto others = known_gateways();
  std::vector<GatewayView> list;
  for (auto const& one : ranked) {
    auto& view = list.emplace_back(view_of_gateway(one.candidate.id, now));
    auto const* const known = peer(one.candidate.id);
    auto const why = known && seeks_way(*known) ? why_unusable(one.candidate.id) : reason_of(one, now);
    view.reason = (is_wanted ? "" : "routing is off; ") + why;
    others.erase(one.candidate.id);
  }
  auto const first_other = static_cast<std::ptrdiff_t>(list.size());
  for (auto const& id : others) {
    list.push_back(view_of_gateway(id, now));
    list.back().reason = why_unusable(id);
  }
  std::ranges::stable_sort(list.begin() + first_other, list.end(), {}, &GatewayView::score);
  return list;
}

/// Named by the user, or offering.
std::set<NodeId> Machine::known_gateways() const {
  std::set<NodeId> ids;
  auto const add_if_named = [&](std::optional<NodeId> const& id) {
    if (id && is_named_gateway(*id)) ids.insert(*id);
  };
  for (auto const& id : settings_.gateways) add_if_named(id);
  for (auto const& id : saved_.gateways_allowed) add_if_named(id);
  for (auto const& [entry_id, entry] : entries_) add_if_named(entry.peer ? entry.peer : entry.config.node_id);
  for (auto const& [id, line] : listing_.shown)
    if (line.named_gateway) ids.insert(id);
  for (auto const& peer : slots_)
    if (peer && !peer->provisional && (peer->offer || is_named_gateway(peer->id))) ids.insert(peer->id);
  return ids;
}

GatewayView Machine::view_of_gateway(NodeId const& id, Time now) const {
  GatewayView view{.id = id, .named = is_named_gateway(id), .selected = routing_.gateway == id && !block_cause()};
  view.order = gateway_order(id);
  auto const* const known = peer(id);
  if (auto const route = mesh_.route(id)) {
    view.via = route->neighbour;
    view.hops = route->hops;
    view.metric = route->metric;
  } else if (known && known->alive && !seeks_way(*known)) {
    view.via = id;
    view.hops = 1;
  }
  if (known && known->alive) {
    view.offer = known->offer;
    view.rtt = round_trip(*known);
    view.usable = known->offer && !seeks_way(*known);
    if (view.usable) view.usable_for = now - known->usable_since;
  }
  auto const offer = view.offer.value_or(GatewayOffer{255, 100});
  view.score = gateways::score(
      {id, view.order, offer.priority, offer.load, offer.lacking(), view.metric.value_or(mesh::infinite), {}});
  return view;
}

/// Of one that is no candidate.
std::string Machine::why_unusable(NodeId const& id) const {
  auto const* const known = peer(id);
  bool const is_alive = known && known->alive;
  if (!is_alive && !mesh_.route(id)) return "no way leads to it";
  if (!is_alive) return "no session with it yet, which alone tells what it offers";
  if (seeks_way(*known)) return "the way to it broke; another one is being sought";
  if (!known->offer) return "does not offer its internet now";
  if (!is_named_gateway(id)) return "you did not allow it";
  return "there is no tunnel";
}

}  // namespace pim::control
