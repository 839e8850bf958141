// What has to become true when the mesh is left alone for a moment: who is linked is reached, by next hops over
// working links, at the least cost. Read from a World between its events.
#pragma once

#include <optional>
#include <string>

#include "sim/world.hpp"

namespace pim::sim {

/// Something that is not true yet.
struct Fault {
  std::vector<NodeNumber> nodes;  ///< that it is about
  std::string text;
};

class Audit {
 public:
  explicit Audit(World const& world) : world_(world) {}

  /// Who is joined by links that were crossed since they work.
  [[nodiscard]] Components reachable() const;
  /// Every pair in one component has a chain of next hops over working links, but those that are too far apart: whoever
  /// is next to a node without one has none itself, or one that is as long as a packet may go.
  [[nodiscard]] std::optional<Fault> missing_chain(Components const& components);
  /// So many pairs were too far apart at the last look that found no fault.
  [[nodiscard]] std::size_t far() const { return far_; }
  /// No path is costlier than the cheapest one of the nodes' own link costs that leads over no doubted way, and all
  /// know what theirs costs. Pairs are left out when that path might have more hops than a packet may take: see
  /// beyond().
  [[nodiscard]] std::optional<Fault> costly_path();
  /// So many pairs were left out at the last look that found no fault.
  [[nodiscard]] std::size_t beyond() const { return beyond_; }
  /// The costs of all links, as one number: another one after most changes.
  [[nodiscard]] std::uint64_t costs() const;
  /// Whether next hops lead from one to the other.
  [[nodiscard]] bool leads(NodeNumber from, NodeNumber to) const;
  /// Each packet path sends what is for each node, of others and its own, where the matrix says.
  void check_packet_paths() const;

 private:
  enum class Mark : std::uint8_t { unknown, reaches, breaks };

  [[nodiscard]] bool is_open(Link const& link) const;
  [[nodiscard]] std::optional<Fault> missing_chain_to(NodeNumber destination, Components const& components);
  /// Where the chain from `node` ends.
  [[nodiscard]] NodeNumber end_of_chain(NodeNumber node, NodeNumber destination) const;
  /// What `node` knows of the way.
  [[nodiscard]] std::string describe(NodeNumber node, NodeNumber destination) const;
  [[nodiscard]] Mark follow(NodeNumber node, NodeNumber destination);
  [[nodiscard]] bool is_too_far(NodeNumber node, NodeNumber destination);
  [[nodiscard]] std::optional<Fault> costly_path_to(NodeNumber destination);
  /// By node, over open links that routing at the sending end uses and does not doubt. Who has none but doubted ways
  /// takes one, so that a path may cost less.
  [[nodiscard]] std::vector<unsigned> cheapest_to(NodeNumber destination) const;

  World const& world_;
  std::vector<Mark> marks_;
  std::vector<NodeNumber> chain_;
  NodeNumber first_chain_ = 0, first_path_ = 0;  ///< where the last look failed: the next begins there
  std::size_t beyond_ = 0, far_ = 0;
};

}  // namespace pim::sim
