// What has to hold before internet is routed through the mesh, read off a snapshot: the rows of the
// switch's pre-flight.
#pragma once

#include <string>
#include <vector>

#include "ui/model/snapshot.hpp"

namespace pim::ui {

enum class CheckMark { passed, missing, failed };

struct RouteCheck {
  CheckMark mark = CheckMark::passed;
  std::string sentence;
  std::string remedy;               ///< what to do about it; empty when passed
  std::vector<std::string> offers;  ///< node_ids that could be allowed to cure it
};

struct RouteChecks {
  std::vector<RouteCheck> rows;
  /// Everything holds: internet will flow at once.
  [[nodiscard]] bool pass() const;
  /// Nothing failed outright: routing can be turned on, though it may block until a gateway answers.
  [[nodiscard]] bool permit() const;
};

[[nodiscard]] RouteChecks route_checks(Snapshot const& snapshot);

}  // namespace pim::ui
