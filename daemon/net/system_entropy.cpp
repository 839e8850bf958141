#include "net/system_entropy.hpp"

#include <sys/random.h>

#include <cerrno>

namespace pim::net {

void SystemEntropy::fill(MutBytes out) {
  while (!out.empty()) {
    auto const got = ::getrandom(out.data(), out.size(), 0);
    // Only EINTR can happen here; keys without randomness are worse than no daemon.
    PIM_ASSERT(got >= 0 || errno == EINTR);
    if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace pim::net
