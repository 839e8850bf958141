// Who was heard where, bounded: a node counts once per interface. Strangers give way to strangers, the one
// longest unheard first, so that a flood of forged beacons pushes out itself before anybody known.
#pragma once

#include <map>
#include <utility>

#include "discovery/values.hpp"

namespace pim::discovery {

class Neighbours {
 public:
  static constexpr std::size_t capacity = 512;
  static constexpr std::size_t capacity_of_interface = 256;
  /// Several nodes behind one address are namespaces of one host.
  static constexpr std::size_t capacity_of_source = 4;

  /// Null when it was not heard there.
  [[nodiscard]] Neighbour* find(NodeId const& id, std::uint32_t interface);
  /// A place for `newcomer`, heard from `source`; whoever has to go for it is appended to `gone`.
  Neighbour& add(Neighbour const& newcomer, IpAddress const& source, std::vector<std::uint32_t>& gone);

  /// Those for whom `goes` is true leave.
  template <class Predicate>
  void remove_if(Predicate goes, std::vector<std::uint32_t>& gone) {
    std::erase_if(by_place_, [&](auto const& one) {
      bool const leaves = goes(one.second);
      if (leaves) gone.push_back(one.second.number);
      return leaves;
    });
  }
  template <class Visit>
  void for_each(Visit visit) {
    for (auto& [place, neighbour] : by_place_) visit(neighbour);
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (auto const& [place, neighbour] : by_place_) visit(neighbour);
  }
  [[nodiscard]] std::size_t size() const { return by_place_.size(); }

 private:
  template <class Predicate>
  void make_room(std::size_t limit, Predicate counts, std::vector<std::uint32_t>& gone);

  std::map<std::pair<NodeId, std::uint32_t>, Neighbour> by_place_;
  std::uint32_t last_number_ = 0;
};

}  // namespace pim::discovery
