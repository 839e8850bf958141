// The screen of peers: filter, search, the table, and the details of the one that is selected.
#pragma once

#include "ui/views/add_peer.hpp"
#include "ui/views/peer_detail.hpp"
#include "ui/views/peer_table.hpp"

namespace pim::ui {

class PeersView {
 public:
  explicit PeersView(Kit& kit) : kit_(kit), table_(kit, "all_peers"), detail_(kit) {}
  void draw(Snapshot const& snapshot, Actions& actions, Place& place);

 private:
  void draw_filters(Snapshot const& snapshot, Place& place);

  Kit& kit_;
  PeerTable table_;
  PeerDetail detail_;
  PeerQuery query_;
};

}  // namespace pim::ui
