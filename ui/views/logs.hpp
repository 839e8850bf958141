// The screen of the log: what the daemon says, filtered, searched, held still.
#pragma once

#include <optional>

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

class LogsView {
 public:
  explicit LogsView(Kit& kit) : kit_(kit) {}
  void draw(Snapshot const& snapshot, Actions& actions);

 private:
  void draw_filters(Snapshot const& snapshot, Actions& actions);

  Kit& kit_;
  LogFilter filter_;
  LogIndex index_;
  std::optional<LogBook> held_;  ///< what is shown while paused
};

}  // namespace pim::ui
