#include "discovery/discovery.hpp"

#include <algorithm>

#include "crypto/hash.hpp"

namespace pim::discovery {
namespace {

Duration rest_after(unsigned calls) {
  auto rest = Discovery::least_rest;
  for (unsigned i = 1; i < calls && rest < Discovery::longest_rest; ++i) rest *= 2;
  return rest;
}

/// The families take turns, so that one that is filtered on the way does not hide the other.
Endpoint where_to_call(Neighbour const& neighbour) {
  bool const prefers_v4 = neighbour.calls % 2 == 0;
  if (neighbour.v4 && (prefers_v4 || !neighbour.v6)) return *neighbour.v4;
  return *neighbour.v6;
}

bool is_wanted(Standing standing) { return standing == Standing::stranger || standing == Standing::known; }

}  // namespace

void Discovery::on_links(std::vector<Interface> const& usable, Time now, Entropy& entropy, Out& out) {
  std::map<std::uint32_t, Link> links;
  for (auto const& interface : usable) {
    if (links.size() == max_interfaces) break;
    auto const known = links_.find(interface.index);
    bool const is_as_before = known != links_.end() && known->second.interface == interface;
    auto& link = links.emplace(interface.index, is_as_before ? known->second : Link{interface}).first->second;
    if (!is_as_before && options_.announces) link.trickle.reset(now, entropy);
  }
  links_ = std::move(links);
  neighbours_.remove_if([&](Neighbour const& one) { return !links_.contains(one.interface); }, out.gone);
}

std::optional<Drop> Discovery::on_beacon(Received const& received, Time now, Judge const& judge, Entropy& entropy,
                                         Out& out) {
  auto const at = links_.find(received.interface);
  if (at == links_.end() || !at->second.interface.holds(received.from.ip)) return Drop::foreign_beacon;
  auto& link = at->second;
  if (!link.heard.take(now)) return Drop::rate_limited;
  auto const beacon = beacons_.parse(received.datagram);
  if (!beacon) return Drop::foreign_beacon;
  if (beacon->key == options_.beacon.key) return std::nullopt;  // our own, come back by broadcast
  hear(link, *beacon, {received.from.ip, beacon->listen_port, received.from.scope}, now, judge, entropy, out);
  return std::nullopt;
}

void Discovery::hear(Link& link, wire::Beacon const& beacon, Endpoint const& at, Time now, Judge const& judge,
                     Entropy& entropy, Out& out) {
  auto const id = crypto::node_id_of(beacon.key);
  auto const standing = judge.judge(id, beacon.key);
  auto* neighbour = neighbours_.find(id, link.interface.index);
  bool const is_new = neighbour == nullptr;
  if (is_new) {
    Neighbour newcomer{0, id, beacon.key, link.interface.index, link.interface.mechanism};
    newcomer.first_seen = now;
    neighbour = &neighbours_.add(newcomer, at.ip, out.gone);
  }
  bool const is_another_life = is_new || neighbour->boot_epoch != beacon.boot_epoch;
  neighbour->boot_epoch = beacon.boot_epoch;
  neighbour->last_seen = now;
  neighbour->kept_until = now + options_.peer_timeout;
  neighbour->is_known = standing == Standing::known || standing == Standing::connected;
  auto& place = at.ip.is_v4() ? neighbour->v4 : neighbour->v6;
  if (place != at) look_for_change(*neighbour, at, out);
  place = at;
  if (is_another_life) {
    neighbour->calls = 0;
    neighbour->rests_until = now + (options_.id < id ? Duration{} : courtesy);
  }
  if (!is_wanted(standing))
    neighbour->call_at = never;
  else if (is_another_life || neighbour->call_at == never)
    neighbour->call_at = std::max(now, neighbour->rests_until);
  if (is_another_life) speak_again(link, now, entropy);
  out.heard.push_back({*neighbour, is_new});
}

void Discovery::speak_again(Link& link, Time now, Entropy& entropy) {
  if (!options_.announces || now < link.may_reset_at) return;
  link.may_reset_at = now + between_resets;
  link.trickle.reset(now, entropy);
}

/// Somebody is there, and all are connected: a newcomer speaks first, and hears us then.
bool Discovery::is_fully_connected(Link const& link, Judge const& judge) const {
  bool is_alone = true, are_connected = true;
  neighbours_.for_each([&](Neighbour const& one) {
    if (one.interface != link.interface.index) return;
    is_alone = false;
    are_connected = are_connected && judge.judge(one.id, one.key) == Standing::connected;
  });
  return !is_alone && are_connected;
}

/// Whoever is connected speaks rarely, and is nearby without a word.
void Discovery::keep_if_connected(Neighbour& neighbour, Time now, Judge const& judge) const {
  if (now < neighbour.kept_until || judge.judge(neighbour.id, neighbour.key) != Standing::connected) return;
  neighbour.kept_until = std::min(now + options_.peer_timeout, neighbour.last_seen + longest_silence);
}

void Discovery::look_for_change(Neighbour const& neighbour, Endpoint const& at, Out& out) const {
  neighbours_.for_each([&](Neighbour const& other) {
    bool const is_there = other.v4 == at || other.v6 == at;
    if (is_there && other.id != neighbour.id && other.interface == neighbour.interface)
      out.changed_hands.push_back({at, other.id, neighbour.id});
  });
}

void Discovery::on_deadline(Time now, Judge const& judge, Entropy& entropy, Out& out) {
  neighbours_.for_each([&](Neighbour& one) { keep_if_connected(one, now, judge); });
  neighbours_.remove_if([&](Neighbour const& one) { return one.kept_until <= now; }, out.gone);
  for (auto& [index, link] : links_) {
    if (link.trickle.next() > now) continue;
    out.sends.push_back({link.interface, beacons_.make(options_.beacon, entropy)});
    auto const limit = is_fully_connected(link, judge) ? Trickle::longest_connected : Trickle::longest;
    link.trickle.on_sent(now, limit, entropy);
  }
  neighbours_.for_each([&](Neighbour& one) {
    if (one.call_at <= now) call_if_wanted(one, now, judge, out);
  });
}

void Discovery::call_if_wanted(Neighbour& neighbour, Time now, Judge const& judge, Out& out) {
  auto const standing = judge.judge(neighbour.id, neighbour.key);
  if (!is_wanted(standing)) {
    neighbour.call_at = never;
    return;
  }
  auto const at = where_to_call(neighbour);
  if (auto const free = budget_.free_at(at.ip); free > now) {
    neighbour.call_at = free;
  } else if (!budget_.take(at.ip, standing == Standing::known, now)) {
    neighbour.call_at = now + std::chrono::seconds{1};
  } else {
    ++neighbour.calls;
    neighbour.call_at = neighbour.rests_until = now + rest_after(neighbour.calls);
    out.calls.push_back({neighbour.id, neighbour.key, at});
  }
}

void Discovery::on_lost(NodeId const& id, Time now, Entropy& entropy) {
  neighbours_.for_each([&](Neighbour& one) {
    if (one.id != id) return;
    // Where it was called, it is gone most likely; where it was only heard, it may well be.
    if (one.calls > 0) one.rests_until = now + least_rest;
    one.calls = 0;
    one.call_at = std::max(now, one.rests_until);
    one.kept_until = std::max(one.kept_until, now + options_.peer_timeout);
    speak_again(links_.at(one.interface), now, entropy);
  });
}

Time Discovery::next_deadline() const {
  auto next = never;
  for (auto const& [index, link] : links_) next = std::min(next, link.trickle.next());
  neighbours_.for_each([&](Neighbour const& one) { next = std::min({next, one.call_at, one.kept_until}); });
  return next;
}

std::vector<Interface> Discovery::interfaces() const {
  std::vector<Interface> out;
  for (auto const& [index, link] : links_) out.push_back(link.interface);
  return out;
}

}  // namespace pim::discovery
