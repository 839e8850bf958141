// The crowd: members behind one port, each with an address of its own, in one loop. They join a few at a time, so that
// the daemon is never asked for more handshakes at once than it answers; then they only live.
#pragma once

#include <memory>
#include <vector>

#include "base/timer_wheel.hpp"
#include "member.hpp"
#include "one_port.hpp"

namespace pim::crowd {

struct Size {
  std::uint32_t members = 0;
  std::uint32_t joining = 0;  ///< at once, at most
  IpAddress first_address{};  ///< the others' follow
};

class Crowd {
 public:
  /// `port` and `ground` must outlive it.
  Crowd(Size const& size, OnePort& port, Ground& ground);

  /// Takes what waits and what is due, or waits for the first of either, until `until` at most.
  void turn(Time until);
  /// Members that the daemon answers at this moment.
  [[nodiscard]] std::uint32_t connected() const { return connected_; }

 private:
  struct Place {
    std::unique_ptr<Member> member;
    bool is_connected = false;
    bool has_joined = false;  ///< it was connected once
  };

  void wait(Time until) const;
  void let_join(Now const& now);
  void take_datagrams(Now const& now);
  void take_deadlines(Now const& now);
  /// Sends what the member's turn brought, and looks how it stands.
  void settle(std::uint32_t number);

  Size size_;
  OnePort& port_;
  Ground& ground_;
  std::vector<Place> places_;
  TimerWheel deadlines_;
  std::uint32_t joined_ = 0, connected_ = 0;
};

}  // namespace pim::crowd
