#include "dataplane/forward.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace pim::dataplane {
namespace {

constexpr std::size_t hop_limit_at = 1;

MutBytes datagram_round(MutBytes plaintext) {
  return {plaintext.data() - wire::data_header_size, wire::data_overhead + plaintext.size()};
}

/// How many from the first on lie end to end.
std::size_t train_at_front(std::span<Forward const> forwards) {
  auto const gap = std::ranges::adjacent_find(forwards, [](Forward const& one, Forward const& next) {
    return one.datagram.data() + one.datagram.size() != next.datagram.data();
  });
  return gap == forwards.end() ? forwards.size() : static_cast<std::size_t>(gap - forwards.begin()) + 1;
}

NodeId prefix_of(NodeId source) {
  std::fill(source.bytes.begin() + wire::transit_source_prefix, source.bytes.end(), std::uint8_t{0});
  return source;
}

}  // namespace

void Forwarding::take(PeerSlot from, wire::Transit const& frame, MutBytes plaintext) {
  if (!state_.table->relays) return state_.drop(Drop::transit_refused);
  auto const talker = talker_of(from, prefix_of(frame.source));
  if (frame.hop_limit <= 1) return drop(talker, Drop::hop_limit);
  auto const hop = hop_to(frame.destination);
  if (!hop || hop->slot == from) return drop(talker, Drop::relay_unreachable);
  auto& forwards = state_.forwards;
  if (!forwards.empty() && forwards.back().hop.slot != hop->slot) is_mixed_ = true;
  auto const flags = wire::needs_head_sealed_only(frame) ? head_sealed : std::uint8_t{0};
  auto const datagram = datagram_round(plaintext);
  forwards.push_back({*hop, datagram, talker, static_cast<std::uint32_t>(forwards.size()), flags});
  state_.talkers.want(talker, datagram.size());
}

void Forwarding::finish() {
  auto& forwards = state_.forwards;
  if (forwards.empty()) return;
  divide();
  if (is_mixed_)
    std::ranges::sort(forwards, {}, [](Forward const& one) { return std::tuple(one.hop.slot, one.number); });
  for (std::span<Forward const> rest = forwards; !rest.empty();) {
    auto const together = rest.first(train_at_front(rest));
    for (auto const& forward : together) send(forward, together.size() > 1);
    rest = rest.subspan(together.size());
  }
  if (!state_.relay_budget.is_limited()) state_.talkers.end_sharing();
  forwards.clear();
}

/// While the way out limits, shares are of a span of time: its many batches may hold one talker each.
void Forwarding::divide() {
  auto const& budget = state_.relay_budget;
  auto const room = std::min(state_.relay_limits.bytes_a_batch, out_.bytes.left());
  state_.talkers.divide(std::min(room, budget.bytes(now_.boot)), budget.is_limited() ? RelayBudget::datagram : 0);
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

void Forwarding::send(Forward const& forward, bool is_in_place) {
  auto const size = forward.datagram.size();
  if (!state_.talkers.take(forward.talker, size)) return state_.drop(Drop::relay_share);
  auto const datagram = is_in_place ? forward.datagram : copy(forward.datagram);
  if (datagram.empty()) return state_.talkers.count_dropped(forward.talker);
  // Whatever a frame claims, no honest node carries it further than its own.
  auto& hop_limit = datagram[wire::data_header_size + hop_limit_at];
  hop_limit = static_cast<std::uint8_t>(std::min(hop_limit, wire::transit_hop_limit) - 1);
  if (!sealing_.seal(forward.hop, datagram, forward.flags)) return state_.talkers.count_dropped(forward.talker);
  auto& peer = *forward.hop.peer;
  if (!is_in_place) out_.bytes.take(size);
  sealing_.append_to_train(*peer.endpoint, datagram, true);
  sealing_.note_data(forward.hop.slot, peer.activity.direct, false);
  state_.talkers.count_sent(forward.talker, size);
}

MutBytes Forwarding::copy(MutBytes datagram) {
  auto* const place = sealing_.begin(datagram.size());
  if (place == nullptr) return {};
  std::memcpy(place, datagram.data(), datagram.size());
  return {place, datagram.size()};
}

void Forwarding::drop(std::size_t talker, Drop reason) {
  state_.drop(reason);
  state_.talkers.count_dropped(talker);
}

}  // namespace pim::dataplane
