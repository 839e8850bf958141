// The packet path: seals what comes from the tunnel, opens what comes from the network, both in batches,
// and decides nothing. Control installs keys, sets endpoints and publishes forwarding tables between
// batches, on the same thread. Nothing here allocates, locks, logs or reads a clock per packet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/drop.hpp"
#include "base/time.hpp"
#include "crypto/secret.hpp"
#include "dataplane/forwarding_table.hpp"
#include "dataplane/io.hpp"
#include "dataplane/talkers.hpp"
#include "wire/transit.hpp"

namespace pim::dataplane {

/// The two keys of one established session direction pair.
struct SessionKeys {
  PeerSlot peer;
  ReceiverIndex local;   ///< stands in datagrams to us
  ReceiverIndex remote;  ///< stands in datagrams to the peer
  crypto::Key send;
  crypto::Key receive;
  Time rekey_after{};  ///< first send past it reports RekeyWanted, once
  Time expires{};      ///< nothing is sealed or opened under these keys from then on
  NodeId node{};       ///< who holds the other end: what is sealed with them finds its way by this
};

/// What the packet path saw of one peer; times are Time{} until something happened.
struct PeerActivity {
  struct Path {
    Time last_received{};   ///< any authenticated datagram that came this way
    Time last_data_sent{};  ///< IP packets, and on a direct path all that was relayed over it
  };
  Path direct, relayed;
  Time last_received{};  ///< any authenticated datagram
  Time last_sent{};      ///< any sealed datagram
  Time last_data_received{};
  Time last_internet_received{};  ///< a packet that this node, as a gateway, hands on to the internet
  Time last_data_sent{};
  Time awaiting_since = never;               ///< first data sent after the last reception; never when answered
  std::uint64_t rx_bytes = 0, tx_bytes = 0;  ///< inner bytes of IP packets
  std::uint64_t rx_packets = 0, tx_packets = 0;
};

/// How many datagrams one key seals: defaults as WireGuard's, which leave ChaCha20-Poly1305 far from harm.
struct KeyLimits {
  std::uint64_t rekey_after = std::uint64_t{1} << 60;              ///< the next one reports RekeyWanted
  std::uint64_t reject_after = ~std::uint64_t{0} - (1 << 13) + 1;  ///< none beyond: Drop::counter_exhausted
};

/// What this node carries for others.
struct RelayLimits {
  /// Of sealed datagrams, in one call of on_datagrams. They never take more than the arena has left, nor more than
  /// lately got out where the way out is too narrow for them.
  std::size_t bytes_a_batch = ~std::size_t{0};
};

/// Which way a sealed datagram goes.
enum class Way : std::uint8_t {
  chosen,  ///< as set_relay says
  direct,  ///< to the peer's endpoint
};

struct State;

class Dataplane {
 public:
  /// `hash_key`: secret and random, since strangers choose node ids; the default is for tests.
  explicit Dataplane(KeyLimits const& limits = {}, RelayLimits const& relay = {}, HashKey hash_key = {});
  ~Dataplane();
  Dataplane(Dataplane&&) = delete;

  /// Frames read from the tunnel device. Results are appended to `out`.
  void on_tun(std::span<TunFrame> frames, Now const& now, Out& out);
  /// Datagrams from the network, opened in place. `out` keeps views into them.
  void on_datagrams(std::span<Train> trains, Now const& now, Out& out);

  /// The two answers to AddressWanted. `resend` goes on as if the table had named this peer; `refuse` counts
  /// no_route and tells the host.
  void resend(PeerSlot peer, packet::VnetHeader const& vnet, MutBytes packet, Now const& now, Out& out);
  void refuse(Bytes packet, Now const& now, Out& out);

  /// What became of the trains of a turn; said after each. What is relayed follows it (relay_budget.hpp).
  void on_sent(SentBytes const& sent, Time now);

  /// Seals one control message (or an empty keepalive) for a peer with its sending keys. False when
  /// there are none that are still valid, or when the way ends: no endpoint, a relay without either.
  bool seal_control(PeerSlot peer, Bytes plaintext, Now const& now, Out& out, Way way = Way::chosen);
  /// Hands a neighbour a frame of our own, as it is: handshakes with nodes beyond. False as above.
  bool send_transit(PeerSlot neighbour, wire::Transit const& frame, Now const& now, Out& out);

  void publish(std::unique_ptr<ForwardingTable> table);
  /// In the table that was published last: ForwardingTable::give_up_addresses and set_policy.
  void give_up_addresses(PeerSlot peer);
  void set_policy(PeerSlot peer, PeerPolicy const& policy, bool is_reachable);
  /// Whether the tunnel device takes UDP super-packets (TUNSETOFFLOAD accepted TUN_F_USO4 | TUN_F_USO6; Linux
  /// 6.2). Off until said, since an older system refuses such writes.
  void join_udp(bool allowed);

  /// Keys become able to open at once; they seal only after use_for_sending.
  void install(SessionKeys keys);
  /// From now on the peer's datagrams are sealed with these keys; waiting packets go out first.
  void use_for_sending(PeerSlot peer, ReceiverIndex local, Now const& now, Out& out);
  /// Forgets and wipes keys; unknown indices are ignored.
  void remove(ReceiverIndex local);
  /// Forgets a peer: keys, endpoint, relay, counters, waiting packets. Next hops and relays that name it lead
  /// nowhere from then on, also when its slot is given to another, until they are set again.
  void remove_peer(PeerSlot peer);

  void set_endpoint(PeerSlot peer, Endpoint const& endpoint);
  [[nodiscard]] std::optional<Endpoint> endpoint(PeerSlot peer) const;
  /// From now on this peer's datagrams travel inside that neighbour's session; nobody, or the peer itself:
  /// directly.
  void set_relay(PeerSlot peer, std::optional<PeerSlot> neighbour);
  /// Where transit frames of others for this node go; nobody: they are dropped.
  void set_next_hop(NodeId const& destination, std::optional<PeerSlot> neighbour);

  // -- for those who look on
  [[nodiscard]] std::optional<PeerSlot> next_hop(NodeId const& destination) const;
  /// Nobody: the peer's datagrams go to its endpoint.
  [[nodiscard]] std::optional<PeerSlot> relay(PeerSlot peer) const;
  [[nodiscard]] std::size_t session_count() const;
  [[nodiscard]] PeerActivity const& activity(PeerSlot peer) const;
  /// What was relayed, by talker; the first row is the sum of those that have none of their own.
  [[nodiscard]] std::span<Talker const> relayed() const;
  [[nodiscard]] DropCounters const& drops() const;
  /// For edges that throw packets away after the packet path let them go.
  void count_drop(Drop reason, std::uint64_t times = 1);

 private:
  std::unique_ptr<State> state_;
};

}  // namespace pim::dataplane
