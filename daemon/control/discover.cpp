// Neighbours on the local links: feeds discovery with links and beacons, calls whom it names, shows whom it
// heard. A beacon is a claim: nothing is trusted, pinned or routed because of one.
#include "control/machine.hpp"
#include "mesh/addresses.hpp"

namespace pim::control {
namespace {

/// Events a second about nodes heard for the first time; a flood of forged ones is listed in silence.
constexpr unsigned discovered_limit = 20;
/// Beacons come once per family and group: clients are told an age of seconds, not each copy.
constexpr Duration shown_every = std::chrono::seconds{1};

discovery::Mechanism mechanism_of(plan::Medium medium) {
  switch (medium) {
    case plan::Medium::other: return discovery::Mechanism::broadcast;
    case plan::Medium::bluetooth: return discovery::Mechanism::bluetooth;
    case plan::Medium::wifi_direct: return discovery::Mechanism::wifi_direct;
  }
  return discovery::Mechanism::broadcast;
}

std::vector<discovery::Interface> usable(plan::Links const& links) {
  std::vector<discovery::Interface> out;
  for (auto const& link : links.links) {
    if (!link.up || link.is_port || !(link.can_multicast || link.can_broadcast)) continue;
    discovery::Interface interface{link.index, link.name, mechanism_of(link.medium), link.can_broadcast};
    for (auto const& address : link.addresses) {
      interface.addresses.push_back(address.ip);
      if (address.ip.is_v4()) interface.networks.push_back(make_prefix(address.ip, address.length));
    }
    if (interface.speaks(Family::v4) || interface.speaks(Family::v6)) out.push_back(std::move(interface));
  }
  return out;
}

}  // namespace

void Machine::prepare_discovery() {
  if (!settings_.discovery || impaired_) return;
  discovery::Options options{self_, {identity_.public_key(), settings_.listen_port, boot_epoch_.value}};
  // Who admits the listed alone is silent to strangers: it says nothing that they could read.
  options.announces = settings_.policy != trust::Policy::allow_list || !settings_.secret.empty();
  options.peer_timeout = settings_.discovery->peer_timeout;
  discovery_.emplace(std::move(options), wire::Beacons(settings_.network, as_bytes(settings_.secret)),
                     entropy_.value<std::uint64_t>());
}

discovery::Standing Machine::judge(NodeId const& id, PublicKey const& key) const {
  using enum discovery::Standing;
  if (auto const* const met = peer(id); met && met->link.is_up()) return connected;
  if (!trust_.judge_inbound(id, key)) return unwanted;
  bool const is_known = trust_.find(id) != nullptr || trust_.policy() == trust::Policy::allow_list;
  switch (settings_.discovery->connect) {
    case Connect::automatic: return is_known ? known : stranger;
    case Connect::known: return is_known ? known : unwanted;
    case Connect::never: return unwanted;
  }
  return unwanted;
}

void Machine::follow_links(Turn& turn) {
  if (!discovery_ || stopping_) return;
  auto const before = discovery_->interfaces();
  discovery_->on_links(usable(links_), turn.now.boot, entropy_, discovered_);
  if (auto now = discovery_->interfaces(); now != before) turn.outbox.beacon_interfaces = std::move(now);
  after_discovery(turn);
}

void Machine::on_beacons(std::span<discovery::Received const> beacons, Turn& turn) {
  if (!discovery_ || stopping_) return;
  for (auto const& beacon : beacons)
    if (auto const dropped = discovery_->on_beacon(beacon, turn.now.boot, *this, entropy_, discovered_))
      dataplane_.count_drop(*dropped);
  after_discovery(turn);
  settle(turn);
}

void Machine::on_discovery_timer(Turn& turn) {
  if (!discovery_) return;
  discovery_->on_deadline(turn.now.boot, *this, entropy_, discovered_);
  after_discovery(turn);
}

void Machine::call_again(NodeId const& id, Turn& turn) {
  if (!discovery_) return;
  discovery_->on_lost(id, turn.now.boot, entropy_);
  after_discovery(turn);
}

void Machine::after_discovery(Turn& turn) {
  auto& outbox = turn.outbox;
  for (auto& send : discovered_.sends) outbox.beacons.push_back(std::move(send));
  for (auto const& heard : discovered_.heard) show(heard, turn);
  for (auto const number : discovered_.gone) {
    if (shown_neighbours_.erase(number) > 0) outbox.notes.emplace_back(NeighbourGone{number});
  }
  for (auto const& change : discovered_.changed_hands) {
    if (!changed_hands_.allow(to_string(change.at), turn.now.boot)) continue;
    log(turn, LogLevel::info,
        to_string(change.at) + " is now said to be " + short_id(change.is) + ", which was " + short_id(change.was) +
            " before",
        change.is);
  }
  for (auto const& call : discovered_.calls) start_handshake(call.id, call.key, {call.at}, false, turn, Ways::direct);
  discovered_.clear();
  timers_.arm({TimerKey::Kind::discovery}, discovery_->next_deadline());
}

void Machine::show(discovery::Out::Heard const& heard, Turn& turn) {
  auto const& neighbour = heard.neighbour;
  NeighbourView view{neighbour.number,    neighbour.id,         neighbour.v4 ? *neighbour.v4 : *neighbour.v6,
                     neighbour.mechanism, neighbour.first_seen, neighbour.last_seen};
  auto const [at, is_first] = shown_neighbours_.try_emplace(neighbour.number, view);
  bool const is_same_place = at->second.address == view.address;
  if (!is_first && is_same_place && view.last_seen < at->second.last_seen + shown_every) return;
  at->second = view;
  turn.outbox.notes.emplace_back(view);
  if (heard.is_new && may_tell_discovered(turn)) emit(PeerEventKind::discovered, view_of(neighbour), turn);
}

bool Machine::may_tell_discovered(Turn const& turn) {
  if (turn.now.boot >= discovered_window_ + std::chrono::seconds{1}) {
    discovered_window_ = turn.now.boot;
    discovered_count_ = 0;
  }
  return ++discovered_count_ <= discovered_limit;
}

PeerView Machine::view_of(discovery::Neighbour const& neighbour) const {
  if (auto const* const met = peer(neighbour.id); met && !met->provisional) return view_of(*met);
  PeerView view;
  view.id = neighbour.id;
  view.key = neighbour.key;
  view.endpoint = neighbour.v4 ? neighbour.v4 : neighbour.v6;
  if (view.endpoint) view.medium = plan::medium_to(links_, *view.endpoint);
  view.v6 = mesh::v6_address(mesh_v6_, neighbour.id);
  if (auto const* const record = trust_.find(neighbour.id)) view.trust = record->level;
  view.named_gateway = is_named_gateway(neighbour.id);
  return view;
}

}  // namespace pim::control
