#include "ui/model/route_switch.hpp"

namespace pim::ui {
namespace {

using namespace route_input;

RoutePhase settled(RouteTruth truth) {
  if (!truth.is_on) return RoutePhase::off;
  return truth.is_blocking ? RoutePhase::blocking : RoutePhase::on;
}

RouteStep settle(RouteSwitch state) {
  state.phase = settled(state.truth);
  return {std::move(state), std::nullopt};
}

RouteStep request(RouteSwitch state, bool on, Time now) {
  state.phase = on ? RoutePhase::pending_on : RoutePhase::pending_off;
  state.pending_since = now;
  state.problem.clear();
  return {std::move(state), on};
}

RouteStep stay(RouteSwitch state) { return {std::move(state), std::nullopt}; }

struct Stepper {
  RouteSwitch state;
  Time now;

  RouteStep operator()(Toggled const& input) {
    switch (state.phase) {
      case RoutePhase::off:
        state.phase = input.checks_pass ? RoutePhase::confirm : RoutePhase::preflight;
        state.problem.clear();
        return stay(std::move(state));
      case RoutePhase::on:
      case RoutePhase::blocking: return request(std::move(state), false, now);
      case RoutePhase::preflight:
      case RoutePhase::confirm: return settle(std::move(state));
      case RoutePhase::pending_on:
      case RoutePhase::pending_off: return stay(std::move(state));
    }
    return stay(std::move(state));
  }

  RouteStep operator()(Checked const& input) {
    if (state.phase == RoutePhase::preflight || state.phase == RoutePhase::confirm)
      state.phase = input.checks_pass ? RoutePhase::confirm : RoutePhase::preflight;
    return stay(std::move(state));
  }

  RouteStep operator()(Confirmed) {
    if (state.phase == RoutePhase::preflight || state.phase == RoutePhase::confirm)
      return request(std::move(state), true, now);
    return stay(std::move(state));
  }

  RouteStep operator()(Cancelled) {
    if (state.phase == RoutePhase::preflight || state.phase == RoutePhase::confirm) return settle(std::move(state));
    return stay(std::move(state));
  }

  RouteStep operator()(TurnedOff) {
    if (state.phase == RoutePhase::pending_off) return stay(std::move(state));
    if (!state.truth.is_on && state.phase != RoutePhase::pending_on) return settle(std::move(state));
    return request(std::move(state), false, now);
  }

  RouteStep operator()(DaemonSaid const& input) {
    state.truth = input.truth;
    switch (state.phase) {
      case RoutePhase::pending_on: return input.truth.is_on ? settle(std::move(state)) : stay(std::move(state));
      case RoutePhase::pending_off: return input.truth.is_on ? stay(std::move(state)) : settle(std::move(state));
      case RoutePhase::preflight:
      case RoutePhase::confirm: return input.truth.is_on ? settle(std::move(state)) : stay(std::move(state));
      case RoutePhase::off:
      case RoutePhase::on:
      case RoutePhase::blocking: return settle(std::move(state));
    }
    return settle(std::move(state));
  }

  RouteStep operator()(Refused const& input) {
    if (!state.is_pending()) return stay(std::move(state));
    state.problem = input.reason;
    return settle(std::move(state));
  }

  RouteStep operator()(Disconnected) {
    if (state.is_pending()) state.problem = "the daemon went away before it answered";
    return settle(std::move(state));
  }

  RouteStep operator()(Ticked) {
    if (!state.is_pending() || now - state.pending_since < route_watchdog) return stay(std::move(state));
    state.problem = "the daemon did not confirm within 5 s; nothing is assumed to have changed";
    return settle(std::move(state));
  }
};

}  // namespace

RouteStep step(RouteSwitch state, RouteInput const& input, Time now) {
  return std::visit(Stepper{std::move(state), now}, input);
}

Time next_deadline(RouteSwitch const& state) {
  return state.is_pending() ? state.pending_since + route_watchdog : never;
}

}  // namespace pim::ui
