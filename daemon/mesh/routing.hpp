// The next hop to every node, by Babel's rules (RFC 8966), over neighbours whose direct link is proven. Driven by
// values: control reports neighbours, link costs, messages and deadlines, sends what the outbox holds and gives
// the packet path the changed next hops. The same inputs in the same order make the same outputs.
//
// A node originates one destination, itself, so the source table is indexed by destination. Feasibility alone
// keeps the next hops free of cycles, as long as a neighbour that restarted is a new neighbour: control calls
// neighbour_down before neighbour_up when a handshake shows another life. It is asked of a route that is to be taken;
// the one in use stays, however its metric grows (ADR 10).
//
// Updates are reliable: what a neighbour has to be told is a set of nodes, sent with their value of that moment,
// in batches that it acknowledges. At rest nothing is sent.
#pragma once

#include <memory>

#include "mesh/doubts.hpp"
#include "mesh/neighbour.hpp"
#include "wire/control.hpp"
#include "wire/transit.hpp"

namespace pim::mesh {

/// What has to be known of a node to open a session with it. The alias is a hint.
struct Record {
  PublicKey key;
  std::optional<IpAddress> v4_alias{};
  bool operator==(Record const&) const = default;
};

struct RoutingSettings {
  /// Without, the node announces itself alone and still uses what others announce.
  bool relays = true;
  /// A route that is better by more is taken at once; by less, when it was better for small_gain_delay.
  unsigned hysteresis_percent = 12;
  Duration small_gain_delay = std::chrono::seconds{1};
  /// Retracted nodes that are still kept count. Newcomers beyond are refused, and asked for again when there is room;
  /// only a neighbour itself always fits.
  std::size_t max_nodes = 16384;
  std::size_t max_nodes_per_neighbour = 8192;
  /// Longer routes are not used: no packet would reach their end.
  std::uint8_t max_hops = wire::transit_hop_limit;
  /// Secret and random, since strangers choose node ids.
  HashKey hash_key{};
  /// Off only to show that a test notices.
  bool checks_feasibility = true;
};

/// What the packet path has to know. No next hop: unreachable.
struct RouteChange {
  NodeId destination;
  std::optional<PeerSlot> next_hop;
  bool operator==(RouteChange const&) const = default;
};

/// Appended to; the caller empties it.
struct RoutingOutbox {
  std::vector<std::pair<PeerSlot, wire::Control>> messages;
  std::vector<RouteChange> changes;
  std::vector<PeerSlot> silent;  ///< neighbours that did not acknowledge an update in time
};

struct SelectedRoute {
  PeerSlot next_hop;
  NodeId neighbour;
  Metric metric = infinite;
  Seqno seqno = 0;
  std::uint8_t hops = 0;
};

/// One route that a neighbour offers, for people and tests.
struct OfferedRoute {
  NodeId destination;
  PeerSlot slot;
  NodeId neighbour;
  Metric announced = infinite;
  Metric metric = infinite;  ///< with the cost of the link
  Seqno seqno = 0;
  std::uint8_t hops = 0;
  bool feasible = false;
  bool doubted = false;
  bool selected = false;
  Time since{};  ///< of the announcement
};

/// What was heard and not believed. The rest of the same message counts.
struct Refusals {
  std::uint64_t from_nobody = 0;     ///< from a slot that is no neighbour; not acknowledged
  std::uint64_t outdated = 0;        ///< of a table before the present one, or too soon after it; not acknowledged
  std::uint64_t false_key = 0;       ///< a key that does not hash to the node id
  std::uint64_t false_metric = 0;    ///< 0 for another node than the neighbour itself, or not 0 for that
  std::uint64_t without_record = 0;  ///< a route to a node whose key was never told
  std::uint64_t own_id = 0;          ///< about this node itself, of which nobody has to tell it
  std::uint64_t table_full = 0;      ///< beyond max_nodes or max_nodes_per_neighbour
};

class Routing {
 public:
  /// `own_seqno`: the stored one plus one. A start without a stored one may pass any.
  Routing(NodeId const& self, Record const& own, Seqno own_seqno, RoutingSettings const& settings);

