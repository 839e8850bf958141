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
};

/// What the packet path saw of one peer; times are Time{} until something happened.
struct PeerActivity {
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

class Dataplane {
 public:
  explicit Dataplane(KeyLimits const& limits = {});
  ~Dataplane();
  Dataplane(Dataplane&&) = delete;

  /// Frames read from the tunnel device. Results are appended to `out`.
  void on_tun(std::span<TunFrame> frames, Now const& now, Out& out);
  /// Datagrams from the network, opened in place. `out` keeps views into them.
  void on_datagrams(std::span<Train> trains, Now const& now, Out& out);

  /// Seals one control message (or an empty keepalive) for a peer with its sending keys. False when
  /// there are none that are still valid, or no endpoint.
  bool seal_control(PeerSlot peer, Bytes plaintext, Now const& now, Out& out);

  void publish(std::shared_ptr<ForwardingTable const> table);
  /// Whether the tunnel device takes UDP super-packets (TUNSETOFFLOAD accepted TUN_F_USO4 | TUN_F_USO6; Linux
  /// 6.2). Off until said, since an older system refuses such writes.
  void join_udp(bool allowed);

  /// Keys become able to open at once; they seal only after use_for_sending.
  void install(SessionKeys keys);
  /// From now on the peer's datagrams are sealed with these keys; waiting packets go out first.
  void use_for_sending(PeerSlot peer, ReceiverIndex local, Now const& now, Out& out);
  /// Forgets and wipes keys; unknown indices are ignored.
  void remove(ReceiverIndex local);
  /// Forgets a peer: keys, endpoint, counters, waiting packets.
  void remove_peer(PeerSlot peer);

  void set_endpoint(PeerSlot peer, Endpoint const& endpoint);
  [[nodiscard]] std::optional<Endpoint> endpoint(PeerSlot peer) const;

  [[nodiscard]] PeerActivity const& activity(PeerSlot peer) const;
  [[nodiscard]] DropCounters const& drops() const;
  /// For edges that throw packets away after the packet path let them go.
  void count_drop(Drop reason, std::uint64_t times = 1);

 private:
  friend class Sending;
  friend class Receiving;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pim::dataplane
