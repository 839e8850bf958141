// All decisions of a node, as a pure machine: who is trusted, which keys are in force, where the internet
// is routed, what the host should look like. Everything that happens arrives as one of the calls below
// with its instant; everything it wants leaves through the Turn. It installs keys and publishes forwarding
// tables in the packet path, which runs on the same thread.
#pragma once

#include <memory>
#include <span>

#include "base/entropy.hpp"
#include "base/refused_claim.hpp"
#include "control/commands.hpp"
#include "control/outbox.hpp"
#include "control/peer.hpp"
#include "control/settings.hpp"
#include "crypto/x25519.hpp"
#include "dataplane/dataplane.hpp"

namespace pim::control {

/// What could not be read at the start: the mesh stays off, an existing block stays, `route off` works.
struct Impairment {
  std::string reason;
};

/// How much a node holds.
struct Sizes {
  std::size_t nodes = 0;  ///< that routing knows
  std::size_t peers = 0, handshakes = 0;
  std::size_t indices = 0;    ///< receiver indices in use
  std::size_t endpoints = 0;  ///< by which a peer is found
};

class Machine;

class Control {
 public:
  /// `dataplane` and `entropy` must outlive it.
  Control(Settings settings, crypto::KeyPair identity, SavedState saved, trust::Snapshot trusted,
          dataplane::Dataplane& dataplane, Entropy& entropy, std::optional<Impairment> impaired = std::nullopt);
  ~Control();

  /// Once, first: shows everything, restores the block if it was on, begins to meet peers.
  void on_start(Turn& turn);
  /// What the packet path could not settle itself; `frames` must not lie in turn.packets.
  void on_frames(std::span<dataplane::ToControl const> frames, Turn& turn);
  void on_deadline(Turn& turn);
  /// What came to the discovery port.
  void on_beacons(std::span<discovery::Received const> beacons, Turn& turn);
  void on_command(CommandId id, Command command, Turn& turn);
  void on_host(HostNote note, Turn& turn);

  /// When on_deadline is due next; `never` when nothing is.
  [[nodiscard]] Time next_deadline() const;

  /// What peers said and was not believed, since the start.
  [[nodiscard]] RefusedClaims const& refused_claims() const;

  // -- for those who look on
  [[nodiscard]] mesh::Routing const& routes() const;
  /// Null for a node that is none; valid until the next turn.
  [[nodiscard]] Peer const* peer(NodeId const& id) const;
  /// Of this run: what its peers hold as Peer::life.
  [[nodiscard]] wire::BootEpoch life() const;
  [[nodiscard]] Sizes sizes() const;

 private:
  std::unique_ptr<Machine> machine_;
};

}  // namespace pim::control
