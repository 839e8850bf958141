// Passes transit frames of others on. They are collected while a batch is opened and sent at its end: by
// then it is known who wants how much (talkers.hpp), and those for one next hop lie together.
#pragma once

#include "dataplane/seal.hpp"
#include "wire/transit.hpp"

namespace pim::dataplane {

/// For the time of one batch.
class Forwarding {
 public:
  Forwarding(State& state, Now const& now, Out& out) : state_(state), now_(now), out_(out), sealing_(state, now, out) {}

  /// A frame for another node out of the session of an admitted neighbour. `plaintext` is the frame's bytes,
  /// which have to stay until finish().
  void take(PeerSlot from, wire::Transit const& frame, Bytes plaintext);
  void finish();

 private:
  [[nodiscard]] std::size_t talker_of(PeerSlot from, NodeId const& source);
  [[nodiscard]] std::optional<Link> hop_to(NodeId const& destination);
  void send(Forward const& forward);
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
