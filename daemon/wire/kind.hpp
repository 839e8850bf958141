// What a datagram is, judged by its first bytes and its length alone, before any cryptography.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace pim::wire {

enum class Kind : std::uint8_t {
  initiation = 1,
  response = 2,
  cookie_reply = 3,
  data = 4,
  key_query = 5,
  key_reply = 6,  // 7 is the beacon, on the discovery port alone: wire/beacon.hpp
};

/// Every datagram begins with its kind and three more bytes: zero, except for the flags of data.
inline constexpr std::size_t prefix_size = 4;

inline constexpr std::size_t initiation_size = 156;
inline constexpr std::size_t response_size = 100;
inline constexpr std::size_t cookie_reply_size = 72;
inline constexpr std::size_t data_header_size = 16;
inline constexpr std::size_t data_tag_size = 16;
/// A keepalive: header and tag round an empty plaintext. It is also what data costs.
inline constexpr std::size_t data_overhead = data_header_size + data_tag_size;
/// Equal, so that a reply never amplifies its query.
inline constexpr std::size_t key_query_size = 68;
inline constexpr std::size_t key_reply_size = 68;

/// The kind, when length and prefix are exactly those of that kind; data may have any length from
/// data_overhead up. Nothing for everything else.
[[nodiscard]] inline std::optional<Kind> peek(Bytes datagram) {
  if (datagram.size() < prefix_size) return std::nullopt;
  auto const kind = static_cast<Kind>(datagram[0]);
  if (kind == Kind::data) return datagram.size() >= data_overhead ? std::optional(kind) : std::nullopt;
  if ((datagram[1] | datagram[2] | datagram[3]) != 0) return std::nullopt;
  std::size_t expected = 0;
  switch (kind) {
    case Kind::initiation: expected = initiation_size; break;
    case Kind::response: expected = response_size; break;
    case Kind::cookie_reply: expected = cookie_reply_size; break;
    case Kind::key_query: expected = key_query_size; break;
    case Kind::key_reply: expected = key_reply_size; break;
    case Kind::data: break;
  }
  return expected != 0 && datagram.size() == expected ? std::optional(kind) : std::nullopt;
}

}  // namespace pim::wire
