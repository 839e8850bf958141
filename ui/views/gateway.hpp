// The screen of sharing: what has to hold, the switch that shares, and who uses it.
#pragma once

#include <string>

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/views/place.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

class GatewayView {
 public:
  explicit GatewayView(Kit& kit) : kit_(kit) {}
  void draw(Snapshot const& snapshot, Actions& actions, Place& place);

 private:
  void draw_state(Snapshot const& snapshot, Actions& actions, ImVec2 size);
  void draw_off(Snapshot const& snapshot, Actions& actions);
  void draw_on(Snapshot const& snapshot, Actions& actions);
  void draw_checks(Snapshot const& snapshot, Actions& actions, ImVec2 size);
  void draw_users(Snapshot const& snapshot, Place& place, ImVec2 size);

  Kit& kit_;
  std::string uplink_;
  Time asked_for_{};  ///< the connection for which the preflight was asked by itself
  bool was_asked_ = false;
  bool is_turning_off_ = false;
};

}  // namespace pim::ui
