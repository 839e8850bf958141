// Seals datagrams, and joins those that lie end to end to trains. Inline, since every datagram that leaves goes
// through all of it: calls between files cost a small packet 4 %.
#pragma once

#include "dataplane/flags.hpp"
#include "dataplane/state.hpp"
#include "wire/data.hpp"

namespace pim::dataplane {

/// What the seal of a datagram covers beside its header. With head_sealed it is too short when this is nothing.
[[nodiscard]] inline MutBytes sealed_part(MutBytes datagram, std::uint8_t flags) {
  auto const plaintext = datagram.subspan(wire::data_header_size, datagram.size() - wire::data_overhead);
  if ((flags & head_sealed) == 0) return plaintext;
  return plaintext.first(plaintext.size() >= wire::transit_head_size ? wire::transit_head_size : 0);
}

/// For the time of one call.
class Sealing {
 public:
  static constexpr std::size_t max_train_segments = 64;  ///< UDP_MAX_SEGMENTS of kernels before 6.8
  static constexpr std::size_t max_train_bytes = 65507;  ///< what one IPv4 UDP datagram carries
  /// Below the second after which silence is suspicious, so that each new stretch of data is watched.
  static constexpr Duration busy_again = std::chrono::milliseconds(750);

  Sealing(State& state, Now const& now, Out& out) : state_(state), now_(now), out_(out) {}

  /// Room for a datagram behind all others in the arena, to be taken once it is sealed; null and counted when that is
  /// full.
  [[nodiscard]] std::uint8_t* begin(std::size_t size);
  /// Writes header and tag round the plaintext that `datagram` holds, and encrypts it in place; with head_sealed
  /// among the flags, its head alone. False and counted when the key is used up.
  [[nodiscard]] bool seal(Link const& to, MutBytes datagram, std::uint8_t flags);
  /// A datagram leaves. It stays where it is until Out is cleared.
  void append_to_train(Endpoint const& endpoint, Bytes datagram, bool is_relayed);
  /// Data goes out on this path of a peer.
  void note_data(PeerSlot slot, PeerActivity::Path& path, bool is_relayed);

 private:
  State& state_;
  Now const& now_;
  Out& out_;
};

inline std::uint8_t* Sealing::begin(std::size_t size) {
  auto* const datagram = out_.bytes.room(size);
  if (datagram == nullptr) state_.drop(Drop::congestion);
  return datagram;
}

inline bool Sealing::seal(Link const& to, MutBytes datagram, std::uint8_t flags) {
  auto& session = *to.session;
  if (session.next_counter >= state_.key_limits.reject_after) {
    state_.drop(Drop::counter_exhausted);
    return false;
  }
  auto const counter = session.next_counter++;
  wire::write_data_header(datagram, {.flags = {flags, 0, 0}, .receiver = session.remote, .counter = counter});
  auto const header = datagram.first(wire::data_header_size), tag = datagram.last(wire::data_tag_size);
  auto const part = sealed_part(datagram, flags);
  if ((flags & head_sealed) != 0)
    state_.sessions.head_sealer_of(session).seal(counter, header, part, tag);
  else
    state_.sessions.ciphers_of(session).sealer.seal(counter, header, part, tag);
  to.peer->activity.last_sent = now_.boot;
  if (!session.rekey_reported && (now_.boot >= session.rekey_after || counter >= state_.key_limits.rekey_after)) {
    session.rekey_reported = true;
    out_.control.push_back(RekeyWanted{to.slot});
  }
  return true;
}

/// Into the last train if it is one more of its size.
inline void Sealing::append_to_train(Endpoint const& endpoint, Bytes datagram, bool is_relayed) {
  if (!out_.trains.empty()) {
    auto& [to, data, segment, is_for_others] = out_.trains.back();
    bool const is_whole = data.size() % segment == 0;  // a shorter one ended it
    bool const is_next = data.data() + data.size() == datagram.data() && to == endpoint && is_for_others == is_relayed;
    if (is_whole && is_next && datagram.size() <= segment && data.size() + datagram.size() <= max_train_bytes &&
        data.size() / segment < max_train_segments) {
      data = {data.data(), data.size() + datagram.size()};
      return;
    }
  }
  out_.trains.push_back({endpoint, datagram, datagram.size(), is_relayed});
}

inline void Sealing::note_data(PeerSlot slot, PeerActivity::Path& path, bool is_relayed) {
  if (now_.boot - path.last_data_sent >= busy_again) out_.control.push_back(PathBusy{slot, is_relayed});
  path.last_data_sent = now_.boot;
}

}  // namespace pim::dataplane
