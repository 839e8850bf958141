#include "app/host_tasks.hpp"

#include "linux/capabilities.hpp"
#include "linux/host_adapter.hpp"
#include "linux/links.hpp"
#include "linux/resolvers.hpp"
#include "net/clock.hpp"
#include "net/system_entropy.hpp"
#include "store/identity.hpp"
#include "store/state_file.hpp"
#include "store/state_folder.hpp"

namespace pim::app {
namespace {

linux_edge::HostSettings host_settings(Ground const& ground) {
  return {.state_dir = ground.state_folder, .tun_path = ground.tun_path};
}

/// The running daemon is the one to ask.
Ending refuse_beside_a_daemon(Ending const& locked) {
  if (locked.code != Exit::already_running) return locked;
  return {locked.code, locked.message + "; use `pim route off` while it runs"};
}

/// What control would ask of the host at a start: it is a pure machine, so it can simply be asked.
std::optional<plan::Input> plan_at_start(Ground const& ground, crypto::KeyPair identity, Memory memory) {
  net::SystemEntropy entropy;
  dataplane::Dataplane dataplane;
  control::Control control{settings_of(ground),       std::move(identity), std::move(memory.state),
                           std::move(memory.trusted), dataplane,           entropy,
                           std::move(memory.impaired)};
  dataplane::Out packets;
  control::Outbox outbox;
  control::Turn turn{net::read_clocks(), packets, outbox};
  control.on_start(turn);
  if (auto links = linux_edge::read_links(ground.names))
    control.on_host(control::LinksChanged{std::move(links).value(), linux_edge::read_uplink_resolvers()}, turn);
  std::optional<plan::Input> input;
  for (auto& job : outbox.host)
    if (auto* const apply = std::get_if<control::ApplyPlan>(&job)) input = std::move(apply->input);
  return input;
}

}  // namespace

Ending release(Ground const& ground) {
  auto const lock = take_ground(ground);
  if (!lock) return refuse_beside_a_daemon(lock.error());
  if (auto const able = linux_edge::settle_capabilities(); !able) return {Exit::failed, able.error().message};
  // First the answer: a start in between must not put back what is being taken away.
  store::SystemFiles files;
  auto const path = store::state_path(ground.state_folder);
  auto state = store::load_state(path);
  std::string unsaved = state ? "" : state.error().message;
  if (state) {
    state->routing_answer = false;
    if (auto const saved = store::save_state(files, path, *state); !saved) unsaved = saved.error().message;
  }
  if (auto const released = linux_edge::release_host(ground.names, host_settings(ground)); !released)
    return {Exit::failed, released.error().message};
  if (!unsaved.empty())
    return {Exit::failed,
            "released, but the answer could not be stored, so that the next start may block again: " + unsaved};
  return {Exit::done, "released: nothing of pim is left on this host's network"};
}

Ending repair(Ground const& ground) {
  auto const lock = take_ground(ground);
  if (!lock) return refuse_beside_a_daemon(lock.error());
  if (auto const able = linux_edge::settle_capabilities(); !able) return {Exit::failed, able.error().message};
  store::SystemFiles files;
  net::SystemEntropy entropy;
  auto identity = store::load_or_create_identity(files, store::identity_path(ground.state_folder), entropy);
  if (!identity) return {Exit::failed, identity.error().message};
  auto const input = plan_at_start(ground, std::move(identity).value(), recall(ground));
  bool const blocks = input && input->routing == plan::Routing::on;
  auto const repaired = blocks ? linux_edge::repair_host(plan::make_plan(*input), host_settings(ground))
                               : linux_edge::release_host(ground.names, host_settings(ground));
  if (!repaired) return {Exit::failed, repaired.error().message};
  return {Exit::done,
          blocks ? "repaired: the block is in force" : "repaired: nothing of pim is left, as routing is off"};
}

}  // namespace pim::app
