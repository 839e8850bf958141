#include "member.hpp"

#include <utility>

#include "crypto/hash.hpp"

namespace pim::crowd {
namespace {

control::Settings settings_of(std::uint32_t number, Ground const& ground) {
  control::Settings settings;
  settings.name = "member" + std::to_string(number);
  control::PeerEntry daemon;
  daemon.entry_id = "daemon";
  daemon.address = {to_string(ground.daemon_at.ip), ground.daemon_at.port};
  daemon.public_key = ground.daemon;
  settings.peers.push_back(daemon);
  return settings;
}

}  // namespace

Member::Member(std::uint32_t number, IpAddress const& address, Ground& ground)
    : ground_(ground),
      address_(address),
      daemon_(crypto::node_id_of(ground.daemon)),
      control_(settings_of(number, ground), crypto::KeyPair::generate(ground.entropy), {}, {}, dataplane_,
               ground.entropy) {}

void Member::start(Now const& now) {
  turn(now, [&](control::Turn& turn) {
    control_.on_start(turn);
    control_.on_host(control::TunnelReady{}, turn);
  });
}

void Member::on_datagram(Endpoint const& from, MutBytes datagram, Now const& now) {
  dataplane::Train train{from, datagram, datagram.size()};
  turn(now, [&](control::Turn& turn) { dataplane_.on_datagrams({&train, 1}, turn.now, turn.packets); });
}

void Member::on_deadline(Now const& now) {
  turn(now, [&](control::Turn& turn) { control_.on_deadline(turn); });
}

bool Member::is_connected() const {
  auto const* const daemon = control_.peer(daemon_);
  return daemon != nullptr && daemon->alive && daemon->link.is_up();
}

template <class Call>
void Member::turn(Now const& now, Call const& call) {
  ground_.packets.clear();
  control::Turn turn{now, ground_.packets, ground_.outbox};
  call(turn);
  settle_frames(turn);
  answer_host(turn);
}

void Member::settle_frames(control::Turn& turn) {
  while (!turn.packets.control.empty()) {
    auto const frames = std::exchange(turn.packets.control, {});
    control_.on_frames(frames, turn);
  }
}

/// A host that does at once whatever it is asked, and keeps nothing.
void Member::answer_host(control::Turn& turn) {
  while (!turn.outbox.host.empty()) {
    for (auto const& job : std::exchange(turn.outbox.host, {})) {
      if (auto const* const plan = std::get_if<control::ApplyPlan>(&job))
        control_.on_host(control::PlanApplied{plan->number, {}, turn.now.wall}, turn);
      else if (auto const* const state = std::get_if<control::SaveState>(&job))
        control_.on_host(control::Stored{control::Store::state, state->number, {}}, turn);
      else if (auto const* const trust = std::get_if<control::SaveTrust>(&job))
        control_.on_host(control::Stored{control::Store::trust, trust->number, {}}, turn);
    }
    settle_frames(turn);
  }
  turn.outbox.clear();
}

}  // namespace pim::crowd
