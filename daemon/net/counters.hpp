// Numbers that the packet thread shows to others without asking them: an array by peer slot, the drop
// counters and the refused claims, written by one thread with relaxed stores, read by any. Values of one slot may be of
// two adjacent publications; they are for people and graphs.
#pragma once

#include <cstddef>
#include <cstdint>

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

  // From any thread. A slot nobody wrote is all zeroes.
  [[nodiscard]] PeerCounters peer(PeerSlot slot) const;
  [[nodiscard]] DropCounters drops() const;
  [[nodiscard]] RefusedClaims refused_claims() const;

 private:
  // Plain integers behind atomic_ref, so that the pages of slots that are not in use stay untouched.
  struct alignas(64) Cell {
    std::uint64_t values[5];
  };
  struct Memory {
    std::uint64_t drops[drop_count];
    std::uint64_t refused_claims[refused_claim_count];
    Cell peers[capacity];
  };
  Memory* memory_;
};

}  // namespace pim::net
