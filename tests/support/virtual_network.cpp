#include "support/virtual_network.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "crypto/hash.hpp"
#include "mesh/addresses.hpp"
#include "noise/handshake.hpp"
#include "noise/mac.hpp"
#include "wire/handshake.hpp"

namespace pim::test {
namespace {

template <class View>
View last_of(std::vector<control::Note> const& notes) {
  View found;
  for (auto const& note : notes)
    if (auto const* const view = std::get_if<View>(&note)) found = *view;
  return found;
}

std::string status_name(control::StatusEvent const& event, bool engaged) {
  switch (event.kind) {
    case control::StatusEventKind::role_changed: return "role_changed";
    case control::StatusEventKind::interface_up: return "interface_up";
    case control::StatusEventKind::interface_down: return "interface_down";
    case control::StatusEventKind::gateway_selected: return "gateway_selected";
    case control::StatusEventKind::gateway_lost: return "gateway_lost";
    case control::StatusEventKind::route_on: return "route_on";
    case control::StatusEventKind::route_off: return "route_off";
    case control::StatusEventKind::kill_switch: return engaged ? "kill_switch+" : "kill_switch-";
  }
  return "?";
}

}  // namespace

Node::Running::Running(Node& node)
    : control(node.settings, crypto::KeyPair::from_private(node.private_key_), node.saved, node.trusted, dataplane,
              node.entropy_, node.impaired) {}

Node::Node(VirtualNetwork& network, std::string node_name, IpAddress address, control::Settings node_settings)
    : name(std::move(node_name)),
      settings(std::move(node_settings)),
      network_(network),
      address_(address),
      entropy_(network.seed * 1000003 + std::hash<std::string>{}(name) + std::hash<IpAddress>{}(address)) {
  settings.name = name;
  entropy_.fill(private_key_.mut());
  key_ = crypto::KeyPair::from_private(private_key_).public_key();
  id_ = crypto::node_id_of(key_);
}

plan::Link Node::uplink() const {
  return {.name = "up0",
          .index = 2,
          .up = true,
          .is_uplink = true,
          .kind = "veth",
          .addresses = {{address_, 24}},
          .can_broadcast = true,
          .can_multicast = true,
          .has_default_v4 = true,
          .has_default_v6 = true};
}

void Node::start() {
  running_ = std::make_unique<Running>(*this);
  turn([&](control::Turn& now) { running_->control.on_start(now); });
  host(control::LinksChanged{{{uplink()}}, {*parse_ip("192.0.2.53")}});
  if (tunnel)
    host(control::TunnelReady{});
  else
    host(control::TunnelUnavailable{"no permission"});
}

control::CommandId Node::command(control::Command command) {
  auto const id = ++last_command_;
  turn([&](control::Turn& now) { running_->control.on_command(id, std::move(command), now); });
  return id;
}

std::optional<control::Answer> Node::answer(control::CommandId id) const {
  auto const at = answers_.find(id);
  if (at == answers_.end()) return std::nullopt;
  return at->second;
}

void Node::host(control::HostNote note) {
  turn([&](control::Turn& now) { running_->control.on_host(std::move(note), now); });
}

void Node::send_packet(Bytes packet) {
  Buffer copy(packet.begin(), packet.end());
  dataplane::TunFrame frame{{}, copy};
  turn([&](control::Turn& now) { running_->dataplane.on_tun({&frame, 1}, now.now, now.packets); });
}

void Node::say(NodeId const& peer, Bytes message) {
  turn([&](control::Turn& now) {
    auto const* const to = running_->control.peer(peer);
    PIM_ASSERT(to);
    running_->dataplane.seal_control(to->slot, message, now.now, now.packets);
  });
}

void Node::receive(Endpoint const& from, std::vector<Buffer> datagrams) {
  std::vector<dataplane::Train> trains;
  for (auto& datagram : datagrams) trains.push_back({from, datagram, datagram.size()});
  turn([&](control::Turn& now) { running_->dataplane.on_datagrams(trains, now.now, now.packets); });
}

IpAddress Node::mesh_v6() const { return mesh::v6_address(mesh::v6_prefix(settings.network), id_); }

std::uint64_t Node::drops(Drop reason) const { return running_->dataplane.drops()[static_cast<std::size_t>(reason)]; }

std::uint64_t Node::refused(RefusedClaim why) const {
  return running_->control.refused_claims()[static_cast<std::size_t>(why)];
}

std::size_t Node::logged(std::string_view words) const {
  return static_cast<std::size_t>(std::count_if(notes.begin(), notes.end(), [&](control::Note const& note) {
    auto const* const record = std::get_if<LogRecord>(&note);
    return record && record->message.find(words) != std::string::npos;
  }));
}

std::optional<control::PeerView> Node::peer(NodeId const& id) const {
  std::optional<control::PeerView> found;
  for (auto const& note : notes)
    if (auto const* const view = std::get_if<control::PeerView>(&note); view && view->id == id) found = *view;
  return found;
}

control::RoutingView Node::routing() const { return last_of<control::RoutingView>(notes); }
control::ServingView Node::serving() const { return last_of<control::ServingView>(notes); }

std::vector<std::string> Node::status_events() const {
  std::vector<std::string> names;
  bool engaged = false;
  for (auto const& note : notes) {
    if (auto const* const view = std::get_if<control::RoutingView>(&note)) engaged = view->engaged;
    if (auto const* const event = std::get_if<control::StatusEvent>(&note))
      names.push_back(status_name(*event, engaged));
  }
  return names;
}

std::vector<std::string> Node::pair_failures() const {
  std::vector<std::string> reasons;
  for (auto const& note : notes)
    if (auto const* const event = std::get_if<control::PeerEvent>(&note);
        event && event->kind == control::PeerEventKind::pair_failed)
      reasons.push_back(event->reason);
  return reasons;
}

template <class Call>
void Node::turn(Call call) {
  if (!running_) return;
  control::Turn now{network_.now(), out_, outbox_};
  call(now);
  settle_frames();
  flush();
  while (running_ && !host_answers_.empty()) {
    auto const answers = std::exchange(host_answers_, {});
    for (auto const& answer : answers) {
      control::Turn next{network_.now(), out_, outbox_};
      running_->control.on_host(answer, next);
      settle_frames();
      flush();
    }
  }
}

void Node::settle_frames() {
  for (int round = 0; !out_.control.empty() && round < 100; ++round) {
    auto const frames = std::exchange(out_.control, {});
    control::Turn now{network_.now(), out_, outbox_};
    running_->control.on_frames(frames, now);
  }
}

void Node::flush() {
  for (auto const& train : out_.trains)
    dataplane::each_datagram(train.data, train.segment, [&](Bytes one) { network_.send(endpoint(), train.to, one); });
  for (auto const& write : out_.tun) {
    Buffer packet;
    for (std::uint32_t i = 0; i < write.piece_count; ++i) {
      auto const piece = out_.pieces[write.first_piece + i];
      packet.insert(packet.end(), piece.begin(), piece.end());
    }
    delivered.push_back(std::move(packet));
  }
  out_.clear();
  for (auto const& beacon : std::exchange(outbox_.beacons, {}))
    network_.broadcast({address_, settings.discovery_port, 0}, beacon.datagram);
  auto jobs = std::exchange(outbox_.host, {});
  for (auto& note : std::exchange(outbox_.notes, {})) {
    if (auto const* const reply = std::get_if<control::Reply>(&note)) answers_.emplace(reply->id, reply->answer);
    notes.push_back(std::move(note));
  }
  for (auto& job : jobs) do_host_job(job);
}

void Node::do_host_job(control::HostJob& job) {
  if (auto* const apply = std::get_if<control::ApplyPlan>(&job)) {
    if (refuse_plans.empty()) host_plan = apply->input;
    if (apply->input && apply->input->routing == plan::Routing::on && saved.routing_answer != true)
      armed_unstored = true;
    if (answers_plans)
      host_answers_.emplace_back(control::PlanApplied{apply->number, refuse_plans, network_.now().wall});
  } else if (auto* const state = std::get_if<control::SaveState>(&job)) {
    if (disk_error.empty()) saved = state->state;
    host_answers_.emplace_back(control::Stored{control::Store::state, state->number, disk_error});
  } else if (auto* const trust = std::get_if<control::SaveTrust>(&job)) {
    auto const& error = trust_error.empty() ? disk_error : trust_error;
    if (error.empty()) trusted = trust->snapshot;
    ++trust_writes;
    host_answers_.emplace_back(control::Stored{control::Store::trust, trust->number, error});
  } else if (std::holds_alternative<control::ForgetRedirectedDns>(job)) {
    ++dns_forgotten;
  }
}

void Node::on_beacon(Endpoint const& from, Bytes datagram) {
  discovery::Received const beacon{2, from, datagram};
  turn([&](control::Turn& now) { running_->control.on_beacons({&beacon, 1}, now); });
}

Node& VirtualNetwork::add(std::string name, std::string const& address, control::Settings settings) {
  nodes_.push_back(std::make_unique<Node>(*this, std::move(name), *parse_ip(address), std::move(settings)));
  return *nodes_.back();
}

void VirtualNetwork::run(Duration duration) {
  auto const end = boot + duration;
  while (step(end)) {
  }
  boot = end;
}

bool VirtualNetwork::run_until(std::function<bool()> const& done, Duration limit) {
  for (auto const end = boot + limit; !done(); run(std::chrono::milliseconds{1}))
    if (boot >= end) return false;
  return true;
}

void VirtualNetwork::send(Endpoint const& from, Endpoint const& to, Bytes datagram) {
  Buffer copy(datagram.begin(), datagram.end());
  sent.emplace_back(to, copy);
  if (loses && loses(from, to, datagram)) return;
  flights_.push_back({boot + delay, from, to, std::move(copy)});
}

void VirtualNetwork::broadcast(Endpoint const& from, Bytes datagram) {
  beacons.emplace_back(from, Buffer(datagram.begin(), datagram.end()));
  for (auto const& node : nodes_)
    if (make_prefix(node->address_, 24) == make_prefix(from.ip, 24) && node->address_ != from.ip)
      flights_.push_back({boot + delay, from, node->endpoint(), Buffer(datagram.begin(), datagram.end()), true});
}

void VirtualNetwork::inject(Endpoint const& from, Endpoint const& to, Bytes datagram) {
  flights_.push_back({boot + delay, from, to, Buffer(datagram.begin(), datagram.end())});
}

bool VirtualNetwork::step(Time limit) {
  auto next = flights_.empty() ? never : flights_.front().at;
  for (auto const& node : nodes_)
    if (node->running_) next = std::min(next, node->running_->control.next_deadline());
  if (next > limit) return false;
  boot = std::max(boot, next);
  if (!flights_.empty() && flights_.front().at <= boot) {
    auto const flight = std::move(flights_.front());
    flights_.pop_front();
    for (auto const& node : nodes_)
      if (node->running_ && node->endpoint() == flight.to)
        flight.is_beacon ? node->on_beacon(flight.from, flight.datagram)
                         : node->receive(flight.from, {flight.datagram});
    return true;
  }
  for (auto const& node : nodes_) {
    if (!node->running_ || node->running_->control.next_deadline() > boot) continue;
    ++node->wakes;
    node->turn([&](control::Turn& turn) { node->running_->control.on_deadline(turn); });
  }
  return true;
}

Buffer make_stranger_initiation(crypto::KeyPair const& self, PublicKey const& responder, Entropy& entropy, WallTime at,
                                bool is_relayed) {
  noise::Initiator handshake(self, responder, noise::make_prologue("pim"));
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch());
  auto const payload = wire::to_bytes(wire::Greeting{{static_cast<std::uint64_t>(seconds.count()), 0}, {}, is_relayed});
  Buffer message;
  (void)handshake.write_initiation(entropy, payload, message);
  auto datagram = wire::make_initiation({{entropy.value<std::uint32_t>()}, message});
  noise::MacKey(responder, {}).stamp(datagram);
  return datagram;
}

