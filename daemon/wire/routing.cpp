#include "wire/routing.hpp"

namespace pim::wire {
namespace {

constexpr std::uint8_t record_follows = 0x01;
constexpr std::uint8_t asker_is_cut_off = 0x01;

std::optional<UpdateEntry> parse_entry(Reader& reader) {
  auto const flags = reader.u8();
  UpdateEntry entry;
  entry.node.bytes = reader.array<16>();
  entry.seqno = reader.u16();
  entry.metric = reader.u16();
  entry.hops = reader.u8();
  if ((flags & record_follows) != 0) {
    entry.record.emplace();
    entry.record->key.bytes = reader.array<32>();
    entry.record->v4_alias = reader.array<4>();
  }
  bool const is_sound = (flags & ~record_follows) == 0 && !(entry.record && entry.metric == retracted);
  return reader.ok() && is_sound ? std::optional(entry) : std::nullopt;
}

void write_entry(Writer& out, UpdateEntry const& entry) {
  PIM_ASSERT(!(entry.record && entry.metric == retracted));
  out.u8(entry.record ? record_follows : std::uint8_t{0}).bytes(entry.node.bytes);
  out.u16(entry.seqno).u16(entry.metric).u8(entry.hops);
  if (entry.record) out.bytes(entry.record->key.bytes).bytes(entry.record->v4_alias);
}

}  // namespace

void UpdateBuilder::add(UpdateEntry entry) {
  PIM_ASSERT(fits(entry));
  size_ += entry.size();
  update_.entries.push_back(std::move(entry));
}

std::optional<Update> parse_update(Bytes body) {
  if (body.size() + 1 > max_update_size) return std::nullopt;
  Reader reader(body);
  Update update;
  update.batch = reader.u32();
  update.table = reader.u32();
  std::size_t const count = reader.u8();
  // Checked before anything is kept: the count alone makes nothing grow.
  if (count == 0 || reader.rest().size() < count * entry_size) return std::nullopt;
  update.entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto entry = parse_entry(reader);
    if (!entry) return std::nullopt;
    update.entries.push_back(*entry);
  }
  return reader.done() ? std::optional(std::move(update)) : std::nullopt;
}

std::optional<UpdateAck> parse_update_ack(Bytes body) {
  Reader reader(body);
  UpdateAck ack;
  ack.batch = reader.u32();
  ack.table = reader.u32();
  return reader.done() ? std::optional(ack) : std::nullopt;
}

std::optional<SeqnoRequest> parse_seqno_request(Bytes body) {
  Reader reader(body);
  SeqnoRequest request;
  request.node.bytes = reader.array<16>();
  request.seqno = reader.u16();
  request.hop_limit = reader.u8();
  auto const flags = reader.u8();
  request.is_cut_off = flags == asker_is_cut_off;
  bool const is_known = request.is_cut_off || flags == 0;
  return reader.done() && request.hop_limit >= 1 && is_known ? std::optional(request) : std::nullopt;
}

void write_body(Writer& out, Update const& update) {
  PIM_ASSERT(!update.entries.empty() && update.entries.size() <= 255);
  out.u32(update.batch).u32(update.table).u8(static_cast<std::uint8_t>(update.entries.size()));
  for (auto const& entry : update.entries) write_entry(out, entry);
}

void write_body(Writer& out, UpdateAck const& ack) { out.u32(ack.batch).u32(ack.table); }

void write_body(Writer& out, SeqnoRequest const& request) {
  PIM_ASSERT(request.hop_limit >= 1);
  out.bytes(request.node.bytes).u16(request.seqno).u8(request.hop_limit).u8(request.is_cut_off ? asker_is_cut_off : 0);
}

}  // namespace pim::wire
