// What the packet path holds between batches. Sending is in send.cpp, receiving in receive.cpp; both run
// to completion on the caller's thread.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/dataplane.hpp"
#include "dataplane/policy.hpp"
#include "dataplane/session_table.hpp"
#include "dataplane/waiting.hpp"
#include "packet/coalesce.hpp"
#include "packet/segment.hpp"
#include "wire/data.hpp"

namespace pim::dataplane {

struct Peer {
  std::optional<Endpoint> endpoint;
  Session* sending = nullptr;
  Time session_wanted = never;     ///< when SessionWanted was reported last; never since keys came
  std::vector<Session*> sessions;  ///< all of its keys
  PeerActivity activity;
};

struct Dataplane::State {
  explicit State(KeyLimits const& key_limits) : limits(key_limits) {}

  KeyLimits limits;
  std::shared_ptr<ForwardingTable const> table = std::make_shared<ForwardingTable>();
  std::vector<Peer> peers;  ///< by slot
  SessionTable sessions;
  WaitingQueue waiting;
  packet::Coalescer coalescer;
  DropCounters drops{};

  Peer& peer_at(PeerSlot slot);
  void forget(ReceiverIndex local);
  void drop(Drop reason, std::uint64_t times = 1) { drops[static_cast<std::size_t>(reason)] += times; }
};

/// Where a sealed datagram goes and with what.
struct Outbound {
  PeerSlot slot;
  Peer& peer;
  Session& session;
};

/// Work of one call on the sending side.
class Sending {
 public:
  Sending(Dataplane::State& state, Now const& now, Out& out) : state_(state), now_(now), out_(out) {}

  void frame(TunFrame const& frame);
  /// As `frame`, for one whose peer is known already.
  void frame_to(PeerSlot slot, packet::VnetHeader const& vnet, MutBytes packet);
  bool control(PeerSlot slot, Bytes plaintext);

 private:
  [[nodiscard]] Route const& route_to(packet::IpView const& ip);
  [[nodiscard]] bool can_seal(Peer const& peer) const;
  void whole(Outbound const& to, packet::VnetHeader const& vnet, packet::IpView const& ip, MutBytes packet);
  void segments(Outbound const& to, packet::Segmenter const& segmenter, packet::IpView const& ip);
  [[nodiscard]] std::uint8_t* begin(std::size_t plaintext);
  [[nodiscard]] bool finish(Outbound const& to, std::size_t plaintext, std::uint8_t flags);
  void append_to_train(Endpoint const& endpoint, std::size_t size);
  void note_data(Outbound const& to);
  void wait(PeerSlot slot, packet::VnetHeader const& vnet, Bytes packet);
  void refuse(packet::IpView const& ip, Route const& route);
  void too_big(packet::IpView const& ip);
  template <class Write>
  void answer(Write const& write);

  Dataplane::State& state_;
  Now const& now_;
  Out& out_;
  std::size_t answers_ = 0;
  IpAddress last_destination_{};
  std::optional<Route> last_route_;
};

/// Work of one call on the receiving side.
class Receiving {
 public:
  Receiving(Dataplane::State& state, Now const& now, Out& out) : state_(state), now_(now), out_(out) {}

  void train(Train const& train);
  /// Hands over what waits to be joined; after it nothing refers to the datagrams but `out`.
  void finish() { state_.coalescer.flush(out_.pieces, out_.tun); }

 private:
  void datagram(Endpoint const& from, MutBytes datagram);
  void data(Endpoint const& from, MutBytes datagram);
  void outside_sessions(Endpoint const& from, Bytes datagram);
  void unknown(Endpoint const& from);
  [[nodiscard]] Session* session_of(ReceiverIndex local);
  [[nodiscard]] bool open(Session& session, MutBytes datagram, std::uint64_t counter);
  void note(Session& session, Endpoint const& from, bool is_newest);
  void content(Session& session, Endpoint const& from, std::uint8_t flags, MutBytes plaintext);
  void packet(PeerSlot slot, std::uint8_t flags, MutBytes plaintext);
  [[nodiscard]] std::optional<Drop> fault_of(PeerSlot slot, packet::IpView const& ip);

  Dataplane::State& state_;
  Now const& now_;
  Out& out_;
  Session* last_session_ = nullptr;
  std::size_t handshakes_ = 0, unknowns_ = 0;
  /// The last pair of addresses that passed, and whose it was.
  std::optional<Family> passed_family_;
  std::array<std::uint8_t, 32> passed_pair_{};
  PeerSlot passed_peer_{};
  bool passed_to_internet_ = false;
};

}  // namespace pim::dataplane
