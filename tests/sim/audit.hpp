// What has to become true when the mesh is left alone for a moment: who is linked is reached, by next hops over
// working links, at the least cost. Read from a World between its events.
#pragma once

#include <optional>
#include <string>

#include "sim/world.hpp"

namespace pim::sim {

/// Something that is not true yet.
struct Fault {
  NodeNumber from = 0, to = 0;
  std::string text;
};

class Audit {
 public:
  explicit Audit(World const& world) : world_(world) {}

  /// Who is joined by links that were crossed since they work.
  [[nodiscard]] Components reachable() const;
  /// Every pair in one component has a chain of next hops over working links, but those that are too far apart: a path
  /// that routing may prefer has more hops than a packet may take.
  [[nodiscard]] std::optional<Fault> missing_chain(Components const& components);
  /// So many pairs were too far apart at the last look that found no fault.
  [[nodiscard]] std::size_t far() const { return far_; }
  /// No path is costlier than the cheapest one of the nodes' own link costs allows, with the hysteresis of routing.
  [[nodiscard]] std::optional<Fault> costly_path();
  /// Pairs whose path was not the cheapest at the last look that found no fault.
  [[nodiscard]] std::size_t unequal() const { return unequal_; }
  /// Next hops from one to the other; nothing where the chain breaks.
  [[nodiscard]] std::optional<unsigned> hops(NodeNumber from, NodeNumber to) const;
  /// The matrix holds what the nodes say.
  void check_matrix() const;

 private:
  enum class Mark : std::uint8_t { unknown, reaches, breaks };

  [[nodiscard]] bool is_open(Link const& link) const;
  [[nodiscard]] std::optional<Fault> missing_chain_to(NodeNumber destination, Components const& components);
  [[nodiscard]] std::string broken_end(NodeNumber node, NodeNumber destination) const;
  [[nodiscard]] Mark follow(NodeNumber node, NodeNumber destination);
  [[nodiscard]] std::optional<Fault> costly_path_to(NodeNumber destination);
  /// By node, over open links; `unproven` is what one counts that routing at the sending end does not use.
  [[nodiscard]] std::vector<unsigned> cheapest_to(NodeNumber destination, mesh::Metric unproven) const;

  World const& world_;
  std::vector<Mark> marks_;
  std::vector<NodeNumber> chain_;
  NodeNumber first_chain_ = 0, first_path_ = 0;  ///< where the last look failed: the next begins there
  std::size_t unequal_ = 0, far_ = 0;
};

}  // namespace pim::sim