  /// A direct link was proven, in a life of the neighbour that is not known yet or after neighbour_down.
  /// `cost` is at least 1; `infinite` keeps the neighbour and uses no route through it.
  void neighbour_up(PeerSlot slot, NodeId const& id, Metric cost, Time now, RoutingOutbox& outbox);
  void set_cost(PeerSlot slot, Metric cost, Time now, RoutingOutbox& outbox);
  /// For retransmission; 0 until known.
  void set_round_trip(PeerSlot slot, Duration round_trip);
  /// Every route through it goes at once.
  void neighbour_down(PeerSlot slot, Time now, RoutingOutbox& outbox);
  /// What went to `destination` by this neighbour was not answered, although the link to it works: another way is
  /// taken if there is one, for a minute at first, for longer each time, and for a minute again after an hour without.
  void doubt(NodeId const& destination, PeerSlot neighbour, Time now, RoutingOutbox& outbox);
  /// It was the node itself that did not answer, for it restarted: every way to it is as good as before.
  void forgive(NodeId const& destination, Time now, RoutingOutbox& outbox);
  /// The own alias changed: the record is announced anew.
  void set_alias(std::optional<IpAddress> alias, Time now, RoutingOutbox& outbox);

  void on_update(PeerSlot from, wire::Update const& update, Time now, RoutingOutbox& outbox);
  void on_ack(PeerSlot from, wire::UpdateAck const& ack, Time now, RoutingOutbox& outbox);
  void on_request(PeerSlot from, wire::SeqnoRequest const& request, Time now, RoutingOutbox& outbox);

  /// Call at next_deadline() or later.
  void on_deadline(Time now, RoutingOutbox& outbox);
  [[nodiscard]] Time next_deadline() const;

  /// To be stored whenever it changed, before the messages of that call leave if that can be.
  [[nodiscard]] Seqno own_seqno() const { return own_seqno_; }
  /// Another number after each change of a route or a record.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] Refusals const& refusals() const { return refusals_; }

  [[nodiscard]] std::optional<SelectedRoute> route(NodeId const& destination) const;
  /// Whether some neighbour offers a route to it that is finite from here, used or not, feasible or not.
  [[nodiscard]] bool is_offered(NodeId const& destination) const;
  /// That way to it is avoided at present, as doubt() said.
  [[nodiscard]] bool is_doubted(NodeId const& destination, PeerSlot neighbour) const {
    return doubts_.holds(destination, neighbour);
  }
  /// Of a node heard of, reachable or not.
  [[nodiscard]] std::optional<Record> record(NodeId const& node) const;
  /// The reachable node of a mesh address. Of several with one alias, the one that was reachable with it first.
  [[nodiscard]] std::optional<NodeId> find_by_address(IpAddress const& address) const;
  /// Nodes in the table, this one and retracted ones included.
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  /// Every finite route that a neighbour offers, in the order of ids.
  template <class Visitor>
  void for_each_route(Visitor const& visit) const;

 private:
  enum class Pace : std::uint8_t { urgent, calm };
  /// The smaller, the better.
  struct Rank {
    bool is_doubted = false;
    Metric metric = infinite;
    auto operator<=>(Rank const&) const = default;
  };

  // routing.cpp: inputs, deadlines, questions
  [[nodiscard]] Neighbour* find(PeerSlot slot) const;
  [[nodiscard]] OfferedRoute offer_of(Destination const& destination, Candidate const& candidate) const;
  void drop_candidates(Neighbour& neighbour, Time now, RoutingOutbox& outbox);
  void on_alarm(Index index, Time now, RoutingOutbox& outbox);
  void activate(Neighbour& neighbour);
  /// The end of every input: sends what is due.
  void finish(Time now, RoutingOutbox& outbox);

  // selection.cpp: which route is used, and how long a node is known
  [[nodiscard]] Metric metric_through(Candidate const& candidate) const;
  [[nodiscard]] bool is_feasible(Destination const& destination, Candidate const& candidate) const;
  [[nodiscard]] Rank rank_of(Destination const& destination, Candidate const& candidate) const;
  /// Of a selected route: what another has to be below to be worth asking for.
  [[nodiscard]] Rank rank_of_selected(Destination const& destination) const;
  [[nodiscard]] bool is_better(Destination const& destination, Candidate const& a, Candidate const& b) const;
  [[nodiscard]] bool is_much_better(Metric metric, Metric present) const;
  [[nodiscard]] bool is_sought(Destination const& destination, Candidate const& candidate) const;
  [[nodiscard]] Candidate const* choose(Destination& destination, Time now) const;
  void select(Index index, Time now, RoutingOutbox& outbox);
  void arm(Index index);
  void keep(Index index, Time now);
  [[nodiscard]] bool is_owed(Index index) const;
  [[nodiscard]] bool may_be_forgotten(Index index, Time now);
  void forget(Index index);

