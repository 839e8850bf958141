// Runs the three threads until the daemon is done, and turns signals into a command. The order of the end:
// control has finished, then the host's last jobs, then clients have their last answers.
#pragma once

#include "app/arguments.hpp"
#include "base/log.hpp"
#include "host/host_thread.hpp"
#include "net/packet_loop.hpp"
#include "rpc/server.hpp"

namespace pim::app {

struct Threads {
  net::PacketLoop& packet;
  host::HostThread& host;
  rpc::Server& rpc;
  net::PacketInbox& inbox;
  LogSink& log;
  /// SIGTERM and SIGINT take a block along.
  bool release_on_signal = false;
};

/// SIGTERM and SIGINT wait from now on, in every thread made later. Call before the first one.
void hold_signals();

/// Returns when all three threads have ended. What does not end in time, or a second signal, ends the process
/// at once: the host then stays as it is, a block included.
[[nodiscard]] Exit run(Threads const& threads);

}  // namespace pim::app
