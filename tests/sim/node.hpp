// One device of the simulator: the control and packet path that ship, with an obedient host below them. Driven by
// World; everything that leaves it goes to its Surroundings.
#pragma once

#include <memory>
#include <vector>

#include "control/control.hpp"
#include "sim/graph.hpp"
#include "support/test_entropy.hpp"

namespace pim::sim {

class Surroundings {
 public:
  virtual ~Surroundings() = default;
  [[nodiscard]] virtual Now now() const = 0;
  virtual void on_sent(NodeNumber from, Endpoint const& to, Bytes datagram) = 0;
  /// Written to the tunnel device.
  virtual void on_delivered(NodeNumber node, Bytes packet) = 0;
  virtual void on_routes(NodeNumber node, std::vector<mesh::RouteChange> const& changes) = 0;
};

/// Only one node is at work at a time: all write to the same desk.
struct Desk {
  dataplane::Out packets;
  control::Outbox outbox;
};

class Node {
 public:
  Node(NodeNumber number, std::uint64_t seed, Surroundings& surroundings, Desk& desk);

  /// Peers that it dials; before the first start.
  void add_entry(Node const& peer, Endpoint const& at);
  void weaken() { settings_.checks_feasibility = false; }

  /// Starts, or starts again with what was stored.
  void start();
  /// As kill -9: nothing more is sent or stored.
  void kill() { running_.reset(); }
  void on_datagram(Endpoint const& from, Buffer& datagram);
  void on_deadline();
  void send_packet(Buffer& packet);

  [[nodiscard]] bool is_running() const { return running_ != nullptr; }
  /// Only while it runs.
  [[nodiscard]] control::Control const& control() const { return running_->control; }
  [[nodiscard]] dataplane::Dataplane const& dataplane() const { return running_->dataplane; }
  [[nodiscard]] NodeNumber number() const { return number_; }
  [[nodiscard]] NodeId const& id() const { return id_; }
  [[nodiscard]] IpAddress const& address() const { return address_; }

 private:
  struct Running {
    explicit Running(Node& node);
    dataplane::Dataplane dataplane;
    control::Control control;
  };
  template <class Call>
  void turn(Call const& call);
  void settle_frames();
  void flush();
  void do_host_job(control::HostJob& job);

  NodeNumber number_;
  Surroundings& surroundings_;
  Desk& desk_;
  test::SeededEntropy entropy_;
  control::Settings settings_;
  control::SavedState saved_;
  trust::Snapshot trusted_;
  crypto::Key private_key_;
  PublicKey key_;
  NodeId id_;
  IpAddress address_;
  std::vector<control::HostNote> answers_;
  std::unique_ptr<Running> running_;
};

}  // namespace pim::sim
