#include "dataplane/waiting.hpp"

#include <utility>

namespace pim::dataplane {
namespace {

std::size_t cost_of(Bytes packet) { return packet.size() + WaitingQueue::frame_cost; }

}  // namespace

std::size_t WaitingQueue::push(PeerSlot peer, packet::VnetHeader const& vnet, Bytes packet) {
  std::size_t dropped = 0;
  auto const cost = cost_of(packet);
  for (;; ++dropped) {
    auto const it = by_peer_.find(peer.value);
    if (it == by_peer_.end()) break;
    if (it->second.frames.size() < max_frames_per_peer && it->second.bytes + cost <= max_bytes_per_peer) break;
    (void)pop(peer);
  }
  for (; bytes_ + cost > max_bytes && !frames_.empty(); ++dropped) (void)pop(frames_.front().peer);
  frames_.push_back({peer, vnet, Buffer(packet.begin(), packet.end())});
  auto& mine = by_peer_[peer.value];
  mine.frames.push_back(std::prev(frames_.end()));
  mine.bytes += cost;
  bytes_ += cost;
  return dropped;
}

std::optional<WaitingFrame> WaitingQueue::pop(PeerSlot peer) {
  auto const it = by_peer_.find(peer.value);
  if (it == by_peer_.end()) return std::nullopt;
  auto& mine = it->second;
  auto const oldest = mine.frames.front();
  auto frame = std::move(*oldest);
  frames_.erase(oldest);
  mine.frames.pop_front();
  auto const cost = cost_of(frame.packet);
  mine.bytes -= cost;
  bytes_ -= cost;
  if (mine.frames.empty()) by_peer_.erase(it);
  return frame;
}

void WaitingQueue::erase(PeerSlot peer) {
  while (pop(peer)) continue;
}

}  // namespace pim::dataplane
