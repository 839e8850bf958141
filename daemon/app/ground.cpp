#include "app/ground.hpp"

#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "config/settings.hpp"
#include "linux/capabilities.hpp"
#include "linux/links.hpp"
#include "linux/tun.hpp"
#include "protocol/caller.hpp"
#include "store/state_file.hpp"
#include "store/state_folder.hpp"
#include "store/trust_file.hpp"

namespace pim::app {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "pim";
  return name.data();
}

/// The uplink of this moment, for a gateway that was configured without one.
std::string default_uplink(plan::Names const& names) {
  auto const links = linux_edge::read_links(names);
  if (!links) return {};
  auto const found = std::ranges::find_if(
      links->links, [](plan::Link const& link) { return link.up && (link.has_default_v4 || link.has_default_v6); });
  return found != links->links.end() ? found->name : std::string{};
}

/// By sudo the daemon of the user who called it is meant: its configuration, its state folder, and files in it that
/// stay that user's.
Result<void> act_for_caller(config::Environment& environment) {
  auto const caller = protocol::sudo_caller();
  if (!caller) return {};
  environment.home = caller->home;
  return linux_edge::continue_as(caller->name, caller->uid, caller->gid);
}

}  // namespace

Result<Ground, Ending> find_ground(Arguments const& arguments) {
  auto environment = config::Environment::from_process();
  if (arguments.task == Task::release || arguments.task == Task::repair)
    if (auto const acting = act_for_caller(environment); !acting)
      return fail_with(Ending{Exit::failed, acting.error().message});
  if (!arguments.config_path.empty()) environment.pim_config_path = arguments.config_path;
  auto loaded = config::load(environment);
  if (!loaded) return fail_with(Ending{Exit::misused, loaded.error().message});
  Ground ground{std::move(loaded).value(), {}, {}, {}};
  ground.state_folder = config::state_folder(ground.config(), environment);
  if (ground.state_folder.empty())
    return fail_with(
        Ending{Exit::misused, "no folder for the state is known: set HOME, XDG_STATE_HOME or [node] data_dir"});
  // For machines on which the usual path is closed to users, and for tests.
  auto const* const tun_path = std::getenv("PIM_TUN_PATH");
  ground.tun_path = tun_path != nullptr ? tun_path : linux_edge::default_tun_path;
  ground.names = plan::make_names(ground.config().interface.name);
  return ground;
}

Result<store::DaemonLock, Ending> take_ground(Ground const& ground) {
  if (auto const prepared = store::prepare_state_folder(ground.state_folder); !prepared)
    return fail_with(Ending{Exit::failed, prepared.error().message});
  auto lock = store::DaemonLock::acquire(store::lock_path(ground.state_folder));
  if (!lock) return fail_with(Ending{Exit::already_running, lock.error().message});
  return std::move(lock).value();
}

Memory recall(Ground const& ground) {
  Memory memory;
  if (auto trusted = store::load_trust(store::trust_path(ground.state_folder)))
    memory.trusted = std::move(trusted).value();
  else
    memory.impaired = control::Impairment{trusted.error().message};
  auto const state_path = store::state_path(ground.state_folder);
  if (auto state = store::load_state(state_path)) {
    memory.state = std::move(state).value();
    return memory;
  } else if (!memory.impaired) {
    memory.impaired = control::Impairment{state.error().message};
  }
  // The answer about routing cannot be read. The tunnel device outlives a daemon only while routing is on,
  // so its presence tells what the answer was: such a block stays. After a reboot the state before this one
  // is the only witness.
  memory.state.routing_answer = ::if_nametoindex(ground.names.interface.c_str()) != 0 ||
                                store::previous_routing_answer(state_path).value_or(false);
  return memory;
}

control::Settings settings_of(Ground const& ground) {
  auto settings = config::settings_of(ground.config(), host_name());
  if (settings.gateway && settings.gateway->nat_interface.empty()) {
    settings.gateway->nat_interface = default_uplink(ground.names);
    if (settings.gateway->nat_interface.empty()) settings.gateway.reset();
  }
  return settings;
}

}  // namespace pim::app
