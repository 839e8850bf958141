#include "sim/node.hpp"

#include <utility>

#include "crypto/hash.hpp"
#include "mesh/addresses.hpp"

namespace pim::sim {

Node::Running::Running(Node& node)
    : control(node.settings_, crypto::KeyPair::from_private(node.private_key_), node.saved_, node.trusted_, dataplane,
              node.entropy_) {}

Node::Node(NodeNumber number, std::uint64_t seed, Surroundings& surroundings, Desk& desk)
    : number_(number), surroundings_(surroundings), desk_(desk), entropy_(seed * 1000003 + number) {
  settings_.name = "n" + std::to_string(number);
  entropy_.fill(private_key_.mut());
  key_ = crypto::KeyPair::from_private(private_key_).public_key();
  id_ = crypto::node_id_of(key_);
  address_ = mesh::v6_address(mesh::v6_prefix(settings_.network), id_);
}

void Node::add_entry(Node const& peer, Endpoint const& at) {
  control::PeerEntry entry;
  entry.entry_id = peer.settings_.name;
  entry.address = {to_string(at.ip), at.port};
  entry.public_key = peer.key_;
  settings_.peers.push_back(entry);
}

void Node::start() {
  running_ = std::make_unique<Running>(*this);
  turn([&](control::Turn& now) { running_->control.on_start(now); });
  turn([&](control::Turn& now) { running_->control.on_host(control::TunnelReady{}, now); });
}

void Node::on_datagram(Endpoint const& from, Buffer& datagram) {
  dataplane::Train train{from, datagram, datagram.size()};
  turn([&](control::Turn& now) { running_->dataplane.on_datagrams({&train, 1}, now.now, now.packets); });
}

void Node::on_deadline() {
  turn([&](control::Turn& now) { running_->control.on_deadline(now); });
}

void Node::send_packet(Buffer& packet) {
  dataplane::TunFrame frame{{}, packet};
  turn([&](control::Turn& now) { running_->dataplane.on_tun({&frame, 1}, now.now, now.packets); });
}

template <class Call>
void Node::turn(Call const& call) {
  control::Turn now{surroundings_.now(), desk_.packets, desk_.outbox};
  call(now);
  settle_frames();
  flush();
  while (!answers_.empty()) {
    for (auto& answer : std::exchange(answers_, {})) {
      running_->control.on_host(std::move(answer), now);
      settle_frames();
      flush();
    }
  }
}

void Node::settle_frames() {
  control::Turn now{surroundings_.now(), desk_.packets, desk_.outbox};
  while (!desk_.packets.control.empty()) {
    auto const frames = std::exchange(desk_.packets.control, {});
    running_->control.on_frames(frames, now);
  }
}

void Node::flush() {
  auto& [packets, outbox] = desk_;
  if (!outbox.routes.empty()) surroundings_.on_routes(number_, outbox.routes);
  for (auto const& train : packets.trains)
    dataplane::each_datagram(train.data, train.segment,
                             [&](Bytes one) { surroundings_.on_sent(number_, train.to, one); });
  for (auto const& write : packets.tun) {
    Buffer packet;
    for (std::uint32_t i = 0; i < write.piece_count; ++i) {
      auto const piece = packets.pieces[write.first_piece + i];
      packet.insert(packet.end(), piece.begin(), piece.end());
    }
    surroundings_.on_delivered(number_, packet);
  }
  for (auto& job : outbox.host) do_host_job(job);
  packets.clear();
  outbox.clear();
}

void Node::do_host_job(control::HostJob& job) {
  if (auto* const apply = std::get_if<control::ApplyPlan>(&job)) {
    answers_.emplace_back(control::PlanApplied{apply->number, {}, surroundings_.now().wall});
  } else if (auto* const state = std::get_if<control::SaveState>(&job)) {
    saved_ = std::move(state->state);
    answers_.emplace_back(control::Stored{control::Store::state, state->number, {}});
  } else if (auto* const trust = std::get_if<control::SaveTrust>(&job)) {
    trusted_ = std::move(trust->snapshot);
    answers_.emplace_back(control::Stored{control::Store::trust, trust->number, {}});
  }
}

}  // namespace pim::sim
