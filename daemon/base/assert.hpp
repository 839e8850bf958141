// A bug in pim itself ends the process at once; hostile input never reaches an assertion.
#pragma once

namespace pim {
[[noreturn]] void assertion_failed(char const* expression, char const* file, int line) noexcept;
}

#define PIM_ASSERT(expression) \
  (static_cast<bool>(expression) ? void(0) : ::pim::assertion_failed(#expression, __FILE__, __LINE__))
