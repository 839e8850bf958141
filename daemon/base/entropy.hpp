// Randomness as an argument: the daemon passes the system's, tests a seeded one.
#pragma once

#include "base/bytes.hpp"

namespace pim {

class Entropy {
 public:
  virtual ~Entropy() = default;
  /// Fills `out` with unpredictable bytes; does not fail.
  virtual void fill(MutBytes out) = 0;

  template <class T>
  [[nodiscard]] T value() {
    T out{};
    fill({reinterpret_cast<std::uint8_t*>(&out), sizeof out});
    return out;
  }
};

}  // namespace pim
