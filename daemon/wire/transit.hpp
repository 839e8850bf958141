// The transit frame: a datagram of an end-to-end session on its way through a neighbour session.
// Relays read these 32 bytes and nothing behind them. The source is a claim, cut to 12 bytes; an end
// that has to know all of it (in handshakes) says so with a flag and adds the other 4.
//
//    0        1           2       4               20          32
//   +--------+-----------+-------+---------------+-----------+------------------------------+
//   | 0x10   | hop limit | flags | destination   | source    | [source, last 4] datagram    |
//   +--------+-----------+-------+---------------+-----------+------------------------------+
#pragma once

#include <optional>

#include "base/ids.hpp"
#include "wire/kind.hpp"

namespace pim::wire {

inline constexpr std::uint8_t transit_kind = 0x10;
inline constexpr std::size_t transit_header_size = 32;
/// Flag: the last 4 bytes of the source follow the header.
inline constexpr std::uint16_t transit_whole_source = 0x0001;
/// What a relay has to trust of a frame round a data datagram: both headers. The rest is sealed for its destination.
inline constexpr std::size_t transit_head_size = transit_header_size + data_header_size;
/// Bytes of the source that every frame carries.
inline constexpr std::size_t transit_source_prefix = 12;
/// What a frame begins with; each relay takes one off.
inline constexpr std::uint8_t transit_hop_limit = 16;

struct Transit {
  std::uint8_t hop_limit = 0;
  NodeId destination;
  /// When not whole, the last 4 bytes are zero.
  NodeId source;
  bool source_is_whole = false;
  /// The end-to-end datagram: a view into what was parsed.
  Bytes datagram;
};

/// Nothing for frames that are too short, carry no datagram, or have flags not known here: such a
/// flag may change where the datagram begins.
[[nodiscard]] std::optional<Transit> parse_transit(Bytes plaintext);

/// Whether its head alone needs a seal of neighbours: handshakes are no ciphertext, and need all of it.
[[nodiscard]] inline bool needs_head_sealed_only(Transit const& frame) {
  return !frame.source_is_whole && peek(frame.datagram) == Kind::data;
}

/// How many bytes stand in front of the datagram.
[[nodiscard]] inline std::size_t header_size(Transit const& frame) {
  return transit_header_size + (frame.source_is_whole ? sizeof(NodeId) - transit_source_prefix : 0);
}
/// Writes them, header_size(frame) bytes, to the front of `out`.
void write_transit_header(Transit const& frame, MutBytes out);
/// Appends header and datagram to `out`.
void write_transit(Transit const& frame, Buffer& out);

}  // namespace pim::wire
