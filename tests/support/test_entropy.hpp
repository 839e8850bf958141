// Randomness for tests: a seeded stream that repeats itself in every run, and one that hands out
// exactly the bytes a vector prescribes.
#pragma once

#include <random>
#include <utility>

#include "base/entropy.hpp"

namespace pim::test {

class SeededEntropy : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : engine_(seed) {}
  void fill(MutBytes out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }
  /// A number below `bound`.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  Buffer bytes(std::size_t size) {
    Buffer out(size);
    fill(out);
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

class FixedEntropy : public Entropy {
 public:
  explicit FixedEntropy(Buffer bytes) : bytes_(std::move(bytes)) {}
  void fill(MutBytes out) override {
    PIM_ASSERT(out.size() <= bytes_.size() - at_);
    std::memcpy(out.data(), bytes_.data() + at_, out.size());
    at_ += out.size();
  }

 private:
  Buffer bytes_;
  std::size_t at_ = 0;
};

}  // namespace pim::test