control::Settings dialling(std::vector<std::string> const& addresses) {
  control::Settings settings;
  for (auto const& address : addresses) {
    control::PeerEntry peer;
    peer.entry_id = "entry-" + address;
    peer.address = {address, 9100};
    settings.peers.push_back(peer);
  }
  return settings;
}

Buffer udp_packet(IpAddress const& from, IpAddress const& to, std::size_t size) {
  Buffer packet;
  Writer writer(packet);
  auto const length = static_cast<std::uint16_t>(8 + size);
  if (from.is_v4()) {
    writer.u8(0x45).u8(0).u16(static_cast<std::uint16_t>(20 + length)).u32(0).u8(64).u8(17).u16(0);
  } else {
    writer.u32(0x60000000).u16(length).u8(17).u8(64);
  }
  writer.bytes(from.view()).bytes(to.view());
  auto const udp_at = packet.size();
  writer.u16(40000).u16(40001).u16(length).u16(0).zeroes(size);
  if (from.is_v4()) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < 20; i += 2) sum += load_be<std::uint16_t>(&packet[i]);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    store_be(&packet[10], static_cast<std::uint16_t>(~sum));
  }
  std::uint32_t sum = 17 + length;
  auto const addresses_at = udp_at - 2 * from.size();
  for (std::size_t i = addresses_at; i < packet.size(); i += 2)
    sum += i + 1 < packet.size() ? load_be<std::uint16_t>(&packet[i]) : std::uint32_t{packet[i]} << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  store_be(&packet[udp_at + 6], static_cast<std::uint16_t>(~sum));
  return packet;
}

}  // namespace pim::test
