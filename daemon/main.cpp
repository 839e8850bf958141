// Builds the parts and joins them: who reads what, who tells whom. Everything that decides is elsewhere.
#include <malloc.h>

#include <cstdio>

#include "app/arguments.hpp"
#include "app/clients.hpp"
#include "app/ground.hpp"
#include "app/host_tasks.hpp"
#include "app/log_file.hpp"
#include "app/rpc_adapter.hpp"
#include "app/shared_log.hpp"
#include "app/threads.hpp"
#include "linux/capabilities.hpp"
#include "net/clock.hpp"
#include "net/system_entropy.hpp"
#include "store/identity.hpp"
#include "store/state_folder.hpp"

namespace {

using namespace pim;
using app::Ending;
using app::Exit;

/// Snapshots and answers of megabytes go back to the system at once; by itself the C library learns to keep them.
void give_back_large_memory() {
  constexpr int large = 64 << 10;
  for (int const limit : {M_MMAP_THRESHOLD, M_TRIM_THRESHOLD}) ::mallopt(limit, large);
}

int end(Ending const& ending) {
  if (!ending.message.empty())
    std::fprintf(ending.code == Exit::done ? stdout : stderr, "pim-daemon: %s\n", ending.message.c_str());
  return static_cast<int>(ending.code);
}

/// What may fail before anything runs, in the order in which it does the least harm.
struct Held {
  store::DaemonLock lock;
  app::LogFile log;
  crypto::KeyPair identity;
  net::UdpSockets udp;
  std::optional<net::BeaconSockets> beacons;
};

Result<Held, Ending> take_hold(app::Ground const& ground, Entropy& entropy) {
  auto lock = app::take_ground(ground);
  if (!lock) return fail_with(lock.error());
  auto log = app::LogFile::open(ground.config().log.level, ground.config().log.file);
  if (!log) return fail_with(Ending{Exit::misused, log.error().message});
  store::SystemFiles files;
  auto identity = store::load_or_create_identity(files, store::identity_path(ground.state_folder), entropy);
  if (!identity) return fail_with(Ending{Exit::failed, identity.error().message});
  auto udp = net::UdpSockets::open({ground.config().transport.listen_port, ground.names.mark});
  if (!udp) return fail_with(Ending{Exit::failed, udp.error().message});
  Held held{std::move(lock).value(), std::move(log).value(), std::move(identity).value(), std::move(udp).value(), {}};
  if (auto const& discovery = ground.config().discovery; discovery.enabled) {
    auto beacons = net::BeaconSockets::open({discovery.port, ground.names.mark});
    if (!beacons) return fail_with(Ending{Exit::failed, beacons.error().message});
    held.beacons.emplace(std::move(beacons).value());
  }
  return held;
}

Ending serve(app::Ground const& ground) {
  give_back_large_memory();
  app::hold_signals();
  net::SystemEntropy entropy;
  // Before the sockets: their mark takes the capability.
  auto const able = linux_edge::settle_capabilities();
  auto held = take_hold(ground, entropy);
  if (!held) return held.error();
  auto memory = app::recall(ground);

  app::SharedLog log{held->log};
  net::PacketInbox inbox;
  net::Counters counters;
  host::HostThread host{
      {ground.names, ground.state_folder, ground.tun_path, able ? "" : able.error().message}, inbox, log};
  app::RpcAdapter clients{{inbox, host, counters, held->log, app::gateway_defaults(ground)},
                          app::NoteFeed{memory.impaired ? memory.impaired->reason : "", net::boot_now()}};
  rpc::Server server{app::server_options(ground), clients};
  clients.connect(server);
  log.connect(clients);
  auto const socket = server.listen();
  if (!socket) return {Exit::failed, socket.error().message};
  server.deliver({app::shown_config(ground)});

  dataplane::Dataplane dataplane{{}, {}, entropy.value<HashKey>()};
  control::Control control{app::settings_of(ground),
                           std::move(held->identity),
                           std::move(memory.state),
                           std::move(memory.trusted),
                           dataplane,
                           entropy,
                           std::move(memory.impaired)};
  auto* const beacons = held->beacons ? &*held->beacons : nullptr;
  net::PacketLoop packets{{control, dataplane, held->udp, inbox, counters, host, clients, beacons}};
  log.write(
      {LogLevel::info, "main",
       "pim-daemon " PIM_VERSION " listens on UDP port " + std::to_string(held->udp.port()) + " and on " + *socket});
  return {app::run({packets, host, server, inbox, log, !ground.config().routing.hold_on_exit}), ""};
}

}  // namespace

int main(int count, char** values) {
  auto const parsed = app::parse_arguments(count, values);
  if (auto const* const ended = std::get_if<Exit>(&parsed)) return static_cast<int>(*ended);
  auto const& arguments = std::get<app::Arguments>(parsed);
  auto const ground = app::find_ground(arguments);
  if (!ground) return end(ground.error());
  switch (arguments.task) {
    case app::Task::check_config: return end({Exit::done, "the configuration is good"});
    case app::Task::release: return end(app::release(*ground));
    case app::Task::repair: return end(app::repair(*ground));
    case app::Task::serve: return end(serve(*ground));
  }
  return 0;
}
