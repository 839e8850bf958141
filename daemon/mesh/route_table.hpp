// Every node that this one heard of, dense by index: what each neighbour announces about it, the feasibility
// distance (RFC 8966 calls that the source table; each node is the source of itself alone), the selected route
// and when to look at it again. Finds nodes by id and by address. Keeps, and decides nothing: Routing does.
#pragma once

#include <boost/container/small_vector.hpp>

#include <optional>
#include <set>
#include <vector>

#include "base/address.hpp"
#include "base/flat_table.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "base/timer_wheel.hpp"
#include "mesh/distance.hpp"

namespace pim::mesh {

/// A node's place in the table: dense, reused.
using Index = std::uint32_t;
/// The node itself, always there.
inline constexpr Index self_index = 0;

/// What one neighbour last said about one node. A retraction is kept as well: it holds the batch number against
/// which older news are recognised.
struct Candidate {
  Time since{};
  std::uint32_t batch = 0;
  std::uint32_t alias = 0;  ///< big-endian value, 0 for none
  PeerSlot neighbour;
  /// Where the neighbour's own list of what it announces has this node.
  std::uint32_t place = 0;
  /// As announced; the cost of the link comes on top.
  Distance announced;
  /// From here, by this route.
  std::uint8_t hops = 0;
};

struct Selection {
  std::optional<PeerSlot> next_hop;
  /// From here, and what is announced.
  Distance distance;
  std::uint8_t hops = 0;
  bool operator==(Selection const&) const = default;
};

/// A newer sequence number that this node itself needs: because nothing else is feasible (`any`), or because a
/// better route is not (`better`). That need may end and come back with each answer, as when the route in use is
/// doubted and has the number first: the pauses grow on through it.
struct Asking {
  enum class Need : std::uint8_t { none, better, any };
  Need need = Need::none;
  bool is_queued = false;
  std::uint8_t times = 0;
  Time at = never;
  Time asked_at{};
  Duration interval{};
};

/// The requests of neighbours on their way to the node, as one: the newest number and the largest hop limit, said again
/// while it is not answered.
struct Forwarding {
  Seqno seqno = 0;
  std::uint8_t hop_limit = 0;
  std::uint8_t tries_left = 0;
  bool is_cut_off = false;  ///< somebody of those who ask
  PeerSlot asked_by;        ///< for the newest number
  Time at = never;
};

struct Destination {
  NodeId id;
  std::optional<PublicKey> key;
  std::uint32_t alias = 0;
  /// Never 0; another one whenever the record changed.
  std::uint8_t record_version = 1;
  std::optional<Distance> feasibility;
  boost::container::small_vector<Candidate, 3> candidates;
  Selection selected;
  /// Since when some feasible route is better than the selected one by too little.
  Time better_since = never;
  Time kept_until{};  ///< without a route, at least until then
  /// In how many unacknowledged updates it stands.
  std::uint32_t flights = 0;
  Asking asking;
  Forwarding forwarding;
};

class RouteTable {
 public:
  RouteTable(NodeId const& self, HashKey const& hash_key);

  [[nodiscard]] std::size_t size() const { return by_id_.size(); }
  /// One more than the largest index in use.
  [[nodiscard]] Index end() const { return static_cast<Index>(destinations_.size()); }
  [[nodiscard]] Destination& operator[](Index index) { return destinations_[index]; }
  [[nodiscard]] Destination const& operator[](Index index) const { return destinations_[index]; }
  /// All nodes; sorts them.
  [[nodiscard]] std::vector<Index> in_order_of_ids() const;

  [[nodiscard]] std::optional<Index> find(NodeId const& id) const;
  /// The node with a known key whose id begins with the last 80 bits of `address`.
  [[nodiscard]] std::optional<Index> find_v6(IpAddress const& address) const;
  /// Of those who claim the alias, the one who did first.
  [[nodiscard]] std::optional<Index> find_alias(IpAddress const& address) const;

  /// `id` must not be in the table. References into it end here.
  Index add(NodeId const& id);
  /// It is this node's key: from then on find_v6 knows it, unless another holds the address.
  void prove(Index index, PublicKey const& key);
  /// Its candidates must be gone.
  void forget(Index index);
  /// `alias` 0: claims none.
  void claim(Index index, std::uint32_t alias);

  /// One alarm each; never takes it back.
  void arm(Index index, Time at) { alarms_.arm(index, at); }
  [[nodiscard]] Time next_alarm() const { return alarms_.next(); }
  /// The next node whose alarm was due at `now`; the alarm is spent.
  [[nodiscard]] std::optional<Index> take_due(Time now) { return alarms_.take_due(now); }

 private:
  struct Claim {
    std::uint32_t alias = 0;
    std::uint64_t order = 0;
    Index index = 0;
    auto operator<=>(Claim const&) const = default;
  };
  /// What a v6 address holds of an id. Whoever makes 2^40 keys has two that share them; the first keeps the address.
  using AddressBits = std::array<std::uint8_t, 10>;

  std::vector<Destination> destinations_;
  std::vector<Claim> held_;  ///< by index
  std::vector<Index> free_;
  FlatTable<NodeId, Index> by_id_;
  FlatTable<AddressBits, Index> by_address_;
  std::set<Claim> claims_;
  std::uint64_t claim_count_ = 0;
  TimerWheel alarms_;
};

}  // namespace pim::mesh
