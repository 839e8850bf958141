// One peer of the crowd: control and the packet path that ship, without a host below them. It has the daemon that is
// measured as its only entry, so it dials, says hello, answers, asks an idle link and replaces keys as any pim does.
#pragma once

#include <memory>

#include "control/control.hpp"

namespace pim::crowd {

/// What all members have in common; only one is at work at a time.
struct Ground {
  PublicKey daemon;
  Endpoint daemon_at;
  Entropy& entropy;
  dataplane::Out packets{};
  control::Outbox outbox{};
};

class Member {
 public:
  /// `ground` must outlive it.
  Member(std::uint32_t number, IpAddress const& address, Ground& ground);

  // After each of them ground.packets.trains is to be sent.
  void start(Now const& now);
  void on_datagram(Endpoint const& from, MutBytes datagram, Now const& now);
  void on_deadline(Now const& now);

  [[nodiscard]] IpAddress const& address() const { return address_; }
  [[nodiscard]] Time next_deadline() const { return control_.next_deadline(); }
  /// The daemon answers, and over a link that is proven both ways.
  [[nodiscard]] bool is_connected() const;

 private:
  template <class Call>
  void turn(Now const& now, Call const& call);
  void settle_frames(control::Turn& turn);
  void answer_host(control::Turn& turn);

  Ground& ground_;
  IpAddress address_;
  NodeId daemon_;
  dataplane::Dataplane dataplane_;
  control::Control control_;
};

}  // namespace pim::crowd
