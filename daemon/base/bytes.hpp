// Byte spans, and a Reader and Writer that cannot overrun. Integers are big-endian unless the name
// says otherwise.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/assert.hpp"

namespace pim {

using Bytes = std::span<std::uint8_t const>;
using MutBytes = std::span<std::uint8_t>;
using Buffer = std::vector<std::uint8_t>;

[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}

/// The other way round in memory; a single instruction.
template <class Integer>
[[nodiscard]] constexpr Integer swap_bytes(Integer value) {
  static_assert(sizeof(Integer) <= 8);
  if constexpr (sizeof(Integer) == 2) return static_cast<Integer>(__builtin_bswap16(value));
  if constexpr (sizeof(Integer) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(Integer) == 8) return __builtin_bswap64(value);
  return value;
}

template <class Integer>
[[nodiscard]] Integer load_be(std::uint8_t const* from) {
  static_assert(std::endian::native == std::endian::little && std::is_unsigned_v<Integer>);
  Integer value;
  std::memcpy(&value, from, sizeof value);
  return swap_bytes(value);
}

template <class Integer>
void store_be(std::uint8_t* to, Integer value) {
  value = swap_bytes(value);
  std::memcpy(to, &value, sizeof value);
}

template <class Integer>
void store_le(std::uint8_t* to, Integer value) {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(to, &value, sizeof value);
}

/// Reads from the front of a span. A read past the end returns zeroes and makes ok() false for good,
/// so a parser reads everything and asks once.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  template <class Integer>
  Integer be() {
    auto const field = take(sizeof(Integer));
    return field.empty() ? Integer{0} : load_be<Integer>(field.data());
  }
  std::uint8_t u8() { return be<std::uint8_t>(); }
  std::uint16_t u16() { return be<std::uint16_t>(); }
  std::uint32_t u32() { return be<std::uint32_t>(); }
  std::uint64_t u64() { return be<std::uint64_t>(); }

  /// The next `size` bytes, or an empty span when fewer are left.
  Bytes take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    auto const field = rest_.first(size);
    rest_ = rest_.subspan(size);
    return field;
  }

  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out{};
    if (auto const field = take(N); field.size() == N) std::memcpy(out.data(), field.data(), N);
    return out;
  }

  [[nodiscard]] Bytes rest() const { return rest_; }
  [[nodiscard]] bool ok() const { return ok_; }
  /// True when every read fitted and nothing is left over.
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  Bytes rest_;
  bool ok_ = true;
};

/// Appends to a growing buffer that the caller owns.
class Writer {
 public:
  explicit Writer(Buffer& out) : out_(out) {}

  template <class Integer>
  Writer& be(Integer value) {
    auto const at = out_.size();
    out_.resize(at + sizeof(Integer));
    store_be(out_.data() + at, value);
    return *this;
  }
  Writer& u8(std::uint8_t value) { return be(value); }
  Writer& u16(std::uint16_t value) { return be(value); }
  Writer& u32(std::uint32_t value) { return be(value); }
  Writer& u64(std::uint64_t value) { return be(value); }
  Writer& bytes(Bytes value) {
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
  }
  Writer& zeroes(std::size_t count) {
    out_.resize(out_.size() + count);
    return *this;
  }

 private:
  Buffer& out_;
};

/// Lower-case hex of `bytes`.
[[nodiscard]] std::string to_hex(Bytes bytes);
/// The bytes that an even number of hex digits (either case) stand for; nothing else parses.
[[nodiscard]] std::optional<Buffer> parse_hex(std::string_view text);

}  // namespace pim
