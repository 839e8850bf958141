// The screen of routing: the switch, the mesh as a picture and a table, the way to one target, the gateways with
// their parts, the offers, the claims not believed, the routes.
#pragma once

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/views/explain_box.hpp"
#include "ui/views/place.hpp"
#include "ui/views/topology.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

class RoutingView {
 public:
  explicit RoutingView(Kit& kit) : kit_(kit), topology_(kit), explain_(kit) {}
  void draw(Snapshot const& snapshot, Actions& actions, Place& place);

 private:
  void draw_gateways(Snapshot const& snapshot, Place& place, ImVec2 size);
  void draw_offers(Snapshot const& snapshot, Place& place, ImVec2 size);
  void draw_claims(Snapshot const& snapshot, ImVec2 size);
  void draw_routes(Snapshot const& snapshot, Place& place, ImVec2 size);

  Kit& kit_;
  TopologyView topology_;
  ExplainBox explain_;
};

}  // namespace pim::ui
