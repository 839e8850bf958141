// The whole window: sidebar, banners, the screen in front, dialogs and toasts. draw() once per frame.
#pragma once

#include "ui/views/dashboard.hpp"
#include "ui/views/gateway.hpp"
#include "ui/views/logs.hpp"
#include "ui/views/peers.hpp"
#include "ui/views/routing.hpp"

namespace pim::ui {

class Shell {
 public:
  explicit Shell(Kit& kit);
  void draw(Snapshot const& snapshot, Actions& actions);

  [[nodiscard]] Place& place() { return place_; }
  /// The user pressed Ctrl+Q.
  [[nodiscard]] bool wants_to_close() const { return wants_to_close_; }

 private:
  void handle_keys(Snapshot const& snapshot, Actions& actions);
  void draw_page(Snapshot const& snapshot, Actions& actions);
  void draw_screen(Snapshot const& snapshot, Actions& actions);

  Kit& kit_;
  Place place_;
  DashboardView dashboard_;
  PeersView peers_;
  RoutingView routing_;
  GatewayView gateway_;
  LogsView logs_;
  AddPeer add_peer_;
  bool wants_to_close_ = false;
};

}  // namespace pim::ui
