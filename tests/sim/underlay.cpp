#include "sim/underlay.hpp"

#include <algorithm>

namespace pim::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t first_address = 198u << 24 | 18u << 16 | 1;  // RFC 2544: for benchmarks
constexpr std::uint16_t port = 9100;
/// Longer than a node behind a NAT rests between probes of a link that it dialled.
constexpr Duration hole_lifetime = std::chrono::seconds{30};

Link make_link(Pair const& pair, Random& random) {
  Link link{pair.a, pair.b};
  if (random.chance(500)) std::swap(link.a, link.b);
  link.delay = milliseconds{1} + Duration(static_cast<Duration::rep>(pair.distance * 40e6));
  if (random.chance(300)) link.jitter = random.between(milliseconds{1}, milliseconds{8});
  if (random.chance(400)) link.loss = 1 + random.below(300);
  if (random.chance(300)) link.doubling = 10;
  link.is_natted = random.chance(200);
  return link;
}

}  // namespace

Underlay::Underlay(Graph const& graph, Random& random) : by_node_(graph.nodes), random_(random.next()) {
  for (auto const& pair : graph.links) {
    auto const number = static_cast<LinkNumber>(links_.size());
    links_.push_back(make_link(pair, random));
    by_node_[pair.a].push_back(number);
    by_node_[pair.b].push_back(number);
  }
}

std::optional<LinkNumber> Underlay::between(NodeNumber a, NodeNumber b) const {
  auto const& own = by_node_[a];
  auto const found =
      std::find_if(own.begin(), own.end(), [&](LinkNumber one) { return links_[one].a == b || links_[one].b == b; });
  return found == own.end() ? std::nullopt : std::optional(*found);
}

Journey const& Underlay::send(LinkNumber number, NodeNumber from, Endpoint const& to, Time now) {
  auto& link = links_[number];
  auto& [fate, arrivals] = journey_;
  arrivals.clear();
  fate = Fate::lost;
  if (!link.is_up) return journey_;
  fate = Fate::barred;
  if (!lets_in(link, from, to, now)) return journey_;
  auto const copies = random_.chance(link.doubling) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    auto const at = arrival(link, from, now);
    if (is_calm_ || !random_.chance(link.loss)) arrivals.push_back(at);
  }
  fate = arrivals.empty() ? Fate::lost : arrivals.size() == 1 ? Fate::sent : Fate::doubled;
  return journey_;
}

bool Underlay::lets_in(Link& link, NodeNumber from, Endpoint const& to, Time now) {
  if (!link.is_natted) return true;
  if (from == link.a) {
    if (now >= link.hole_until) ++link.mapping;
    link.hole_until = now + hole_lifetime;
    return true;
  }
  return now < link.hole_until && to == source_of(link, link.a);
}

Time Underlay::arrival(Link& link, NodeNumber from, Time now) {
  auto const at = now + link.delay + (is_calm_ ? Duration{} : random_.between(Duration{}, link.jitter));
  auto& last = link.last_arrival[from == link.a ? 0 : 1];
  if (at < last) ++overtaken_;
  last = std::max(last, at);
  return at;
}

void Underlay::forget_mapping(LinkNumber number) {
  links_[number].hole_until = Time{};
  ++links_[number].mapping;  // what is still under way comes from the one before
  forget_crossing(number);
}

Endpoint Underlay::endpoint_of(NodeNumber node) { return {IpAddress::from_v4(first_address + node), port, 0}; }

Endpoint Underlay::source_of(Link const& link, NodeNumber from) {
  auto endpoint = endpoint_of(from);
  if (link.is_natted && from == link.a) endpoint.port = static_cast<std::uint16_t>(port + link.mapping);
  return endpoint;
}

NodeNumber Underlay::node_at(Endpoint const& endpoint) { return endpoint.ip.v4() - first_address; }

}  // namespace pim::sim
