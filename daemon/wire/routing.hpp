// What neighbours tell each other about routes, as control messages (wire/control.hpp reads and writes them
// whole). Integers are big-endian.
//
//   update          0x25 | batch 4 | table 4 | count 1 | entries
//     entry         flags 1 | node id 16 | seqno 2 | metric 2 | hops 1 | [public key 32 | v4 alias 4]
//   update ack      0x26 | batch 4 | table 4
//   seqno request   0x27 | node id 16 | seqno 2 | hop limit 1 | is cut off 1
//
// Flag bit 0: the record (key and alias) follows. Metric 0xffff retracts, and then there is no record.
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <utility>
#include <vector>

#include "base/ids.hpp"

namespace pim::wire {

/// A longer update is neither made nor read: this one fits a datagram on every path, relayed ones too.
inline constexpr std::size_t max_update_size = 1280;
inline constexpr std::size_t update_header_size = 10;
inline constexpr std::size_t entry_size = 22;
inline constexpr std::size_t record_size = 36;
/// The metric that takes a route back.
inline constexpr std::uint16_t retracted = 0xffff;

struct NodeRecord {
  PublicKey key;
  /// 0.0.0.0 when the node claims none.
  std::array<std::uint8_t, 4> v4_alias{};
  auto operator<=>(NodeRecord const&) const = default;
};

struct UpdateEntry {
  NodeId node;
  std::uint16_t seqno = 0;
  std::uint16_t metric = retracted;
  /// From the sender to the node: 0 when it speaks of itself.
  std::uint8_t hops = 0;
  std::optional<NodeRecord> record{};
  auto operator<=>(UpdateEntry const&) const = default;
  [[nodiscard]] std::size_t size() const { return entry_size + (record ? record_size : 0); }
};

struct Update {
  /// Grows with each update to this neighbour, modulo 2^32.
  std::uint32_t batch = 0;
  /// The batch before the first that the sender's present table of this neighbour sent. A later table than
  /// the one known: the sender forgot what it heard from us and what it told us.
  std::uint32_t table = 0;
  /// One at least.
  std::vector<UpdateEntry> entries{};
  auto operator<=>(Update const&) const = default;
};

struct UpdateAck {
  /// Of the update that arrived.
  std::uint32_t batch = 0;
  /// The table of who acknowledges.
  std::uint32_t table = 0;
  auto operator<=>(UpdateAck const&) const = default;
};

struct SeqnoRequest {
  NodeId node;
  std::uint16_t seqno = 0;
  /// 1 at least: how many nodes may read it, the receiver included.
  std::uint8_t hop_limit = 1;
  /// Somebody has no route without it; else a shorter one is wanted.
  bool is_cut_off = false;
  auto operator<=>(SeqnoRequest const&) const = default;
};

/// Packs entries until one does not fit.
class UpdateBuilder {
 public:
  UpdateBuilder(std::uint32_t batch, std::uint32_t table) : update_{batch, table, {}} {}

  [[nodiscard]] bool is_empty() const { return update_.entries.empty(); }
  [[nodiscard]] bool fits(UpdateEntry const& entry) const { return size_ + entry.size() <= max_update_size; }
  /// `entry` has to fit.
  void add(UpdateEntry entry);
  [[nodiscard]] Update take() && { return std::move(update_); }

 private:
  Update update_;
  std::size_t size_ = update_header_size;
};

/// The message behind its kind byte, whole; nothing when it is none.
[[nodiscard]] std::optional<Update> parse_update(Bytes body);
[[nodiscard]] std::optional<UpdateAck> parse_update_ack(Bytes body);
[[nodiscard]] std::optional<SeqnoRequest> parse_seqno_request(Bytes body);

/// Appends the message without its kind byte.
void write_body(Writer& out, Update const& update);
void write_body(Writer& out, UpdateAck const& ack);
void write_body(Writer& out, SeqnoRequest const& request);

}  // namespace pim::wire
