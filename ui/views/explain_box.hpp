// Type a destination and read which way a packet to it goes now (route.explain).
#pragma once

#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"
#include "ui/widgets/kit.hpp"

namespace pim::ui {

class ExplainBox {
 public:
  explicit ExplainBox(Kit& kit) : kit_(kit) {}
  void draw(Snapshot const& snapshot, Actions& actions, float width);

 private:
  void draw_question(Snapshot const& snapshot, Actions& actions);

  Kit& kit_;
  std::string target_;
};

}  // namespace pim::ui
