// The sending side: packets from the tunnel device and control messages become sealed datagrams. One that
// travels through a relay is sealed twice in one buffer, which grows from the inside:
//
//   | data header 16 | transit header 32 | data header 16 | plaintext | tag 16 | tag 16 |
//                                        '----- sealed for the peer ----------'
//   '-- sealed for the neighbour ----------------------------------------------------'
#pragma once

#include "dataplane/policy.hpp"
#include "dataplane/seal.hpp"
#include "packet/segment.hpp"
#include "wire/transit.hpp"

namespace pim::dataplane {

/// Where a sealed datagram goes and with what.
struct Outbound {
  Link end;
  std::optional<Link> relay{};  ///< inside whose session; nobody: directly

  [[nodiscard]] Endpoint const& place() const { return *(relay ? *relay : end).peer->endpoint; }
  /// What the relay's session adds in front of the datagram and behind it.
  [[nodiscard]] std::size_t lead() const { return relay ? wire::data_header_size + wire::transit_header_size : 0; }
  [[nodiscard]] std::size_t trail() const { return relay ? wire::data_tag_size : 0; }
  [[nodiscard]] std::size_t size_of(std::size_t plaintext) const {
    return lead() + wire::data_overhead + plaintext + trail();
  }
};

/// For the time of one call.
class Sending {
 public:
  Sending(State& state, Now const& now, Out& out) : state_(state), now_(now), out_(out), sealing_(state, now, out) {}

  void frame(TunFrame const& frame);
  /// As `frame`, for one whose peer is known already.
  void frame_to(PeerSlot slot, packet::VnetHeader const& vnet, MutBytes packet);
  /// As `frame`, for one whose address nobody holds.
  void refuse(Bytes packet);
  bool control(PeerSlot slot, Bytes plaintext, Way way);
  bool transit(PeerSlot neighbour, wire::Transit const& frame);

 private:
  [[nodiscard]] Route const& route_to(packet::IpView const& ip);
  [[nodiscard]] std::optional<Outbound> outbound(PeerSlot slot, Way way);
  void whole(Outbound const& to, packet::VnetHeader const& vnet, packet::IpView const& ip, MutBytes packet);
  void segments(Outbound const& to, packet::Segmenter const& segmenter, packet::IpView const& ip);
  [[nodiscard]] std::uint8_t* begin(Outbound const& to, std::size_t plaintext);
  [[nodiscard]] bool finish(Outbound const& to, std::size_t plaintext, std::uint8_t flags);
  [[nodiscard]] bool wrap(Outbound const& to, MutBytes datagram);
  void note_data(Outbound const& to);
  void wait(PeerSlot slot, packet::VnetHeader const& vnet, Bytes packet);
  void want(TunFrame const& frame, packet::IpView const& ip);
  void refuse(packet::IpView const& ip, Route const& route);
  void too_big(packet::IpView const& ip);
  template <class Write>
  void answer(Write const& write);

  State& state_;
  Now const& now_;
  Out& out_;
  Sealing sealing_;
  std::size_t answers_ = 0, wanted_ = 0;
  IpAddress last_destination_{};
  std::optional<Route> last_route_;
};

}  // namespace pim::dataplane
