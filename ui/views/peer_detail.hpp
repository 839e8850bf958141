// All about one peer: the fingerprint to compare, how it is reached, how far it is trusted, what its
// handshakes did, and what can be done.
#pragma once

#include <string>

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/views/place.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

class PeerDetail {
 public:
  explicit PeerDetail(Kit& kit) : kit_(kit) {}
  void draw(Snapshot const& snapshot, Actions& actions, Place& place, ImVec2 size);

 private:
  void draw_identity(Snapshot const& snapshot, protocol::PeerSummary const& peer);
  void draw_stop(Snapshot const& snapshot, protocol::PeerSummary const& peer);
  void draw_trust(protocol::PeerSummary const& peer);
  void draw_path(Snapshot const& snapshot, Peer const& peer);
  void draw_actions(Snapshot const& snapshot, Actions& actions, protocol::PeerSummary const& peer);
  void draw_ledger(Snapshot const& snapshot, Actions& actions, Peer const& peer);

  Kit& kit_;
  std::string asked_;      ///< the peer and its number of changes that the ledger was last asked for
  std::string to_forget_;  ///< the peer whose FORGET was pressed once
};

}  // namespace pim::ui
