// The state of "Route internet via mesh" as one window sees it. Pure: inputs in, the next state and at
// most one request to the daemon out. Nothing counts as done before the daemon says so.
//
//   off ──toggle──> preflight <──checks──> confirm ──confirm──> pending_on ──daemon: on──> on ⇄ blocking
//    ^                  └──cancel──> off <──cancel──┘               └──refused, 5 s──> what the daemon last said
//    └──daemon: off── pending_off <──toggle── on, blocking
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/time.hpp"

namespace pim::ui {

enum class RoutePhase { off, preflight, confirm, pending_on, pending_off, on, blocking };

/// What the daemon last said; the only thing that on, off and blocking come from.
struct RouteTruth {
  bool is_on = false;
  bool is_blocking = false;
  bool operator==(RouteTruth const&) const = default;
};

struct RouteSwitch {
  RoutePhase phase = RoutePhase::off;
  RouteTruth truth{};
  Time pending_since{};
  std::string problem;  ///< why the last request did not work; empty when nothing is wrong
  bool operator==(RouteSwitch const&) const = default;

  [[nodiscard]] bool is_pending() const { return phase == RoutePhase::pending_on || phase == RoutePhase::pending_off; }
};

/// How long the daemon may take to show that a request worked.
inline constexpr auto route_watchdog = std::chrono::seconds(5);

namespace route_input {
struct Toggled {
  bool checks_pass;
};
/// The checks were looked at again.
struct Checked {
  bool checks_pass;
};
/// Goes on although no gateway answers: pim then blocks until one does.
struct Confirmed {};
struct Cancelled {};
/// Off at once, from whatever state the daemon is in.
struct TurnedOff {};
struct DaemonSaid {
  RouteTruth truth;
};
struct Refused {
  std::string reason;
};
/// The connection is gone: a request under way has no answer any more.
struct Disconnected {};
struct Ticked {};
}  // namespace route_input

using RouteInput = std::variant<route_input::Toggled, route_input::Checked, route_input::Confirmed,
                                route_input::Cancelled, route_input::TurnedOff, route_input::DaemonSaid,
                                route_input::Refused, route_input::Disconnected, route_input::Ticked>;

/// `route.set_split_default {on}` when set.
struct RouteStep {
  RouteSwitch next;
  std::optional<bool> request;
};

[[nodiscard]] RouteStep step(RouteSwitch state, RouteInput const& input, Time now);
/// When Ticked has to be said next, or `never`.
[[nodiscard]] Time next_deadline(RouteSwitch const& state);

}  // namespace pim::ui
