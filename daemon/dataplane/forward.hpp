// Passes transit frames of others on. They are collected while a batch is opened and sent at its end: by
// then it is known who wants how much (talkers.hpp). The next seal is of the size of the last one, so a train that goes
// on together is sealed where it came in and leaves from there; what came alone is copied, so that it becomes a train.
#pragma once

#include "dataplane/seal.hpp"
#include "wire/transit.hpp"

namespace pim::dataplane {

/// For the time of one batch.
class Forwarding {
 public:
  Forwarding(State& state, Now const& now, Out& out) : state_(state), now_(now), out_(out), sealing_(state, now, out) {}

  /// A frame for another node out of the session of an admitted neighbour. `plaintext` is the frame's bytes, where they
  /// lay in their datagram. All of that stays until Out is cleared, and nobody else reads it.
  void take(PeerSlot from, wire::Transit const& frame, MutBytes plaintext);
  void finish();

 private:
  [[nodiscard]] std::size_t talker_of(PeerSlot from, NodeId const& source);
  [[nodiscard]] std::optional<Link> hop_to(NodeId const& destination);
  void divide();
  void send(Forward const& forward, bool is_in_place);
  /// Behind all others; nothing and counted when the arena is full.
  [[nodiscard]] MutBytes copy(MutBytes datagram);
  void drop(std::size_t talker, Drop reason);

  State& state_;
  Now const& now_;
  Out& out_;
  Sealing sealing_;
  bool is_mixed_ = false;  ///< frames for different hops lie side by side
  // Frames in a row mostly are of one talker and for one node: the last answers.
  std::optional<PeerSlot> last_from_;
  NodeId last_source_{}, last_destination_{};
  std::size_t last_talker_ = 0;
  std::optional<Link> last_hop_;
};

}  // namespace pim::dataplane
