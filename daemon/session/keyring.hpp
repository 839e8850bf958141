// Which keys of one peer are in force. Keys are made by handshakes and live in the packet path under
// their receiver index; this holds only the order in which they follow each other.
//
//   initiated(k)   we initiated and the response verified: k seals at once
//   responded(k)   we answered: k opens, and seals once the other side has shown that it holds it
//   confirmed(k)   its first datagram verified: k becomes current
//
// An initiator that hears nothing for a moment initiates again, so several of our answers may be under way at once,
// and any of them may be the one that it takes: all of them open until one is confirmed. The key before the
// current one stays, for the other side may go on sealing with it; those before stay a while, for what is still
// under way.
//
// Each key belongs to one life of the node at the other end. When keys of another life come into force, all of the
// lives before go: what those sealed, and comes late, opens no more.
#pragma once

#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "session/timing.hpp"
#include "wire/handshake.hpp"

namespace pim::session {

/// What the packet path has to do after a change; `removed` first.
struct KeyChange {
  std::vector<ReceiverIndex> removed;
  std::optional<ReceiverIndex> seal_with{};
};

class Keyring {
 public:
  static constexpr std::size_t max_previous = 4;
  /// As many as one attempt has initiations.
  static constexpr std::size_t max_unconfirmed = 5;
  static constexpr std::size_t max_keys = max_previous + 1 + max_unconfirmed;

  [[nodiscard]] KeyChange initiated(ReceiverIndex key, wire::BootEpoch life, Time now);
  /// Calls are in the order of the lives, for initiations are: their timestamps only grow.
  [[nodiscard]] KeyChange responded(ReceiverIndex key, wire::BootEpoch life, Time now);
  /// Unknown keys, the current one and those before change nothing.
  [[nodiscard]] KeyChange confirmed(ReceiverIndex key, Time now);
  /// Removes what is past its time.
  [[nodiscard]] KeyChange expired(Time now);
  /// Removes everything.
  [[nodiscard]] KeyChange clear();

  /// When expired() has something to do; never when empty.
  [[nodiscard]] Time next_expiry() const;
  /// There are keys to seal with.
  [[nodiscard]] bool is_established() const { return current_.has_value(); }
  /// Of the node that holds the keys to seal with.
  [[nodiscard]] std::optional<wire::BootEpoch> life() const;

 private:
  struct Entry {
    ReceiverIndex key;
    wire::BootEpoch life;
    Time made, ends;
  };
  using Entries = std::vector<Entry>;  ///< the oldest first
  void promote(Entry const& entry, Time now, KeyChange& change);
  /// The oldest goes when there is one too many.
  static void bound(Entries& entries, std::size_t most, KeyChange& change);
  template <class Condition>
  static void remove_if(Entries& entries, KeyChange& change, Condition const& condition);

  Entries previous_;
  std::optional<Entry> current_;
  Entries unconfirmed_;
};

}  // namespace pim::session
