// What the datagrams of strangers are keyed with: the network's name and secret, apart for each purpose.
#pragma once

#include <string_view>

#include "crypto/hash.hpp"

namespace pim::wire {

/// SHA-256 of `purpose`, the name's length in two bytes (big-endian), the name and the secret.
/// Expects a name of at most 65,535 bytes.
[[nodiscard]] inline crypto::Digest network_key(std::string_view purpose, std::string_view network, Bytes secret) {
  PIM_ASSERT(network.size() <= 0xffff);
  std::uint8_t length[2];
  store_be(length, static_cast<std::uint16_t>(network.size()));
  return crypto::sha256({as_bytes(purpose), length, as_bytes(network), secret});
}

}  // namespace pim::wire
