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
  /// Every pair in one component has a chain of next hops over working links, but those whose cheapest path has more
  /// hops than a packet may take.
  [[nodiscard]] std::optional<Fault> missing_chain(Components const& components);
  /// No path is costlier than the cheapest one of the nodes' own link costs allows, with the hysteresis of routing.
  [[nodiscard]] std::optional<Fault> costly_path();
  /// Pairs whose path was not the cheapest at the last look that found no fault.
  [[nodiscard]] std::size_t unequal() const { return unequal_; }
  /// Next hops from one to the other; nothing where the chain breaks.
  [[nodiscard]] std::optional<unsigned> hops(NodeNumber from, NodeNumber to) const;
  /// The matrix holds what the nodes say.
  void check_matrix() const;

 private:
  struct Path {
    unsigned cost = 0, hops = 0;
    auto operator<=>(Path const&) const = default;
  };
  enum class Mark : std::uint8_t { unknown, reaches, breaks };

  [[nodiscard]] std::optional<Fault> missing_chain_to(NodeNumber destination, Components const& components);
  [[nodiscard]] std::string broken_end(NodeNumber node, NodeNumber destination) const;
  [[nodiscard]] Mark follow(NodeNumber node, NodeNumber destination);
  [[nodiscard]] std::optional<Fault> costly_path_to(NodeNumber destination);
  /// By node; `unproven` is what a link counts that routing at the sending end does not use.
  [[nodiscard]] std::vector<Path> cheapest_to(NodeNumber destination, mesh::Metric unproven) const;

  World const& world_;
  std::vector<Mark> marks_;
  std::vector<NodeNumber> chain_;
  NodeNumber first_chain_ = 0, first_path_ = 0;  ///< where the last look failed: the next begins there
  std::size_t unequal_ = 0;
};

}  // namespace pim::sim
