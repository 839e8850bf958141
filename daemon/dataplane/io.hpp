// What goes into and comes out of the packet path: batches of frames and trains, in arenas that the
// caller owns and reuses. No type here owns packet memory but Out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "dataplane/arena.hpp"
#include "packet/coalesce.hpp"
#include "packet/vnet.hpp"

namespace pim::dataplane {

/// One read from the tunnel device: an IP packet, or a TSO/USO super-packet that `vnet` describes.
/// The bytes are the caller's; the packet path may change them.
struct TunFrame {
  packet::VnetHeader vnet;
  MutBytes packet;
};

/// What one receive call brought from one sender: datagrams of `segment` bytes laid end to end, the
/// last one possibly shorter (UDP_GRO). A lone datagram has segment == data.size().
struct Train {
  Endpoint from;
  MutBytes data;
  std::size_t segment = 0;
};

/// Sealed datagrams of `segment` bytes for one endpoint, end to end, ready for UDP_SEGMENT: at most 64 of them and
/// 65,507 bytes; only the last may be shorter. They lie in Out::bytes, or in the train of the same batch that brought
/// them.
struct OutTrain {
  Endpoint to;
  Bytes data;
  std::size_t segment = 0;
  bool is_relayed = false;  ///< all of it, for others; sent after what is of this node
};

/// What the edge did with the trains of a turn, in bytes of datagrams.
struct SentBytes {
  std::size_t own = 0, relayed = 0;  ///< handed to the sockets
  std::size_t lost = 0;              ///< of both, what found the send buffer full

  SentBytes& operator+=(SentBytes const& more) {
    own += more.own;
    relayed += more.relayed;
    lost += more.lost;
    return *this;
  }
};

/// Calls `use` with every datagram of a train: `data` in pieces of `segment` > 0 bytes, the last one possibly shorter.
template <class Byte, class Use>
void each_datagram(std::span<Byte> data, std::size_t segment, Use const& use) {
  for (auto rest = data; !rest.empty();) {
    auto const one = rest.first(std::min(segment, rest.size()));
    rest = rest.subspan(one.size());
    use(one);
  }
}

/// One write to the tunnel device. Its pieces are in Out::pieces and point into the trains of the same
/// batch or into Out::bytes.
using TunWrite = packet::TunWrite;

/// How a datagram came: straight from `endpoint`, or inside the session of the neighbour `relay`, who is
/// there.
struct Origin {
  Endpoint endpoint;
  std::optional<PeerSlot> relay{};
  /// Of a relayed one: who sent it, as it claims. Whole for a HandshakeDatagram, else mostly 12 bytes and zeroes.
  NodeId source{};

  [[nodiscard]] bool is_direct() const { return !relay; }
};

/// A datagram outside every session (handshakes, cookies, key queries): valid length, nothing verified.
/// Key queries and replies come directly only.
struct HandshakeDatagram {
  Origin from;
  Bytes datagram;
};

/// An authenticated control message of a peer, under the key `local`: neither an IP packet nor empty.
struct ControlMessage {
  PeerSlot peer;
  ReceiverIndex local;
  Origin from;
  Bytes plaintext;
};

/// The first datagram under a key verified: the other side holds it too.
struct KeyConfirmed {
  PeerSlot peer;
  ReceiverIndex local;
  Origin from;
};

/// An authenticated datagram came directly from another place; what goes directly already goes there.
struct EndpointMoved {
  PeerSlot peer;
  ReceiverIndex local;  ///< the key that it was sealed with
  std::optional<Endpoint> from;
  Endpoint to;
};

/// Data went out and so far nothing came back: the liveness watch begins now.
struct AnswerAwaited {
  PeerSlot peer;
};

/// Data began to go out on one of a peer's paths, after 750 ms or more without any: on the direct link, where
/// what this node relays and what it sends through this neighbour count too, or through a relay.
struct PathBusy {
  PeerSlot peer;
  bool relayed = false;
};

/// Something authenticated came directly from a peer, after 750 ms or more without any.
struct PathHeard {
  PeerSlot peer;
};

/// A packet waits for a session with this peer (in a bounded queue of the packet path).
struct SessionWanted {
  PeerSlot peer;
};

/// The peer's data keys passed the age or count at which they are to be replaced.
struct RekeyWanted {
  PeerSlot peer;
};

/// A data datagram for a session that does not exist here, from an address of a known peer: after a
/// restart this tells that the other side still uses the old keys.
struct UnknownReceiver {
  Origin from;
};

/// A packet of this host to a mesh address that no peer holds; a few a batch. In the same turn it is given
/// back to Dataplane::resend, for a peer that was made of it, or to Dataplane::refuse.
struct AddressWanted {
  IpAddress destination;
  packet::VnetHeader vnet;
  MutBytes packet;
};

using ToControl = std::variant<HandshakeDatagram, ControlMessage, KeyConfirmed, EndpointMoved, AnswerAwaited, PathBusy,
                               PathHeard, SessionWanted, RekeyWanted, UnknownReceiver, AddressWanted>;

/// The result of one turn. clear() keeps the memory; views in `trains`, `control` and `pieces` live until then.
struct Out {
  Arena bytes;                   ///< datagrams that were made or copied here, and ICMP answers
  std::vector<OutTrain> trains;  ///< in order of sending, but for is_relayed
  std::vector<Bytes> pieces;
  std::vector<TunWrite> tun;
  std::vector<ToControl> control;

  /// `capacity`: bytes of arena; a turn that would exceed it counts Drop::congestion.
  explicit Out(std::size_t capacity = std::size_t{2} << 20) : bytes(capacity) {}
  void clear() {
    bytes.clear();
    trains.clear();
    pieces.clear();
    tun.clear();
    control.clear();
  }
};

}  // namespace pim::dataplane
