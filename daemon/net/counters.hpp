// Numbers that the packet thread shows to others without asking them: an array by peer slot, the drop counters, the
// refused claims and what was relayed, written by one thread, read by any. Values of one slot may be of two adjacent
// publications; they are for people and graphs. What was relayed names nodes, and is read whole or not at all.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/drop.hpp"
#include "base/ids.hpp"
#include "base/refused_claim.hpp"
#include "base/time.hpp"

namespace pim::net {

struct PeerCounters {
  std::uint64_t rx_bytes = 0, tx_bytes = 0;
  std::uint64_t rx_packets = 0, tx_packets = 0;
  Time last_received{};  ///< Time{}: never
  bool operator==(PeerCounters const&) const = default;
};

/// What one talker had relayed: a source, as the neighbour that handed its frames over names it.
struct RelayedFor {
  NodeId neighbour, source;  ///< of the source 12 bytes
  std::uint64_t packets = 0, bytes = 0, dropped = 0;
  bool operator==(RelayedFor const&) const = default;
};

struct Relayed {
  static constexpr std::size_t max_talkers = 8;
  std::uint64_t packets = 0, bytes = 0, dropped = 0;  ///< of all
  std::array<RelayedFor, max_talkers> most{};         ///< the most bytes first; who had nothing relayed is nobody
  bool operator==(Relayed const&) const = default;
};

class Counters {
 public:
  /// Peers beyond it work but show zeroes.
  static constexpr std::uint32_t capacity = 16'384;

  Counters();
  ~Counters();
  Counters(Counters&&) = delete;

  // From the packet thread alone.
  void set_peer(PeerSlot slot, PeerCounters const& value);
  void set_drops(DropCounters const& value);
  void set_refused_claims(RefusedClaims const& value);
  void set_relayed(Relayed const& value);

  // From any thread. A slot nobody wrote is all zeroes.
  [[nodiscard]] PeerCounters peer(PeerSlot slot) const;
  [[nodiscard]] DropCounters drops() const;
  [[nodiscard]] RefusedClaims refused_claims() const;
  /// Nothing at a moment at which it is written.
  [[nodiscard]] std::optional<Relayed> relayed() const;

 private:
  // Plain integers behind atomic_ref, so that the pages of slots that are not in use stay untouched.
  struct alignas(64) Cell {
    std::uint64_t values[5];
  };
  static constexpr std::size_t relayed_words = sizeof(Relayed) / sizeof(std::uint64_t);
  struct Memory {
    std::uint64_t drops[drop_count];
    std::uint64_t refused_claims[refused_claim_count];
    std::uint64_t relayed_version;  ///< odd while it is written
    std::uint64_t relayed[relayed_words];
    Cell peers[capacity];
  };
  Memory* memory_;
};

}  // namespace pim::net
