#include "ui/model/action.hpp"

namespace pim::ui {

void Actions::request(Action action) { requested_.push_back(std::move(action)); }

std::vector<Action> Actions::take() { return std::exchange(requested_, {}); }

}  // namespace pim::ui
