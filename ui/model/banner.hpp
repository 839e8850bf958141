// What stands above every screen: words for the states in which the user has to know or to act.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ui/model/snapshot.hpp"

namespace pim::ui {

enum class BannerGrade {
  degraded,  ///< amber: pim does less than it should
  blocking,  ///< red: internet is blocked
  unsafe,    ///< red: internet should be blocked and is not
};

struct Banner {
  BannerGrade grade = BannerGrade::degraded;
  std::string headline;
  std::string sentence;             ///< why, and the way back
  std::vector<std::string> facts;   ///< times, names, attempts; short
  std::vector<std::string> offers;  ///< node_ids that could be allowed as gateways
  bool has_turn_off = false;
  bool has_retry = false;
};

/// The gravest first. `zone`: seconds east of UTC, for clocks.
[[nodiscard]] std::vector<Banner> banners(Snapshot const& snapshot, Now now, std::chrono::seconds zone);

}  // namespace pim::ui
