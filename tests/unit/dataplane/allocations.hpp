// Counts every operator new of this program.
#pragma once

#include <cstddef>

namespace pim::test {
[[nodiscard]] std::size_t allocations();
}
