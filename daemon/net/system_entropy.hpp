// Randomness from the kernel.
#pragma once

#include "base/entropy.hpp"

namespace pim::net {

/// May be used from any thread.
class SystemEntropy final : public Entropy {
 public:
  void fill(MutBytes out) override;
};

}  // namespace pim::net
