// What the user asks for, as values: views put them into Actions, decide() answers them.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "ui/model/call.hpp"

namespace pim::ui {

namespace action {
struct ToggleRoute {};
struct ConfirmRoute {};
struct CancelRoute {};
/// Off at once: the way out of a block asks no questions.
struct TurnOffRoute {};
struct RetryNow {};
/// Lines of this level and graver ones from now on.
struct FollowLogs {
  LogLevel level;
};
struct DismissToast {
  std::uint64_t id;
};
}  // namespace action

/// A Call goes to the daemon as it is.
using Action = std::variant<action::ToggleRoute, action::ConfirmRoute, action::CancelRoute, action::TurnOffRoute,
                            action::RetryNow, action::FollowLogs, action::DismissToast, Call>;

class Actions {
 public:
  void request(Action action);
  [[nodiscard]] std::vector<Action> const& requested() const { return requested_; }
  [[nodiscard]] std::vector<Action> take();

 private:
  std::vector<Action> requested_;
};

}  // namespace pim::ui
