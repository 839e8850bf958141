// A network of real nodes (control and packet path) under a virtual clock: datagrams cross after a delay
// unless the test drops them, host plans are applied at once unless the test refuses them, and nothing
// happens but at a deadline. One seed, one run.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "control/control.hpp"
#include "dataplane/dataplane.hpp"

namespace pim::test {

class SeededEntropy : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : generator_(seed) {}
  void fill(MutBytes out) override {
    for (auto& byte : out) byte = static_cast<std::uint8_t>(generator_());
  }

 private:
  std::mt19937_64 generator_;
};

class VirtualNetwork;

/// One device. Everything it told its clients stands in `notes`, in order.
class Node {
 public:
  Node(VirtualNetwork& network, std::string name, IpAddress address, control::Settings settings);

  /// Starts, or starts again with what was stored.
  void start();
  /// As kill -9: nothing more is sent or stored.
  void kill() { running_.reset(); }
  [[nodiscard]] bool is_running() const { return running_ != nullptr; }

  /// Runs one command and the turns that follow at once; the answer, or Done when it is still open.
  control::CommandId command(control::Command command);
  [[nodiscard]] std::optional<control::Answer> answer(control::CommandId id) const;
  void host(control::HostNote note);
  /// Hands an IP packet to the tunnel as the host would.
  void send_packet(Bytes packet);
  /// Says to a peer, inside their session, what this node would not say by itself.
  void say(NodeId const& peer, Bytes message);
  /// Datagrams that the socket brings in one go.
  void receive(Endpoint const& from, std::vector<Buffer> datagrams);

  /// What the node believes to be its link to the internet.
  [[nodiscard]] plan::Link uplink() const;
  [[nodiscard]] Endpoint endpoint() const { return {address_, settings.listen_port, 0}; }
  [[nodiscard]] NodeId id() const { return id_; }
  [[nodiscard]] PublicKey key() const { return key_; }
  [[nodiscard]] IpAddress mesh_v6() const;
  [[nodiscard]] std::uint64_t drops(Drop reason) const;
  [[nodiscard]] std::uint64_t refused(RefusedClaim why) const;
  /// Lines of the log so far that contain `words`.
  [[nodiscard]] std::size_t logged(std::string_view words) const;
  [[nodiscard]] std::optional<control::PeerView> peer(NodeId const& id) const;
  [[nodiscard]] control::RoutingView routing() const;
  [[nodiscard]] control::ServingView serving() const;
  /// Names of the status events so far: "route_on", "kill_switch+", "kill_switch-", ...
  [[nodiscard]] std::vector<std::string> status_events() const;
  /// Reasons of the pair_failed events so far.
  [[nodiscard]] std::vector<std::string> pair_failures() const;

  std::string name;
  control::Settings settings;
  std::optional<control::Impairment> impaired;  ///< what of it cannot be read
  control::SavedState saved;
  trust::Snapshot trusted;
  std::vector<control::Note> notes;
  std::vector<Buffer> delivered;  ///< packets written to the tunnel device
  std::optional<plan::Input> host_plan;
  std::string refuse_plans;     ///< when set, the host answers every plan with this error
  bool answers_plans = true;    ///< the host says what became of a plan
  std::string disk_error;       ///< when set, nothing of the state is stored any more
  std::string trust_error;      ///< the same for what is known of peers
  bool armed_unstored = false;  ///< a block was armed while the stored answer said otherwise
  bool tunnel = true;
  std::uint64_t wakes = 0;
  std::uint64_t trust_writes = 0;
  std::uint64_t dns_forgotten = 0;  ///< how often the host was told to forget where resolver queries were led

 private:
  friend class VirtualNetwork;
  struct Running {
    explicit Running(Node& node);
    dataplane::Dataplane dataplane;
    control::Control control;
  };

  template <class Call>
  void turn(Call call);
  void settle_frames();
  void flush();
  void do_host_job(control::HostJob& job);
  void on_beacon(Endpoint const& from, Bytes datagram);

  VirtualNetwork& network_;
  IpAddress address_;
  crypto::Key private_key_;
  NodeId id_;
  PublicKey key_;
  SeededEntropy entropy_;
  dataplane::Out out_;
  control::Outbox outbox_;
  std::vector<control::HostNote> host_answers_;
  std::unique_ptr<Running> running_;
  control::CommandId last_command_ = 0;
  std::map<control::CommandId, control::Answer> answers_;
};

class VirtualNetwork {
 public:
  explicit VirtualNetwork(std::uint64_t run_seed = 1) : seed(run_seed) {}

  Node& add(std::string name, std::string const& address, control::Settings settings = {});
  /// Lets time pass, deadline by deadline.
  void run(Duration duration);
  /// Lets time pass until `done`, at most `limit`; whether it came to that.
  bool run_until(std::function<bool()> const& done, Duration limit);

  /// A beacon that somebody puts on the link of `from`: whoever is in its /24 hears it.
  void broadcast(Endpoint const& from, Bytes datagram);
  /// A datagram that somebody else puts on the wire.
  void inject(Endpoint const& from, Endpoint const& to, Bytes datagram);

  [[nodiscard]] Now now() const { return {boot, wall_offset + boot.time_since_epoch()}; }

  std::uint64_t seed;
  Time boot{std::chrono::hours{1}};
  WallTime wall_offset{std::chrono::hours{24 * 365 * 50}};
  Duration delay = std::chrono::milliseconds{5};
  /// Datagrams for which this answers true are lost.
  std::function<bool(Endpoint const& from, Endpoint const& to, Bytes datagram)> loses;
  /// Every datagram that was sent, lost ones too.
  std::vector<std::pair<Endpoint, Buffer>> sent;
  std::vector<std::pair<Endpoint, Buffer>> beacons;  ///< and their senders

 private:
  friend class Node;
  struct Flight {
    Time at;
    Endpoint from, to;
    Buffer datagram;
    bool is_beacon = false;
  };
  void send(Endpoint const& from, Endpoint const& to, Bytes datagram);
  bool step(Time limit);

  std::deque<Flight> flights_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

/// A genuine first message to `responder` from a node that nobody runs, to be sent directly or in a transit frame.
[[nodiscard]] Buffer make_stranger_initiation(crypto::KeyPair const& self, PublicKey const& responder, Entropy& entropy,
                                              WallTime at, bool is_relayed = false);

/// A UDP packet with a payload of `size` bytes, checksums right.
/// Of a node that has an entry for each of these, at port 9100.
[[nodiscard]] control::Settings dialling(std::vector<std::string> const& addresses);
[[nodiscard]] Buffer udp_packet(IpAddress const& from, IpAddress const& to, std::size_t size = 64);

}  // namespace pim::test
