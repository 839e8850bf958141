// The receiving side: datagrams are opened where they lie. What was inside a neighbour's transit frame for
// us is opened once more, by the same steps; nothing is opened a third time.
#pragma once

#include <array>

#include "dataplane/forward.hpp"
#include "packet/ip.hpp"

namespace pim::dataplane {

/// For the time of one batch.
class Receiving {
 public:
  Receiving(State& state, Now const& now, Out& out)
      : state_(state), now_(now), out_(out), forwarding_(state, now, out) {}

  void train(Train const& train);
  /// Hands over what waits to be joined or forwarded; after it nothing refers to the datagrams but `out`.
  void finish();

 private:
  /// What has to be kept apart between direct and relayed datagrams.
  struct Side {
    Session* last_session = nullptr;
    std::size_t handshakes = 0, unknowns = 0;
  };

  void datagram(Origin const& from, MutBytes datagram);
  void inside(Origin const& from, bool is_whole, MutBytes datagram);
  void data(Origin const& from, MutBytes datagram);
  void outside_sessions(Origin const& from, Bytes datagram);
  [[nodiscard]] bool open(Session& session, std::uint64_t counter, std::uint8_t flags, MutBytes datagram);
  void unknown(Origin const& from);
  [[nodiscard]] Session* session_of(Origin const& from, ReceiverIndex local);
  [[nodiscard]] bool is_of(Session const& session, Origin const& from) const;
  void note(Session& session, Origin const& from, bool is_newest);
  void content(Session& session, Origin const& from, std::uint8_t flags, MutBytes plaintext);
  void head(PeerSlot neighbour, Origin const& from, MutBytes plaintext);
  void transit(PeerSlot neighbour, Origin const& from, MutBytes plaintext);
  [[nodiscard]] bool is_admitted(PeerSlot slot) const;
  void packet(PeerSlot slot, std::uint8_t flags, MutBytes plaintext);
  [[nodiscard]] std::optional<Drop> fault_of(PeerSlot slot, packet::IpView const& ip);
  [[nodiscard]] Side& side(Origin const& from) { return sides_[from.is_direct() ? 0 : 1]; }

  State& state_;
  Now const& now_;
  Out& out_;
  Forwarding forwarding_;
  std::array<Side, 2> sides_{};
  /// The last pair of addresses that passed, and whose it was.
  std::optional<Family> passed_family_;
  std::array<std::uint8_t, 32> passed_pair_{};
  PeerSlot passed_peer_{};
  bool passed_to_internet_ = false;
};

}  // namespace pim::dataplane
