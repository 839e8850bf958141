#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace pim {

void assertion_failed(char const* expression, char const* file, int line) noexcept {
  std::fprintf(stderr, "pim: bug: %s does not hold at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace pim
