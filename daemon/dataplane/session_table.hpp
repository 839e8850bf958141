// The keys that can open datagrams now, found by the receiver index that stands in each datagram: an open
// addressing table, so that a lookup is one probe at ten sessions and at a hundred thousand. OpenSSL's contexts are
// many times as large as keys, so only the sessions that were used last have them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "crypto/aead.hpp"
#include "crypto/short_aead.hpp"
#include "noise/replay_window.hpp"

namespace pim::dataplane {

/// What seals and opens: keyed once, for as long as the session is in use.
struct Ciphers {
  crypto::Sealer sealer;
  crypto::Opener opener;
  std::unique_ptr<crypto::ShortSealer> head_sealer{};  ///< by SessionTable::head_sealer_of
  std::unique_ptr<crypto::ShortOpener> head_opener{};  ///< by SessionTable::head_opener_of
};

/// One established session: both directions.
struct Session {
  PeerSlot peer;
  ReceiverIndex local, remote;
  Time rekey_after, expires;
  std::uint64_t next_counter = 0;  ///< of what we seal
  bool is_confirmed = false;       ///< a datagram verified
  bool rekey_reported = false;
  crypto::Key send, receive;
  std::unique_ptr<Ciphers> ciphers{};  ///< by SessionTable::ciphers_of
  noise::ReplayWindow window{};
};

class SessionTable {
 public:
  SessionTable();

  [[nodiscard]] Session* find(ReceiverIndex local) const {
    for (auto at = place_of(local);; at = (at + 1) & mask_) {
      auto const& entry = entries_[at];
      if (entry.session == nullptr) return nullptr;
      if (entry.local == local) return entry.session.get();
    }
  }
  [[nodiscard]] std::size_t size() const { return count_; }
  /// The index must be free.
  Session& insert(std::unique_ptr<Session> session);
  /// The session is gone, its keys wiped; an unknown index is ignored.
  void erase(ReceiverIndex local);

  /// So many sessions have ciphers at once: more than exchange data within a batch or two, and half a megabyte;
  /// 1.4 MB where all relay.
  static constexpr std::size_t max_ready = 256;
  /// Of a session in this table; until the next call for another one. Making them takes about as long as sealing one
  /// packet.
  [[nodiscard]] Ciphers& ciphers_of(Session& session) {
    if (session.ciphers == nullptr) make_ready(session);
    return *session.ciphers;
  }
  /// The same of those for heads, which only sessions with relays and their neighbours need.
  [[nodiscard]] crypto::ShortSealer& head_sealer_of(Session& session) {
    auto& sealer = ciphers_of(session).head_sealer;
    if (sealer == nullptr) sealer = std::make_unique<crypto::ShortSealer>(session.send);
    return *sealer;
  }
  [[nodiscard]] crypto::ShortOpener& head_opener_of(Session& session) {
    auto& opener = ciphers_of(session).head_opener;
    if (opener == nullptr) opener = std::make_unique<crypto::ShortOpener>(session.receive);
    return *opener;
  }

 private:
  struct Entry {
    ReceiverIndex local;
    std::unique_ptr<Session> session;
  };

  [[nodiscard]] std::size_t place_of(ReceiverIndex local) const {
    return (local.value * std::uint64_t{0x9e3779b97f4a7c15} >> 32) & mask_;
  }
  void grow();
  void make_ready(Session& session);

  std::vector<Entry> entries_;  ///< a power of two, at most half full
  std::size_t mask_, count_ = 0;
  std::deque<ReceiverIndex> ready_;  ///< the last that were made ready, in order; some are gone
};

}  // namespace pim::dataplane
