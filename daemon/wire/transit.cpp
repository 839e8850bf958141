#include "wire/transit.hpp"

namespace pim::wire {
namespace {

std::size_t source_size(bool is_whole) { return is_whole ? sizeof(NodeId) : transit_source_prefix; }

}  // namespace

std::optional<Transit> parse_transit(Bytes plaintext) {
  Reader reader(plaintext);
  if (reader.u8() != transit_kind) return std::nullopt;
  Transit frame;
  frame.hop_limit = reader.u8();
  auto const flags = reader.u16();
  frame.source_is_whole = (flags & transit_whole_source) != 0;
  frame.destination.bytes = reader.array<16>();
  auto const source = reader.take(source_size(frame.source_is_whole));
  if (!reader.ok() || (flags & ~transit_whole_source) != 0 || reader.rest().empty()) return std::nullopt;
  std::memcpy(frame.source.bytes.data(), source.data(), source.size());
  frame.datagram = reader.rest();
  return frame;
}

void write_transit_header(Transit const& frame, MutBytes out) {
  PIM_ASSERT(out.size() >= header_size(frame));
  out[0] = transit_kind;
  out[1] = frame.hop_limit;
  store_be(out.data() + 2, frame.source_is_whole ? transit_whole_source : std::uint16_t{0});
  std::memcpy(out.data() + 4, frame.destination.bytes.data(), sizeof(NodeId));
  std::memcpy(out.data() + 4 + sizeof(NodeId), frame.source.bytes.data(), source_size(frame.source_is_whole));
}

void write_transit(Transit const& frame, Buffer& out) {
  auto const start = out.size();
  out.resize(start + header_size(frame));
  write_transit_header(frame, MutBytes{out}.subspan(start));
  out.insert(out.end(), frame.datagram.begin(), frame.datagram.end());
}

}  // namespace pim::wire
