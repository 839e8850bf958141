// A mesh of real nodes on a virtual internet under a virtual clock: a heap of what happens when, one turn of one
// node at a time. After every turn it holds what must always be true, and throws a Violation where it is not:
// no next hops in a circle, no packet in wrong hands, nothing readable on a wire, tables that stay bounded, and a
// packet path that sends things where routing says. The same seed is the same run, datagram by datagram.
#pragma once

#include <queue>
#include <set>
#include <stdexcept>

#include "sim/next_hops.hpp"
#include "sim/node.hpp"
#include "sim/probe.hpp"
#include "sim/trace.hpp"
#include "sim/underlay.hpp"

namespace pim::sim {

struct Violation : std::runtime_error {
  Violation(std::string const& what, std::vector<NodeNumber> who) : runtime_error(what), nodes(std::move(who)) {}
  std::vector<NodeNumber> nodes;  ///< that it is about
};

/// A Violation of its own kind: the one that the routing promises above all.
struct Loop : Violation {
  using Violation::Violation;
};

class World : private Surroundings {
 public:
  World(Graph const& graph, std::uint64_t seed, bool checks_feasibility);

  void start(NodeNumber node);
  /// Its links count as never crossed from then on.
  void kill(NodeNumber node);
  void cut(LinkNumber link);
  void heal(LinkNumber link);
  void run(Duration duration);
  /// Hands a probe packet to the tunnel of `from`; its number.
  std::uint64_t send_probe(NodeNumber from, NodeNumber to);
  void be_calm(bool is_calm) { underlay_.be_calm(is_calm); }
  void forget_mapping(LinkNumber link) { underlay_.forget_mapping(link); }

  [[nodiscard]] Time time() const { return time_; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] Node const& node(NodeNumber number) const { return *nodes_[number]; }
  [[nodiscard]] Underlay const& underlay() const { return underlay_; }
  [[nodiscard]] NextHops const& next_hops() const { return next_hops_; }
  [[nodiscard]] Trace const& trace() const { return trace_; }
  [[nodiscard]] bool was_delivered(std::uint64_t probe) const { return delivered_.contains(probe); }
  /// Up, and both ends run.
  [[nodiscard]] bool works(Link const& link) const;
  /// Routing uses the link, at one end at least.
  [[nodiscard]] bool is_used(Link const& link) const;
  /// At both ends.
  [[nodiscard]] bool is_used_both_ways(Link const& link) const;
  /// What `from` counts for the link to its neighbour `to`; infinite when it is none.
  [[nodiscard]] mesh::Metric cost(NodeNumber from, NodeNumber to) const;

  /// What `from` sends to `destination` by its neighbour `to` was not answered lately, so that others are preferred.
  [[nodiscard]] bool doubts(NodeNumber from, NodeNumber to, NodeNumber destination) const;

  struct Counts {
    std::array<std::uint64_t, 4> datagrams{};  ///< by Fate when they were sent
    std::uint64_t turns = 0, route_changes = 0, probes_sent = 0, probes_delivered = 0;
    /// Next hops that went round over a session that was over at one end, so that nothing could pass.
    std::uint64_t dead_cycles = 0;
  };
  [[nodiscard]] Counts const& counts() const { return counts_; }
  /// That a node sent, with the headers of IP and UDP.
  [[nodiscard]] std::uint64_t bytes_sent(NodeNumber node) const { return bytes_sent_[node]; }

 private:
  struct Event {
    enum class Kind : std::uint8_t { datagram, deadline };
    Time at;
    std::uint64_t sequence;
    Kind kind;
    std::uint32_t subject;  ///< a parcel, or a node
    bool operator>(Event const& other) const { return at != other.at ? at > other.at : sequence > other.sequence; }
  };
  /// Deadlines that were met at one instant.
  struct Wakes {
    Time at{};
    unsigned count = 0;
  };
  struct Parcel {
    NodeNumber from = 0, to = 0;
    LinkNumber link = 0;
    Endpoint source{};  ///< as the receiver sees it
    Buffer datagram;
  };

  struct DeadCycle {
    NodeNumber node = 0, destination = 0;
  };

  [[nodiscard]] Now now() const override;
  void on_sent(NodeNumber from, Endpoint const& to, Bytes datagram) override;
  void on_delivered(NodeNumber node, Bytes packet) override;
  void on_routes(NodeNumber node, std::vector<mesh::RouteChange> const& changes) override;

  void step();
  void arrive(std::uint32_t parcel);
  void meet_deadline(NodeNumber node, Time at);
  void arm(NodeNumber node);
  void push(Time at, Event::Kind kind, std::uint32_t subject);
  [[nodiscard]] std::uint32_t stow(Parcel parcel);
  /// After every turn of a node.
  void finish(NodeNumber node);
  void take(NodeNumber node, mesh::RouteChange const& change);
  void check_bounds(NodeNumber node) const;
  [[nodiscard]] bool is_dead_cycle(DeadCycle const& through) const;
  [[nodiscard]] bool share_session(NodeNumber node, NodeNumber next) const;

  Desk desk_;
  Underlay underlay_;
  NextHops next_hops_;
  Trace trace_;
  Time time_{std::chrono::hours{1}};
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unordered_map<NodeId, NodeNumber> by_id_;
  Life last_life_ = 0;

  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t last_sequence_ = 0;
  std::vector<Time> armed_;   ///< by node: the one deadline event that counts
  std::vector<Wakes> wakes_;  ///< by node
  std::vector<Parcel> parcels_;
  std::vector<std::uint32_t> free_parcels_;

  std::vector<DeadCycle> dead_cycles_;  ///< looked at again after every turn, until they are gone
  std::set<std::uint64_t> delivered_;
  std::vector<std::uint64_t> bytes_sent_;  ///< by node
  Counts counts_;
};

}  // namespace pim::sim
