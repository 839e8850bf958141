#include "wire/transit.hpp"

namespace pim::wire {
namespace {

constexpr std::size_t source_prefix = 12;

}  // namespace

std::optional<Transit> parse_transit(Bytes plaintext) {
  Reader reader(plaintext);
  if (reader.u8() != transit_kind) return std::nullopt;
  Transit frame;
  frame.hop_limit = reader.u8();
  auto const flags = reader.u16();
  frame.source_is_whole = (flags & transit_whole_source) != 0;
  frame.destination.bytes = reader.array<16>();
  auto const source = reader.take(frame.source_is_whole ? sizeof(NodeId) : source_prefix);
  if (!reader.ok() || (flags & ~transit_whole_source) != 0 || reader.rest().empty()) return std::nullopt;
  std::memcpy(frame.source.bytes.data(), source.data(), source.size());
  frame.datagram = reader.rest();
  return frame;
}

void write_transit(Transit const& frame, Buffer& out) {
  Writer(out)
      .u8(transit_kind)
      .u8(frame.hop_limit)
      .u16(frame.source_is_whole ? transit_whole_source : std::uint16_t{0})
      .bytes(frame.destination.bytes)
      .bytes(Bytes{frame.source.bytes}.first(frame.source_is_whole ? sizeof(NodeId) : source_prefix))
      .bytes(frame.datagram);
}

}  // namespace pim::wire
