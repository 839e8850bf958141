// The form that names a new peer by address, and optionally by the identity that must answer there.
#pragma once

#include <string>

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/views/place.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

class AddPeer {
 public:
  explicit AddPeer(Kit& kit) : kit_(kit) {}
  /// Draws only while place.adds_peer.
  void draw(Snapshot const& snapshot, Actions& actions, Place& place);

 private:
  Kit& kit_;
  std::string address_, label_, identity_;
  bool was_open_ = false;
};

/// 32 hex digits, blanks between groups allowed, or nothing; says what is wrong otherwise.
[[nodiscard]] std::string identity_problem(std::string_view text);

}  // namespace pim::ui
