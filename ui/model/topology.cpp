#include "ui/model/topology.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <tuple>

#include "ui/model/peer_rows.hpp"

namespace pim::ui {
namespace {

using protocol::PeerState;
using protocol::PeerSummary;
using protocol::RouteEntry;

/// Behind one neighbour nodes spread over so much of the circle at most, or their links would cross the middle.
constexpr double widest_sector = 2 * std::numbers::pi / 3;
constexpr std::uint32_t max_rings = 12;
/// Where a ring holds more, its nodes stand by turns further in and further out.
constexpr std::size_t crowded_ring = 40;

TopologyNode self_node(protocol::Status const& status) {
  TopologyNode node;
  node.id = status.node_id;
  node.name = "you";
  node.reach = Reach::self;
  node.is_lit = status.route_on && status.routes.selected_gateway;
  return node;
}

TopologyNode node_of(PeerSummary const& peer) {
  TopologyNode node;
  node.id = peer.node_id;
  node.name = title_of(peer);
  node.reach = peer.state == PeerState::active    ? Reach::direct
               : peer.state == PeerState::relayed ? Reach::relayed
                                                  : Reach::none;
  node.hops = node.reach == Reach::relayed ? std::max(2U, peer.route_hops) : 1;
  if (node.reach == Reach::relayed) node.via = peer.via.value_or("");
  node.latency = latency_of(peer);
  node.is_gateway = peer.offers_internet;
  node.is_allowed = peer.is_gateway;
  return node;
}

/// Gathers a topology step by step; indices by id.
class Maker {
 public:
  explicit Maker(Snapshot const& snapshot) : snapshot_(snapshot) {}

  Topology make() {
    add_nodes();
    light();
    choose_drawn();
    add_links();
    add_spare_links();
    lay_out();
    return std::move(made_);
  }

 private:
  void add_nodes() {
    made_.nodes.push_back(self_node(*snapshot_.status));
    for (auto const& peer : *snapshot_.peers)
      if (!peer.summary.node_id.empty()) made_.nodes.push_back(node_of(peer.summary));
    std::sort(made_.nodes.begin() + 1, made_.nodes.end(),
              [](auto const& a, auto const& b) { return std::tie(a.hops, a.id) < std::tie(b.hops, b.id); });
    for (std::uint32_t i = 0; i < made_.nodes.size(); ++i) index_.emplace(made_.nodes[i].id, i);
    for (auto const& route : snapshot_.routes->routes) note(route);
  }

  void note(RouteEntry const& route) {
    auto* const node = find(route.destination);
    if (node == nullptr) return;
    if (!route.selected) ++node->spare_ways;
    // Of a daemon that does not say in the list by which way.
    if (route.selected && node->reach == Reach::relayed && node->via.empty()) node->via = route.via;
  }

  void light() {
    auto const& gateway = snapshot_.status->routes.selected_gateway;
    auto* const used = gateway && snapshot_.status->route_on ? find(*gateway) : nullptr;
    if (used == nullptr) return;
    used->is_lit = true;
    if (auto* const relay = find(used->via)) relay->is_lit = true;
  }

  /// What matters most is drawn: the way in use, gateways, then the nearest.
  void choose_drawn() {
    std::vector<TopologyNode*> order;
    for (auto& node : made_.nodes) order.push_back(&node);
    std::stable_sort(order.begin() + 1, order.end(), [](auto const* a, auto const* b) {
      auto const rank = [](TopologyNode const& node) {
        return std::tuple(!node.is_lit, !node.is_gateway, node.reach == Reach::none);
      };
      return rank(*a) < rank(*b);
    });
    for (std::size_t i = max_drawn_nodes; i < order.size(); ++i) order[i]->is_drawn = false;
    made_.left_out = order.size() - std::min(order.size(), max_drawn_nodes);
  }

  void add_links() {
    for (std::uint32_t i = 1; i < made_.nodes.size(); ++i) {
      auto const& node = made_.nodes[i];
      if (!node.is_drawn) continue;
      auto const relay = node.reach == Reach::relayed ? index_.find(node.via) : index_.end();
      bool const knows_relay = relay != index_.end() && made_.nodes[relay->second].is_drawn;
      TopologyLink link{knows_relay ? relay->second : 0, i};
      link.hidden = node.hops - (knows_relay ? 2 : 1);
      link.look = node.reach == Reach::none ? LinkLook::dead : link.hidden > 0 ? LinkLook::beyond : LinkLook::proven;
      link.is_lit = node.is_lit;
      made_.links.push_back(link);
    }
  }

