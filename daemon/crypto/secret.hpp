// Secret<N>: N key bytes that are wiped when they go, are never copied by accident and cannot be
// printed. Everything secret in pim lives in one of these or inside OpenSSL.
#pragma once

#include <array>
#include <cstring>

#include "base/bytes.hpp"

namespace pim::crypto {

/// Overwrites `bytes` in a way that the compiler may not leave out.
void wipe(MutBytes bytes);

/// True when both have the same length and content; the time taken depends on the length alone.
[[nodiscard]] bool equal(Bytes a, Bytes b);

template <std::size_t N>
class Secret {
 public:
  /// All zero, to be filled through mut().
  Secret() = default;
  /// `from` holds exactly N bytes.
  explicit Secret(Bytes from) {
    PIM_ASSERT(from.size() == N);
    std::memcpy(bytes_.data(), from.data(), N);
  }
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }
  Secret(Secret const&) = delete;
  Secret& operator=(Secret const&) = delete;
  ~Secret() { wipe(bytes_); }

  [[nodiscard]] Secret clone() const { return Secret(bytes_); }
  [[nodiscard]] Bytes view() const { return bytes_; }
  [[nodiscard]] MutBytes mut() { return bytes_; }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

using Key = Secret<32>;

}  // namespace pim::crypto
