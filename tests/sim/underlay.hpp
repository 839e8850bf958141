// The internet below the nodes: links that delay, lose, reorder and repeat, some of them through a NAT. Says when
// a datagram arrives; carries nothing itself.
#pragma once

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
  bool is_natted = false;  ///< a is behind a NAT: what b sends passes while a sent something lately
  bool is_up = true;
  Time hole_until{};
  /// The first datagram that arrived since it is up and both ends run. On a link that loses some, the first with
  /// which both ends hold a session: how many handshakes are lost before is luck, not convergence.
  Time crossed_at = never;
};

class Underlay {
 public:
  Underlay(Graph const& graph, Random& random);

  [[nodiscard]] std::vector<Link> const& links() const { return links_; }
  [[nodiscard]] Link& link(LinkNumber number) { return links_[number]; }
  [[nodiscard]] std::vector<LinkNumber> const& links_of(NodeNumber node) const { return by_node_[node]; }
  [[nodiscard]] std::optional<LinkNumber> between(NodeNumber a, NodeNumber b) const;
  /// When the copies of a datagram sent now arrive: none, one or two.
  [[nodiscard]] std::vector<Time> const& send(LinkNumber number, NodeNumber from, Time now);
  /// From now on nothing is lost by chance, or again.
  void lose_nothing(bool is_calm) { is_calm_ = is_calm; }

  [[nodiscard]] static Endpoint endpoint_of(NodeNumber node);
  [[nodiscard]] static NodeNumber node_at(Endpoint const& endpoint);

 private:
  std::vector<Link> links_;
  std::vector<std::vector<LinkNumber>> by_node_;
  Random random_;
  std::vector<Time> arrivals_;
  bool is_calm_ = false;
};

}  // namespace pim::sim
