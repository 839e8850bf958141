// The data datagram: a 16-byte header that is authenticated but not encrypted, ciphertext, tag.
//
//    0        1        2        3        4                8                       16
//   +--------+--------+--------+--------+----------------+-----------------------+-------------+-----+
//   | 4      |          flags           | receiver index |        counter        | ciphertext  | tag |
//   +--------+--------+--------+--------+----------------+-----------------------+-------------+-----+
//
// The plaintext is empty (a keepalive), an IP packet as it is (first nibble 4 or 6), or a control
// message or transit frame (control.hpp, transit.hpp).
#pragma once

#include <array>
#include <optional>

#include "base/ids.hpp"
#include "wire/kind.hpp"

namespace pim::wire {

struct DataHeader {
  std::array<std::uint8_t, 3> flags{};
  ReceiverIndex receiver;
  std::uint64_t counter = 0;
  auto operator<=>(DataHeader const&) const = default;
};

/// `out` holds at least 16 bytes; the first 16 become the header.
inline void write_data_header(MutBytes out, DataHeader const& header) {
  PIM_ASSERT(out.size() >= data_header_size);
  out[0] = static_cast<std::uint8_t>(Kind::data);
  std::memcpy(out.data() + 1, header.flags.data(), header.flags.size());
  store_be(out.data() + 4, header.receiver.value);
  store_be(out.data() + 8, header.counter);
}

/// The header of a datagram for which peek says data; nothing for any other.
[[nodiscard]] inline std::optional<DataHeader> parse_data_header(Bytes datagram) {
  if (datagram.size() < data_overhead || datagram[0] != static_cast<std::uint8_t>(Kind::data)) return std::nullopt;
  DataHeader header;
  std::memcpy(header.flags.data(), datagram.data() + 1, header.flags.size());
  header.receiver.value = load_be<std::uint32_t>(datagram.data() + 4);
  header.counter = load_be<std::uint64_t>(datagram.data() + 8);
  return header;
}

/// What a plaintext begins with.
enum class Content : std::uint8_t { keepalive, ip_packet, other };

[[nodiscard]] inline Content content_of(Bytes plaintext) {
  if (plaintext.empty()) return Content::keepalive;
  auto const nibble = plaintext[0] >> 4;
  return nibble == 4 || nibble == 6 ? Content::ip_packet : Content::other;
}

}  // namespace pim::wire
