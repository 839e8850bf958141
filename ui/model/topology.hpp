// The mesh as a picture: which nodes there are, over which links they are reached, and where each is drawn. Made of the
// list of peers and the routes: links of others are known only where a way of two hops shows one.
//
// This node stands in the middle, each other on the ring of its hops, those behind one neighbour in that neighbour's
// sector. The same lists give the same picture.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ui/model/snapshot.hpp"

namespace pim::ui {

enum class Reach { self, direct, relayed, none };

struct TopologyNode {
  std::string id;
  std::string name;
  Reach reach = Reach::none;
  std::uint32_t hops = 0;  ///< its ring; 1 for one that is not reached, where its own link would be
  std::string via;         ///< node_id of the first hop where that is another node
  std::optional<double> latency{};
  unsigned spare_ways = 0;  ///< beside the one in use
  bool is_gateway = false;  ///< offers internet
  bool is_allowed = false;  ///< and the user named it
  bool is_lit = false;      ///< internet traffic goes through it
  bool is_drawn = true;     ///< the table shows all, the picture has room for so many
  float x = 0, y = 0;       ///< in the picture, each from -1 to 1; this node at 0, 0
};

enum class LinkLook {
  proven,  ///< one link, in use
  beyond,  ///< in use, with relays in between that are not known
  spare,   ///< a link that is not in use, and would serve as well
  dead,    ///< would be there if the other end answered
};

struct TopologyLink {
  std::uint32_t from = 0, to = 0;  ///< indices of nodes
  LinkLook look = LinkLook::proven;
  std::uint32_t hidden = 0;  ///< relays in between
  bool is_lit = false;
};

struct Topology {
  std::vector<TopologyNode> nodes;  ///< this one first, then by ring and id
  std::vector<TopologyLink> links;  ///< between nodes that are drawn
  std::uint32_t rings = 1;
  std::size_t left_out = 0;  ///< nodes that are not drawn
};

/// What a picture can hold and be read.
inline constexpr std::size_t max_drawn_nodes = 200;

/// Empty before the daemon's first word.
[[nodiscard]] Topology topology_of(Snapshot const& snapshot);

/// 0 to 1. The inner rings are further apart: near the middle there is least room, and the nodes that matter most.
[[nodiscard]] double ring_radius(std::uint32_t ring, std::uint32_t rings);

/// A rectangle of text or a mark in the picture.
struct Box {
  float left = 0, top = 0, right = 0, bottom = 0;
};
/// For each word the first of its places that overlaps nothing: neither what is `taken` nor the words before it.
[[nodiscard]] std::vector<std::optional<Box>> place_words(std::vector<Box> taken,
                                                          std::vector<std::vector<Box>> const& wishes);

}  // namespace pim::ui
