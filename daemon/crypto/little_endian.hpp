// RFC 8439 writes numbers little-endian; everything else on pim's wire is big-endian (base/bytes.hpp).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace pim::crypto {

template <class Integer>
void store_le(std::uint8_t* to, Integer value) {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace pim::crypto
