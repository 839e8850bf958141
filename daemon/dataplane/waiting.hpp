// Packets of this host that wait for a session: copies, bounded per peer and in all. What comes beyond a
// bound pushes out the oldest, since an application repeats what it still needs.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "packet/vnet.hpp"

namespace pim::dataplane {

struct WaitingFrame {
  PeerSlot peer;
  packet::VnetHeader vnet;
  Buffer packet;
};

class WaitingQueue {
 public:
  static constexpr std::size_t max_frames_per_peer = 32;
  static constexpr std::size_t max_bytes_per_peer = std::size_t{256} << 10;
  static constexpr std::size_t max_bytes = std::size_t{1} << 20;
  /// What a frame counts beyond its bytes, so that small ones are bounded too.
  static constexpr std::size_t frame_cost = 128;

  /// Copies the frame; returns how many older ones had to go.
  std::size_t push(PeerSlot peer, packet::VnetHeader const& vnet, Bytes packet);
  /// The peer's oldest frame.
  std::optional<WaitingFrame> pop(PeerSlot peer);
  /// Forgets all of the peer's frames.
  void erase(PeerSlot peer);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  using Frames = std::list<WaitingFrame>;
  struct OfPeer {
    std::deque<Frames::iterator> frames;
    std::size_t bytes = 0;
  };

  Frames frames_;  ///< of all peers, oldest first: so a peer's oldest comes before its others
  std::unordered_map<std::uint32_t, OfPeer> by_peer_;
  std::size_t bytes_ = 0;
};

}  // namespace pim::dataplane
