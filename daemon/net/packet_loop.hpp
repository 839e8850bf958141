// The packet thread: sockets, tunnel, timer and mailbox on one epoll, the pure core in the middle. A turn
// reads the clocks once, takes what waits in batches, lets control settle what the packet path could not,
// and sends everything in one go. It wakes for nothing but these.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "control/control.hpp"
#include "dataplane/dataplane.hpp"
#include "net/beacon_sockets.hpp"
#include "net/counters.hpp"
#include "net/fd.hpp"
#include "net/mailbox.hpp"
#include "net/tun_io.hpp"
#include "net/udp.hpp"

namespace pim::net {

struct CommandInput {
  control::CommandId id = 0;
  control::Command command;
};

/// A tunnel device to use from now on, instead of any earlier one.
struct TunnelAttached {
  Fd device;
  bool takes_udp_segments = false;
};

/// What reaches the packet thread from others.
using PacketInput = std::variant<CommandInput, control::HostNote, TunnelAttached>;
using PacketInbox = Mailbox<PacketInput>;

/// Who does the host's work; called on the packet thread, must not block.
class HostPort {
 public:
  virtual ~HostPort() = default;
  virtual void post(std::vector<control::HostJob> jobs) = 0;
};

/// Who tells clients; called on the packet thread, must not block.
class NotePort {
 public:
  virtual ~NotePort() = default;
  virtual void publish(std::vector<control::Note> notes) = 0;
};

class PacketLoop {
 public:
  /// Counters are published at most so often, and once more after the last change.
  static constexpr Duration counters_every = std::chrono::milliseconds{100};

  struct Parts {
    control::Control& control;
    dataplane::Dataplane& dataplane;
    UdpSockets& udp;
    PacketInbox& inbox;
    Counters& counters;
    HostPort& host;
    NotePort& notes;
    BeaconSockets* beacons = nullptr;  ///< none where discovery is off
  };
  /// All parts must outlive it.
  explicit PacketLoop(Parts const& parts);

  /// Until control says Finished.
  void run();

 private:
  enum class Source : std::uint32_t { udp_v4, udp_v6, beacon_v4, beacon_v6, tunnel, inbox, timer };

  void begin_turn();
  void end_turn();
  /// Waits, then takes what the descriptors that woke it have.
  void take_what_waits();
  void on_source(Source source);
  void take_inbox();
  void on_input(PacketInput input);
  void take_datagrams(Family family);
  void take_beacons(Family family);
  void take_frames();
  void attach(TunnelAttached attached);
  void settle();
  void flush();
  void send_beacons();
  void fold_drops();
  void publish_counters();
  void hand_over();
  void arm_timer();
  void watch(int fd, Source source) const;

  [[nodiscard]] control::Turn turn() { return {now_, out_, outbox_}; }

  Parts parts_;
  TunIo tun_;
  Fd epoll_, timer_;
  dataplane::Out out_;
  control::Outbox outbox_;
  std::vector<dataplane::ToControl> frames_;
  std::vector<PacketInput> inputs_;
  DropCounters drops_{};  ///< of the edges, in this turn
  Now now_{};
  Time armed_ = never;
  Time counters_due_ = never, counters_published_{};
  std::uint32_t slots_seen_ = 0;
  bool is_moving_ = false;  ///< packets passed in this turn
  bool finished_ = false;
};

}  // namespace pim::net
