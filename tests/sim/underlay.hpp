// The internet below the nodes: links that delay, lose, reorder and repeat, some of them through a NAT. Says when
// a datagram arrives; carries nothing itself.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "sim/graph.hpp"

namespace pim::sim {

struct Link {
  NodeNumber a = 0, b = 0;  ///< a dials b
  Duration delay{};
  Duration jitter{};       ///< up to so much more, each datagram its own: they overtake each other
  unsigned loss = 0;       ///< per mille, each way
  unsigned doubling = 0;   ///< per mille
  bool is_natted = false;  ///< a is behind a NAT: what b sends to its mapping passes while a sent something lately
  bool is_up = true;
  Time hole_until{};
  std::uint16_t mapping = 0;           ///< on top of the port that a sends from; another one for each hole
  std::array<Time, 2> last_arrival{};  ///< of what a sent, and b
  Time crossed_at = never;             ///< the first datagram that arrived since it is up and both ends run
};

/// What became of a datagram: when it was sent, the first four; later the others.
enum class Fate : std::uint8_t { sent, doubled, lost, barred, arrived, missed };

struct Journey {
  Fate fate = Fate::lost;
  std::vector<Time> arrivals{};  ///< of its copies: none, one or two
};

class Underlay {
 public:
  Underlay(Graph const& graph, Random& random);

  [[nodiscard]] std::vector<Link> const& links() const { return links_; }
  [[nodiscard]] Link& link(LinkNumber number) { return links_[number]; }
  [[nodiscard]] std::vector<LinkNumber> const& links_of(NodeNumber node) const { return by_node_[node]; }
  [[nodiscard]] std::optional<LinkNumber> between(NodeNumber a, NodeNumber b) const;
  /// Nobody crossed it from now on.
  void forget_crossing(LinkNumber number) { links_[number].crossed_at = never; }
  /// Its NAT forgets what it let through, as when it restarts: what a sends next has another source.
  void forget_mapping(LinkNumber number);
  /// Of a datagram sent now to `to`; valid until the next call.
  [[nodiscard]] Journey const& send(LinkNumber number, NodeNumber from, Endpoint const& to, Time now);
  /// From now on nothing is lost by chance and nothing overtaken; or both again.
  void be_calm(bool is_calm) { is_calm_ = is_calm; }
  /// So many datagrams were, by one that was sent later the same way.
  [[nodiscard]] std::uint64_t overtaken() const { return overtaken_; }

  /// Where a node is; those at the other end of a NAT see source_of.
  [[nodiscard]] static Endpoint endpoint_of(NodeNumber node);
  [[nodiscard]] static Endpoint source_of(Link const& link, NodeNumber from);
  [[nodiscard]] static NodeNumber node_at(Endpoint const& endpoint);

 private:
  [[nodiscard]] bool lets_in(Link& link, NodeNumber from, Endpoint const& to, Time now);
  [[nodiscard]] Time arrival(Link& link, NodeNumber from, Time now);

  std::vector<Link> links_;
  std::vector<std::vector<LinkNumber>> by_node_;
  Random random_;
  Journey journey_;
  bool is_calm_ = false;
  std::uint64_t overtaken_ = 0;
};

}  // namespace pim::sim
