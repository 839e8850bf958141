#pragma once

#include "base/drop.hpp"

namespace pim::net::test {

inline std::uint64_t counted(DropCounters const& drops, Drop drop) { return drops[static_cast<std::size_t>(drop)]; }

}  // namespace pim::net::test
