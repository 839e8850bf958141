// What the packet path holds between batches, and how a peer can be reached at an instant.
#pragma once

#include <memory>
#include <vector>

#include "base/flat_table.hpp"
#include "dataplane/asked.hpp"
#include "dataplane/dataplane.hpp"
#include "dataplane/relay_budget.hpp"
#include "dataplane/session_table.hpp"
#include "dataplane/waiting.hpp"
#include "packet/coalesce.hpp"

namespace pim::dataplane {

/// A neighbour to pass things to: the one that has the slot in this life of it, nobody afterwards.
struct Hop {
  PeerSlot slot;
  std::uint32_t life = 0;
};

struct Peer {
  std::uint32_t life = 0;  ///< one more each time the slot is emptied
  NodeId node{};           ///< known with the first keys
  std::optional<Endpoint> endpoint{};
  std::optional<Hop> relay{};
  Session* sending = nullptr;
  Time session_wanted = never;       ///< when SessionWanted was reported last; never since keys came
  std::vector<Session*> sessions{};  ///< all of its keys
  PeerActivity activity{};
};

/// A peer for whom we can seal now.
struct Link {
  PeerSlot slot;
  Peer* peer = nullptr;
  Session* session = nullptr;
};

/// A transit frame of others that waits for the end of its batch.
struct Forward {
  Link hop;
  MutBytes datagram;         ///< that brought it; its seal is broken, and another of that size goes there
  std::size_t talker = 0;    ///< its row
  std::uint32_t number = 0;  ///< in the batch
  std::uint8_t flags = 0;    ///< of its seal
};

struct State {
  State(KeyLimits const& keys, RelayLimits const& relay, HashKey const& hash_key)
      : key_limits(keys), relay_limits(relay), next_hops(hash_key), talkers(hash_key), asked(hash_key) {}

  KeyLimits key_limits;
  RelayLimits relay_limits;
  RelayBudget relay_budget;
  std::unique_ptr<ForwardingTable> table = std::make_unique<ForwardingTable>();
  FlatTable<NodeId, Hop> next_hops;
  std::vector<Peer> peers;  ///< by slot
  SessionTable sessions;
  WaitingQueue waiting;
  packet::Coalescer coalescer;
  std::vector<Forward> forwards;  ///< empty between batches; kept for its memory
  Talkers talkers;
  Asked asked;
  DropCounters drops{};

  Peer& peer_at(PeerSlot slot);
  void forget(ReceiverIndex local);
  /// Of the relay's budget, where one has passed.
  void end_span(Time now) {
    if (relay_budget.pass(now)) talkers.end_sharing();
  }
  void drop(Drop reason, std::uint64_t times = 1) { drops[static_cast<std::size_t>(reason)] += times; }

  [[nodiscard]] Hop hop_to(PeerSlot slot) const;
  [[nodiscard]] bool is_there(Hop const& hop) const {
    return hop.slot.value < peers.size() && peers[hop.slot.value].life == hop.life;
  }
  /// The way straight to a peer; nothing without keys that are valid at `now`, or without an endpoint.
  [[nodiscard]] std::optional<Link> link(PeerSlot slot, Time now);
  [[nodiscard]] std::optional<Link> link(Hop const& hop, Time now);
};

[[nodiscard]] inline bool can_seal(Peer const& peer, Time now) {
  return peer.sending != nullptr && now < peer.sending->expires;
}

}  // namespace pim::dataplane
