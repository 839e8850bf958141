// The table of peers, the same on the dashboard and on its own screen.
#pragma once

#include <vector>

#include "ui/model/peer_rows.hpp"
#include "ui/widgets/kit.hpp"
#include "ui/widgets/table.hpp"

namespace pim::ui {

class PeerTable {
 public:
  /// `name` tells two tables apart. A clicked peer is written to `selected` (see peer_key).
  PeerTable(Kit& kit, char const* name) : kit_(kit), name_(name) {}
  void draw(Snapshot const& snapshot, PeerQuery query, std::string& selected, ImVec2 size);

 private:
  Kit& kit_;
  char const* name_;
  SortState sort_{};
};

/// What names a peer in this window: its node_id, or its entry while it has not answered.
[[nodiscard]] std::string peer_key(protocol::PeerSummary const& peer);
[[nodiscard]] Peer const* find_by_key(Snapshot const& snapshot, std::string_view key);

}  // namespace pim::ui
