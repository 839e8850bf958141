// Where the user is: the screen in front, and the peer whose details are open.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace pim::ui {

enum class Screen { dashboard, peers, routing, gateway, logs, about };

struct ScreenEntry {
  Screen screen;
  std::string_view name;
};
/// In the order of the sidebar; Ctrl and the place in this list brings one to the front.
inline constexpr std::array<ScreenEntry, 6> screens = {{{Screen::dashboard, "Dashboard"},
                                                        {Screen::peers, "Peers"},
                                                        {Screen::routing, "Routing"},
                                                        {Screen::gateway, "Gateway"},
                                                        {Screen::logs, "Logs"},
                                                        {Screen::about, "About"}}};

struct Place {
  Screen screen = Screen::dashboard;
  std::string peer;        ///< node_id or config entry; empty: none
  bool adds_peer = false;  ///< the form for a new peer is open
};

}  // namespace pim::ui