  void add_spare_links() {
    for (auto const& route : snapshot_.routes->routes) {
      if (route.selected || route.hops > 2) continue;  // of a longer one not even the last link is known
      auto const to = index_.find(route.destination);
      auto const via = index_.find(route.hops <= 1 ? made_.nodes[0].id : route.via);
      if (to == index_.end() || via == index_.end() || to->second == via->second) continue;
      if (!made_.nodes[to->second].is_drawn || !made_.nodes[via->second].is_drawn) continue;
      made_.links.push_back({via->second, to->second, LinkLook::spare, 0, false});
    }
  }

  // -- where each is drawn
  void lay_out() {
    for (auto const& node : made_.nodes)
      if (node.is_drawn) made_.rings = std::clamp(node.hops, made_.rings, max_rings);
    for (auto const& node : made_.nodes)
      if (node.is_drawn) ++on_ring_[std::min(node.hops, made_.rings)].size;
    std::vector<std::uint32_t> neighbours;
    std::map<std::uint32_t, std::vector<std::uint32_t>> behind;
    for (std::uint32_t i = 1; i < made_.nodes.size(); ++i) {
      auto const& node = made_.nodes[i];
      if (!node.is_drawn) continue;
      auto const relay = node.reach == Reach::relayed ? index_.find(node.via) : index_.end();
      bool const has_relay = relay != index_.end() && made_.nodes[relay->second].is_drawn &&
                             made_.nodes[relay->second].reach != Reach::relayed;
      if (has_relay)
        behind[relay->second].push_back(i);
      else
        neighbours.push_back(i);
    }
    std::size_t parts = 0;
    for (auto const i : neighbours) parts += std::max<std::size_t>(1, behind[i].size());
    // The first one lies to the right, where its name has room.
    auto const part = parts == 0 ? 0.0 : 2 * std::numbers::pi / static_cast<double>(parts);
    auto angle = 0.0;
    for (auto const i : neighbours) {
      auto const count = std::max<std::size_t>(1, behind[i].size());
      auto const sector = part * static_cast<double>(count);
      if (i == neighbours.front()) angle = -sector / 2;
      place(i, angle + sector / 2);
      spread(behind[i], angle + sector / 2, std::min(sector, widest_sector));
      angle += sector;
    }
  }

  void spread(std::vector<std::uint32_t> const& indices, double middle, double sector) {
    auto const step = indices.empty() ? 0.0 : sector / static_cast<double>(indices.size());
    for (std::size_t i = 0; i < indices.size(); ++i)
      place(indices[i], middle - sector / 2 + step * (static_cast<double>(i) + 0.5));
  }

  void place(std::uint32_t index, double angle) {
    auto& node = made_.nodes[index];
    auto const ring = std::min(node.hops, made_.rings);
    auto radius = ring_radius(ring, made_.rings);
    if (on_ring_[ring].size > crowded_ring) {
      auto const room = radius - ring_radius(ring - 1, made_.rings);
      radius -= room * 0.2 * static_cast<double>(on_ring_[ring].placed++ % 4);
    }
    node.x = static_cast<float>(radius * std::cos(angle));
    node.y = static_cast<float>(radius * std::sin(angle));
  }

  TopologyNode* find(std::string const& id) {
    auto const found = index_.find(id);
    return found == index_.end() ? nullptr : &made_.nodes[found->second];
  }

  struct Ring {
    std::size_t size = 0, placed = 0;
  };

  Snapshot const& snapshot_;
  Topology made_;
  std::map<std::uint32_t, Ring> on_ring_;
  std::map<std::string, std::uint32_t, std::less<>> index_;
};

bool overlap(Box const& a, Box const& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

}  // namespace

double ring_radius(std::uint32_t ring, std::uint32_t rings) {
  constexpr double crowding = 0.6;
  return std::pow(static_cast<double>(ring) / static_cast<double>(rings), crowding);
}

Topology topology_of(Snapshot const& snapshot) {
  if (!snapshot.status) return {};
  return Maker(snapshot).make();
}

std::vector<std::optional<Box>> place_words(std::vector<Box> taken, std::vector<std::vector<Box>> const& wishes) {
  std::vector<std::optional<Box>> places;
  for (auto const& wish : wishes) {
    auto& place = places.emplace_back();
    auto const is_free = [&](Box const& box) {
      return std::ranges::none_of(taken, [&](Box const& other) { return overlap(box, other); });
    };
    auto const found = std::ranges::find_if(wish, is_free);
    if (found == wish.end()) continue;
    place = *found;
    taken.push_back(*found);
  }
  return places;
}

}  // namespace pim::ui
