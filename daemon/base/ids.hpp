// Names of things, each a type of its own so that two of them cannot be swapped.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace pim {

/// First 16 bytes of SHA-256("pim node id v1" || public key): self-certifying.
struct NodeId {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(NodeId const&) const = default;
  /// In the order of the bytes, by words: tables of nodes are searched for each entry of each update.
  std::strong_ordering operator<=>(NodeId const& other) const {
    auto const word = [](NodeId const& id, std::size_t at) { return load_be<std::uint64_t>(id.bytes.data() + at); };
    auto const order = word(*this, 0) <=> word(other, 0);
    return order != 0 ? order : word(*this, 8) <=> word(other, 8);
  }
};

/// An X25519 public key (RFC 7748), 32 bytes little-endian as on the wire.
struct PublicKey {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(PublicKey const&) const = default;
};

/// The number a receiver gave to one of its sessions; it stands in every datagram of that session.
struct ReceiverIndex {
  std::uint32_t value = 0;
  auto operator<=>(ReceiverIndex const&) const = default;
};

/// A peer's place in the tables that the packet path shares with control: small, dense, reused.
struct PeerSlot {
  std::uint32_t value = 0;
  auto operator<=>(PeerSlot const&) const = default;
};

/// 32 lower-case hex digits.
[[nodiscard]] std::string to_string(NodeId const& id);
/// The first 8 hex digits, for display only.
[[nodiscard]] std::string short_id(NodeId const& id);
/// 32 digits in groups of four, for people to compare.
[[nodiscard]] std::string grouped(NodeId const& id);
/// Exactly 32 hex digits, blanks between groups allowed.
[[nodiscard]] std::optional<NodeId> parse_node_id(std::string_view text);

/// 64 lower-case hex digits.
[[nodiscard]] std::string to_string(PublicKey const& key);
[[nodiscard]] std::optional<PublicKey> parse_public_key(std::string_view text);

}  // namespace pim

template <>
struct std::hash<pim::NodeId> {
  std::size_t operator()(pim::NodeId const& id) const noexcept {
    std::size_t value = 0;  // an id is already a uniform hash
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};
