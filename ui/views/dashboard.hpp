// The first screen: everything that matters at a glance, in two columns or one.
#pragma once

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/views/peer_table.hpp"
#include "ui/views/place.hpp"

namespace pim::ui {

class DashboardView {
 public:
  explicit DashboardView(Kit& kit) : kit_(kit), table_(kit, "peers") {}
  void draw(Snapshot const& snapshot, Actions& actions, Place& place);

 private:
  void draw_peers(Snapshot const& snapshot, Place& place, ImVec2 size);

  Kit& kit_;
  PeerTable table_;
};

}  // namespace pim::ui
