// Finds neighbours on the local links: when to send beacons, who was heard, whom to call. What it hears is a
// claim; the handshake alone proves it, so that a forged or replayed beacon costs one attempt, paced by
// Budget. Each call may move next_deadline(); what is to be done is appended to Out.
#pragma once

#include <map>
#include <optional>

#include "base/drop.hpp"
#include "base/entropy.hpp"
#include "discovery/budget.hpp"
#include "discovery/neighbours.hpp"
#include "discovery/trickle.hpp"
#include "discovery/values.hpp"
#include "wire/beacon.hpp"

namespace pim::discovery {

struct Options {
  NodeId id;
  wire::Beacon beacon;    ///< what it says of this node
  bool announces = true;  ///< otherwise it only listens
  Duration peer_timeout = std::chrono::seconds{180};
};

class Discovery {
 public:
  static constexpr std::size_t max_interfaces = 64;
  /// Looked at per interface; what comes beyond is not, so that a flood costs little.
  static constexpr double heard_rate = 200, heard_burst = 400;
  /// However well it is connected, who is silent on a link for so long is there no more: two of its beacons were due.
  static constexpr Duration longest_silence = 2 * Trickle::longest_connected + Trickle::longest;
  /// News make us speak sooner at most so often.
  static constexpr Duration between_resets = std::chrono::seconds{5};
  /// Of two that hear each other the one with the larger id waits to be called.
  static constexpr Duration courtesy = std::chrono::seconds{1};
  /// Rest after a call in vain: doubling.
  static constexpr Duration least_rest = std::chrono::seconds{5}, longest_rest = std::chrono::seconds{640};

  /// `seed` is unpredictable.
  Discovery(Options options, wire::Beacons beacons, std::uint64_t seed)
      : options_(std::move(options)), beacons_(std::move(beacons)), budget_(seed) {}

  /// All interfaces that are usable now; the first max_interfaces are used.
  void on_links(std::vector<Interface> const& usable, Time now, Entropy& entropy, Out& out);
  /// Why it counts for nothing, if so.
  std::optional<Drop> on_beacon(Received const& received, Time now, Judge const& judge, Entropy& entropy, Out& out);
  void on_deadline(Time now, Judge const& judge, Entropy& entropy, Out& out);
  /// The session with this node, or the direct link, ended without a word from it. Where it was heard and not called
  /// yet it is called at once.
  void on_lost(NodeId const& id, Time now, Entropy& entropy);

  [[nodiscard]] Time next_deadline() const;
  [[nodiscard]] std::vector<Interface> interfaces() const;
  [[nodiscard]] Neighbours const& neighbours() const { return neighbours_; }

 private:
  struct Link {
    Interface interface;
    Trickle trickle{};
    TokenBucket heard{heard_rate, heard_burst};
    Time may_reset_at{};
  };

  void hear(Link& link, wire::Beacon const& beacon, Endpoint const& at, Time now, Judge const& judge, Entropy& entropy,
            Out& out);
  void look_for_change(Neighbour const& neighbour, Endpoint const& at, Out& out) const;
  void speak_again(Link& link, Time now, Entropy& entropy);
  [[nodiscard]] bool is_fully_connected(Link const& link, Judge const& judge) const;
  void keep_if_connected(Neighbour& neighbour, Time now, Judge const& judge) const;
  void call_if_wanted(Neighbour& neighbour, Time now, Judge const& judge, Out& out);

  Options options_;
  wire::Beacons beacons_;
  Budget budget_;
  std::map<std::uint32_t, Link> links_;  ///< by index
  Neighbours neighbours_;
};

}  // namespace pim::discovery
