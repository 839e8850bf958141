#include "control/machine.hpp"

#include <algorithm>

#include "crypto/hash.hpp"
#include "mesh/addresses.hpp"

namespace pim::control {
namespace {

/// Of this life: newer than any of the last one, unless that crashed as it leapt (see reserve_seqno).
mesh::Seqno first_seqno(SavedState const& saved, Entropy& entropy) {
  return saved.seqno_reserved ? static_cast<mesh::Seqno>(*saved.seqno_reserved + 1) : entropy.value<mesh::Seqno>();
}

IpAddress first_alias(Settings const& settings, SavedState const& saved, NodeId const& self) {
  if (settings.mesh_v4) return *settings.mesh_v4;
  return saved.own_alias && mesh::is_usable_alias(*saved.own_alias) ? *saved.own_alias : mesh::v4_alias(self);
}

}  // namespace

Machine::Machine(Settings settings, crypto::KeyPair identity, SavedState saved, trust::Snapshot trusted,
                 dataplane::Dataplane& dataplane, Entropy& entropy, std::optional<Impairment> impaired)
    : settings_(std::move(settings)),
      identity_(std::move(identity)),
      saved_(std::move(saved)),
      dataplane_(dataplane),
      entropy_(entropy),
      impaired_(std::move(impaired)),
      self_(crypto::node_id_of(identity_.public_key())),
      mesh_v4_(mesh::v4_prefix()),
      mesh_v6_(mesh::v6_prefix(settings_.network)),
      own_v4_(first_alias(settings_, saved_, self_)),
      own_v6_(mesh::v6_address(mesh_v6_, self_)),
      hash_key_(entropy.value<HashKey>()),
      boot_epoch_(entropy.value<wire::BootEpoch>()),
      prologue_(noise::make_prologue(settings_.network)),
      own_mac_(identity_.public_key(), as_bytes(settings_.secret)),
      cookies_(identity_.public_key(), as_bytes(settings_.secret)),
      queries_(settings_.network, as_bytes(settings_.secret)),
      timestamps_(saved_.timestamps_reserved_until),
      limiter_(entropy.value<std::uint64_t>()),
      trust_(settings_.policy, settings_.allow_list, std::move(trusted)),
      storing_{.trust_version = trust_.version(), .state = saved_},
      mesh_(self_, {identity_.public_key(), own_v4_}, first_seqno(saved_, entropy),
            {.relays = settings_.relay, .hash_key = hash_key_, .checks_feasibility = settings_.checks_feasibility}) {
  if (!settings_.secret.empty()) {
    auto const digest = crypto::sha256({as_bytes("pim psk v1"), as_bytes(settings_.secret)});
    psk_.emplace(Bytes{digest});
  }
  prepare_discovery();
  serving_.wanted = saved_.gateway_decided ? saved_.gateway.has_value() : settings_.gateway.has_value();
  if (serving_.wanted) serving_.settings = saved_.gateway_decided ? *saved_.gateway : *settings_.gateway;
}

void Machine::on_start(Turn& turn) {
  started_at_ = turn.now.wall;
  if (saved_.routing_answer.value_or(settings_.split_default_at_first)) {
    routing_.phase = Routing::Phase::on;
    routing_.restored = true;
    routing_.since = turn.now.wall;
  }
  for (auto const* const peers : {&settings_.peers, &saved_.added_peers}) {
    for (auto const& peer : *peers) {
      // Whoever the user named by key or id is listed, whatever the policy.
      if (peer.public_key) trust_.list(crypto::node_id_of(*peer.public_key));
      if (peer.node_id) trust_.list(*peer.node_id);
      add_entry(peer, turn);
    }
  }
  if (impaired_) log(turn, LogLevel::error, "the mesh stays off: " + impaired_->reason);
  reconnect_to_known(turn);
  settle(turn);
}

void Machine::on_frames(std::span<dataplane::ToControl const> frames, Turn& turn) {
  if (impaired_ || stopping_) return refuse_wanted(frames, turn);
  for (auto const& frame : frames) std::visit([&](auto const& one) { on_frame(one, turn); }, frame);
  settle(turn);
}

/// Whatever else is off, a packet that was handed up gets its answer.
void Machine::refuse_wanted(std::span<dataplane::ToControl const> frames, Turn& turn) {
  for (auto const& frame : frames)
    if (auto const* const wanted = std::get_if<dataplane::AddressWanted>(&frame)) on_frame(*wanted, turn);
}

void Machine::on_deadline(Turn& turn) {
  while (auto const key = timers_.take_due(turn.now.boot)) on_timer(*key, turn);
  settle(turn);
}

void Machine::on_command(CommandId id, Command command, Turn& turn) {
  if (stopping_)
    reply(id, Refused{Refusal::not_ready, "the daemon is stopping"}, turn);
  else
    std::visit([&](auto& one) { on(id, one, turn); }, command);
  settle(turn);
}

void Machine::on_host(HostNote note, Turn& turn) {
  std::visit([&](auto& one) { on(one, turn); }, note);
  settle(turn);
}

void Machine::on_timer(TimerKey key, Turn& turn) {
  switch (key.kind) {
    case TimerKey::Kind::peer:
      if (auto* const peer = find(PeerSlot{key.number})) on_peer_timer(*peer, turn);
      break;
    case TimerKey::Kind::entry: on_entry_timer(key.number, turn); break;
    case TimerKey::Kind::handshake: on_handshake_timer(key.number, turn); break;
    case TimerKey::Kind::listing: break;   // settle() shows them
    case TimerKey::Kind::routing: break;   // settle() chooses again
    case TimerKey::Kind::gateways: break;  // settle() seeks them
    case TimerKey::Kind::mesh: with_mesh(turn, [&](auto& out) { mesh_.on_deadline(turn.now.boot, out); }); break;
    case TimerKey::Kind::serving: on_serving_timer(turn); break;
    case TimerKey::Kind::store: break;  // settle() stores it
    case TimerKey::Kind::discovery: on_discovery_timer(turn); break;
    case TimerKey::Kind::stop: finish(turn); break;
  }
}

void Machine::settle(Turn& turn) {
  if (finished_) return;
  choose_gateway(turn);
  seek_gateways(turn);
  timers_.arm({TimerKey::Kind::mesh}, mesh_.next_deadline());
  publish_table();
  // In this order: the answer about routing reaches the disk before the host changes, or a crash in between
  // would come back open.
  publish_store(turn);
  publish_plan(turn);
  show_all(turn);
}

void Machine::log(Turn& turn, LogLevel level, std::string message, std::optional<NodeId> peer) const {
  turn.outbox.notes.emplace_back(LogRecord{level, "control", std::move(message), peer});
}

void Machine::send(Endpoint const& to, Bytes datagram, Turn& turn) {
  auto& out = turn.packets;
  auto* const room = out.bytes.room(datagram.size());
  if (!room) return dataplane_.count_drop(Drop::congestion);
  std::copy(datagram.begin(), datagram.end(), room);
  out.bytes.take(datagram.size());
  out.trains.push_back({to, {room, datagram.size()}, datagram.size()});
}

}  // namespace pim::control