  // heard.cpp: updates of neighbours
  [[nodiscard]] bool hear_table(Neighbour& neighbour, std::uint32_t table, Time now, RoutingOutbox& outbox);
  void hear(Neighbour& neighbour, wire::UpdateEntry const& entry, std::uint32_t batch, Time now, RoutingOutbox& outbox);
  // `index` is the entry's node, if the table has it.
  [[nodiscard]] std::uint64_t* fault_of(Neighbour const& neighbour, wire::UpdateEntry const& entry,
                                        std::optional<Index> index);
  [[nodiscard]] std::optional<Index> place_for(Neighbour& neighbour, wire::UpdateEntry const& entry,
                                               std::optional<Index> index, std::uint32_t batch);
  [[nodiscard]] bool has_room_for(Neighbour const& neighbour, bool is_known) const;
  void note_missed(Neighbour& neighbour, Time now);
  void catch_up_if_due(Time now);
  void take_alias(Index index, std::uint32_t alias);

  // updates.cpp: updates to neighbours
  void announce(Index index, Pace pace);
  void spread_seqno(Index index, Time now);
  void owe(Neighbour& neighbour, Index index, Pace pace);
  void forget_record(Neighbour& neighbour, Index index);
  void begin_table(Neighbour& neighbour);
  void owe_everything(Neighbour& neighbour);
  /// To anybody at any time.
  [[nodiscard]] bool may_be_announced(Index index) const { return index == self_index || settings_.relays; }
  [[nodiscard]] bool is_announced(Neighbour const& neighbour, Index index) const;
  [[nodiscard]] std::optional<wire::UpdateEntry> entry_for(Neighbour& neighbour, Index index);
  void send_updates(Neighbour& neighbour, Time now, RoutingOutbox& outbox);
  [[nodiscard]] bool send_update(Neighbour& neighbour, bool calm_is_due, Time now, RoutingOutbox& outbox);
  void note_sent(Neighbour& neighbour, Index index, wire::UpdateEntry const& entry, Flight& flight, Time now);
  void note_arrived(Neighbour& neighbour, Flight const& flight);
  void land(Flight const& flight);
  void resend_overdue(Neighbour& neighbour, Time now, RoutingOutbox& outbox);

  // requests.cpp: sequence numbers, asked for and granted
  void raise_own_seqno(Seqno wanted, Time now);
  void grow_if_due(Time now);
  [[nodiscard]] Asking::Need need_of(Destination const& destination) const;
  void note_need(Index index, Time now);
  void queue_asking(Index index, Time now);
  void send_askings(Time now, RoutingOutbox& outbox);
  void ask(Index index, RoutingOutbox& outbox);
  void forward(Index index, Time now, RoutingOutbox& outbox);
  [[nodiscard]] std::optional<PeerSlot> way_of_request(Destination const& destination) const;

  RoutingSettings settings_;
  RouteTable table_;
  Doubts doubts_;
  std::vector<std::unique_ptr<Neighbour>> by_slot_;
  std::vector<Neighbour*> neighbours_;  ///< in the order of slots
  std::vector<Neighbour*> active_;      ///< in the order of slots; a hub has thousands that are at rest
  std::uint32_t last_batch_ = 0;        ///< the latest that any neighbour was sent

  Seqno own_seqno_;
  std::optional<Seqno> wanted_seqno_;  ///< a newer own one that waits for grow_at_
  Time grow_at_{};
  Time leap_at_{};  ///< by more than a step, not before

  Time catch_up_at_ = never;  ///< with neighbours of which something was missed

  IndexQueue asking_;
  Time asking_at_{};

  std::uint64_t generation_ = 0;
  Refusals refusals_;
};

template <class Visitor>
void Routing::for_each_route(Visitor const& visit) const {
  for (auto const index : table_.in_order_of_ids())
    for (auto const& candidate : table_[index].candidates)
      if (candidate.announced.metric != infinite) visit(offer_of(table_[index], candidate));
}

}  // namespace pim::mesh
