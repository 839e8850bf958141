// The account of what was relayed, cut down to its sums and those who had the most.
#pragma once

#include <span>

#include "dataplane/talkers.hpp"
#include "net/counters.hpp"

namespace pim::net {

[[nodiscard]] Relayed sum_up(std::span<dataplane::Talker const> talkers);

}  // namespace pim::net
