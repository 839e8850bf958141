#include "ui/model/checks.hpp"
#include "ui/model/reduce.hpp"

namespace pim::ui {
namespace {

using protocol::RouteSetSplitDefaultParams;

struct Decider {
  Decision decision;
  Now now;

  void switch_to(RouteInput const& input) {
    auto step_taken = step(std::move(decision.next.route), input, now.boot);
    decision.next.route = std::move(step_taken.next);
    if (step_taken.request) call(RouteSetSplitDefaultParams{*step_taken.request});
  }
  void call(Call call) {
    decision.next.under_way.push_back(key_of(call));
    decision.calls.push_back(std::move(call));
  }

  void operator()(action::ToggleRoute) { switch_to(route_input::Toggled{route_checks(decision.next).pass()}); }
  void operator()(action::ConfirmRoute) {
    if (route_checks(decision.next).permit()) switch_to(route_input::Confirmed{});
  }
  void operator()(action::CancelRoute) { switch_to(route_input::Cancelled{}); }
  void operator()(action::TurnOffRoute) { switch_to(route_input::TurnedOff{}); }
  void operator()(action::RetryNow) { decision.retry_now = true; }
  void operator()(action::DismissToast const& dismissed) {
    std::erase_if(decision.next.toasts, [&](Toast const& toast) { return toast.id == dismissed.id; });
  }
  void operator()(action::FollowLogs const& wanted) {
    if (decision.next.log_level == wanted.level) return;
    decision.next.log_level = wanted.level;
    decision.follow_logs = true;
  }
  void operator()(Call const& wanted) {
    if (!decision.next.is_under_way(wanted)) call(wanted);
  }
};

}  // namespace

Decision decide(Snapshot snapshot, Action const& action, Now now) {
  auto const is_local =
      std::holds_alternative<action::RetryNow>(action) || std::holds_alternative<action::DismissToast>(action);
  Decider decider{{std::move(snapshot), {}, false, false}, now};
  if (is_local || decider.decision.next.is_live()) std::visit(decider, action);
  return std::move(decider.decision);
}

}  // namespace pim::ui
