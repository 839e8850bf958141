// What control knows of one node it holds, or is about to hold, a session with.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "control/views.hpp"
#include "mesh/link.hpp"
#include "session/keyring.hpp"
#include "session/liveness.hpp"
#include "trust/ledger.hpp"
#include "trust/trust.hpp"
#include "wire/handshake.hpp"

namespace pim::control {

/// Our node record on its way to a peer: sent again until it is acknowledged.
struct Announcement {
  Time begun{};  ///< when it was sent first
  std::uint64_t sequence = 0;
  unsigned tries = 0;
  Time next = never;
  bool is_acknowledged = false;
};

/// By the way that routing chose, whichever that was.
struct SentProbe {
  std::uint64_t id = 0;
  Time sent{};  ///< Time{}: there was none
};

/// Probes of the peer that came by a relay, closely one behind the other.
struct Asked {
  Time first{}, last{};
};

/// Probes to a lost peer to which a way seems to lead again.
struct Question {
  unsigned tries = 0;
  Time next = never;
};

struct Peer {
  PeerSlot slot;
  std::uint32_t row = 0;
  NodeId id;
  PublicKey key;

  /// A stranger's first message alone makes a provisional peer: it may open, and is nothing else yet.
  bool provisional = true;
  Time provisional_until = never;
  trust::HandshakeTimestamp last_timestamp{};  ///< newest accepted from it
  trust::AttemptNumber inbound_attempt = 0;
  std::optional<wire::BootEpoch> life{};  ///< of the node at the other end of the keys in force, or the last that were

  session::Keyring keys{};
  Time renew_at = never;          ///< when the keys in force are to be replaced without traffic
  session::Liveness liveness{};   ///< whether it answers, by whatever way
  mesh::Link link{{}};            ///< the direct one
  bool is_neighbour = false;      ///< routing uses the direct link
  std::optional<PeerSlot> via{};  ///< the relay that its datagrams go through
  Time doubted_way_at{};          ///< it did not answer by the way of that moment
  Time call_back_at = never;      ///< it called and was answered, and is called unless it is heard under the new keys
  Time given_up_at = never;       ///< there is no way to it; another may be found until then
  bool alive = false;             ///< it answers
  bool failed = false;            ///< the last attempt to reach it failed
  Time usable_since{};            ///< since when it both answers and offers its internet, if it does
  std::optional<Time> last_handshake{};
  Time last_dialled{};

  // What it said about itself in its own session. It does not say it again when we alone lost it for a while.
  bool introduced = false;
  std::string name{};
  std::uint64_t hello_sequence = 0;
  std::optional<IpAddress> v4{};
  std::optional<GatewayOffer> offer{};

  Announcement announcement{};
  Question question{};
  std::array<SentProbe, 8> probes{};  ///< the newest first; one that goes out while answers are under way voids none
  Asked asked{};
  std::optional<Duration> rtt{};
  Time internet_until{};  ///< its internet packets are accepted until then

  std::optional<PeerView> shown{};  ///< what clients were told last
};

}  // namespace pim::control
