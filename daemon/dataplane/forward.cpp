#include "dataplane/forward.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace pim::dataplane {
namespace {

constexpr std::size_t hop_limit_at = 1;

/// The neighbour keeps the size: it adds what the last one took off.
std::size_t sealed_size(Bytes frame) { return wire::data_overhead + frame.size(); }

NodeId prefix_of(NodeId source) {
  std::fill(source.bytes.begin() + wire::transit_source_prefix, source.bytes.end(), std::uint8_t{0});
  return source;
}

}  // namespace

void Forwarding::take(PeerSlot from, wire::Transit const& frame, Bytes plaintext) {
  if (!state_.table->relays) return state_.drop(Drop::transit_refused);
  auto const talker = talker_of(from, prefix_of(frame.source));
  if (frame.hop_limit <= 1) return drop(talker, Drop::hop_limit);
  auto const hop = hop_to(frame.destination);
  if (!hop || hop->slot == from) return drop(talker, Drop::relay_unreachable);
  auto& forwards = state_.forwards;
  if (!forwards.empty() && forwards.back().hop.slot != hop->slot) is_mixed_ = true;
  auto const flags = wire::needs_head_sealed_only(frame) ? head_sealed : std::uint8_t{0};
  forwards.push_back({*hop, plaintext, talker, static_cast<std::uint32_t>(forwards.size()), flags});
  state_.talkers.want(talker, sealed_size(plaintext));
}

void Forwarding::finish() {
  auto& forwards = state_.forwards;
  if (forwards.empty()) return;
  state_.talkers.divide(std::min(state_.relay_limits.bytes_a_batch, out_.bytes.left()));
  if (is_mixed_)
    std::ranges::sort(forwards, {}, [](Forward const& one) { return std::tuple(one.hop.slot, one.number); });
  for (auto const& forward : forwards) send(forward);
  state_.talkers.end_batch();
  forwards.clear();
}

std::size_t Forwarding::talker_of(PeerSlot from, NodeId const& source) {
  if (last_from_ != from || last_source_ != source) {
    last_talker_ = state_.talkers.row_of({state_.table->peers[from.value].id, source}, now_.boot);
    last_from_ = from;
    last_source_ = source;
  }
  return last_talker_;
}

std::optional<Link> Forwarding::hop_to(NodeId const& destination) {
  if (!last_hop_ || last_destination_ != destination) {
    auto const* const hop = state_.next_hops.find(destination);
    last_hop_ = hop != nullptr ? state_.link(*hop, now_.boot) : std::nullopt;
    last_destination_ = destination;
  }
  return last_hop_;
}

void Forwarding::send(Forward const& forward) {
  auto const size = sealed_size(forward.frame);
  if (!state_.talkers.take(forward.talker, size)) return state_.drop(Drop::relay_share);
  auto* const place = sealing_.begin(size);
  if (place == nullptr) return state_.talkers.count_dropped(forward.talker);
  MutBytes const datagram{place, size};
  std::memcpy(place + wire::data_header_size, forward.frame.data(), forward.frame.size());
  --place[wire::data_header_size + hop_limit_at];
  if (!sealing_.seal(forward.hop, datagram, forward.flags)) return state_.talkers.count_dropped(forward.talker);
  auto& peer = *forward.hop.peer;
  sealing_.append_to_train(*peer.endpoint, size);
  sealing_.note_data(forward.hop.slot, peer.activity.direct, false);
  state_.talkers.count_sent(forward.talker, size);
}

void Forwarding::drop(std::size_t talker, Drop reason) {
  state_.drop(reason);
  state_.talkers.count_dropped(talker);
}

}  // namespace pim::dataplane
