// What a peer claims in its own session, and what of it is not believed or made use of: counted, and told once a minute
// for each peer and reason.
#include <algorithm>

#include "control/machine.hpp"
#include "mesh/addresses.hpp"

namespace pim::control {
namespace {

/// Of so many aliases of this node one is free, or all are in vain.
constexpr unsigned max_alias_attempts = 64;

/// Late and repeated datagrams bring these without anybody's fault.
bool is_told(RefusedClaim why) { return why != RefusedClaim::outdated && why != RefusedClaim::from_nobody; }

}  // namespace

void Machine::refuse(RefusedClaim why, Peer const& peer, std::string const& detail, Turn& turn, std::uint64_t times) {
  count(refused_claims_, why, times);
  auto const name = short_id(peer.id);
  if (!is_told(why) || !claims_told_.allow(name + std::string{to_string(why)}, turn.now.boot)) return;
  log(turn, LogLevel::warn,
      name + " claims " + std::string{help_of(why)} + (detail.empty() ? "" : ": " + detail) + "; it is not used",
      peer.id);
}

/// What routing did not believe of the peer's update, by what it counted before.
void Machine::refuse_routes(mesh::Refusals const& before, Peer const& peer, Turn& turn) {
  struct Count {
    RefusedClaim why;
    std::uint64_t before, now;
  };
  auto const& now = mesh_.refusals();
  for (auto const& one : {Count{RefusedClaim::false_key, before.false_key, now.false_key},
                          Count{RefusedClaim::false_metric, before.false_metric, now.false_metric},
                          Count{RefusedClaim::without_record, before.without_record, now.without_record},
                          Count{RefusedClaim::own_id, before.own_id, now.own_id},
                          Count{RefusedClaim::table_full, before.table_full, now.table_full},
                          Count{RefusedClaim::outdated, before.outdated, now.outdated},
                          Count{RefusedClaim::from_nobody, before.from_nobody, now.from_nobody}})
    if (one.now != one.before) refuse(one.why, peer, {}, turn, one.now - one.before);
}

void Machine::set_offer(Peer& peer, std::optional<GatewayOffer> offer) {
  peer.offer = offer;
  if (offer)
    offering_.insert(peer.slot);
  else
    offering_.erase(peer.slot);
}

GatewayOffer heard(wire::GatewayOffer const& offer) {
  return {offer.priority, offer.load, (offer.families & wire::family_v4) != 0, (offer.families & wire::family_v6) != 0};
}

void Machine::hear_offer(Peer& peer, std::optional<wire::GatewayOffer> const& offer, Turn& turn) {
  if (!offer) return set_offer(peer, std::nullopt);
  bool const is_new = !peer.offer;
  if (is_new) peer.usable_since = turn.now.boot;
  set_offer(peer, heard(*offer));
  if (is_new && !is_named_gateway(peer.id))
    refuse(RefusedClaim::unnamed_offer, peer, "pim gateway allow " + short_id(peer.id) + " would use it", turn);
}

/// Who was met with an alias keeps it, over restarts too; newcomers take another one. What the user gave a peer wins.
void Machine::claim_alias(Peer& peer, std::optional<IpAddress> claim, Turn& turn) {
  auto const* const entry = entry_of(peer.id);
  if (entry && entry->config.mesh_v4) claim = entry->config.mesh_v4;
  if (claim && !mesh::is_usable_alias(*claim)) claim.reset();
  if (claim == own_v4_ && !holds_own_alias()) move_own_alias(turn);
  if (auto const holder = claim ? holder_beside(peer, *claim) : std::nullopt) {
    refuse(RefusedClaim::taken_alias, peer, to_string(*claim) + ", held by " + *holder, turn);
    claim.reset();
  }
  // The peer knows our alias as we know its, and will keep it for us.
  if (!settings_.mesh_v4) saved_.own_alias = own_v4_;
  trust_.hold_alias(peer.id, claim);
  if (claim == peer.v4) return;
  peer.v4 = claim;
  dirty_policies_.insert(peer.slot.value);
  if (is_chosen(peer.id)) planning_.is_due = true;
}

bool Machine::holds_own_alias() const { return settings_.mesh_v4 || saved_.own_alias == own_v4_; }

void Machine::move_own_alias(Turn& turn) {
  for (unsigned tries = 0; tries < max_alias_attempts; ++tries) {
    own_v4_ = mesh::v4_alias(self_, ++alias_attempt_);
    if (!alias_holder(own_v4_) && !mesh_.find_by_address(own_v4_)) break;
  }
  announce_to_all(turn);
  with_mesh(turn, [&](auto& out) { mesh_.set_alias(own_v4_, turn.now.boot, out); });
  planning_.is_due = table_dirty_ = true;
}

/// The one that was met with it.
std::optional<NodeId> Machine::alias_holder(IpAddress const& alias) const {
  for (auto const& peer : slots_)
    if (peer && !peer->provisional && peer->v4 == alias) return peer->id;
  return trust_.alias_holder(alias);
}

/// In words, who but the peer may use the alias; nothing when the peer may.
std::optional<std::string> Machine::holder_beside(Peer const& peer, IpAddress const& alias) const {
  if (alias == own_v4_) return "this node";
  for (auto const& [entry_id, entry] : entries_) {
    if (entry.config.mesh_v4 != alias) continue;
    auto const named = entry.peer ? entry.peer : entry.config.node_id;
    return named == peer.id ? std::nullopt : std::optional("the peer at " + entry.pin_address);
  }
  auto const holder = alias_holder(alias);
  return holder && *holder != peer.id ? std::optional(short_id(*holder)) : std::nullopt;
}

}  // namespace pim::control
