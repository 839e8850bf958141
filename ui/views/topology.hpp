// The mesh as a picture and, beside it, the same as a table: who is reached how, and which way the internet takes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ui/model/snapshot.hpp"
#include "ui/model/topology.hpp"
#include "ui/views/place.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

class TopologyView {
 public:
  explicit TopologyView(Kit& kit) : kit_(kit) {}
  /// Beside each other where there is room, else below each other, `height` each.
  void draw(Snapshot const& snapshot, Place& place, ImVec2 size, bool is_beside);

 private:
  struct Sources {
    std::shared_ptr<PeerList const> peers;
    std::shared_ptr<protocol::RouteTable const> routes;
    std::optional<std::string> gateway;
    bool is_routing = false;
    bool operator==(Sources const&) const = default;
  };

  void refresh(Snapshot const& snapshot);
  void draw_picture(Place& place, ImVec2 size);
  void draw_rings(ImVec2 middle, ImVec2 half) const;
  void draw_links(ImVec2 middle, ImVec2 half) const;
  void draw_nodes(Place& place, ImVec2 middle, ImVec2 half);
  [[nodiscard]] std::vector<Box> places_of_name(TopologyNode const& node, ImVec2 centre, float width) const;
  void draw_words(ImVec2 middle, ImVec2 half) const;
  void draw_legend() const;
  void draw_tooltip(TopologyNode const& node) const;
  void draw_table(Place& place, ImVec2 size);
  [[nodiscard]] std::string way_text(TopologyNode const& node) const;
  [[nodiscard]] std::string name_of(std::string const& id) const;

  Kit& kit_;
  Topology topology_;
  std::optional<Sources> made_of_;
  std::string pointed_, next_pointed_;  ///< node_id under mouse or keyboard, marked in the picture and in the table
};

}  // namespace pim::ui
