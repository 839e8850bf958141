// What discovery is told and what it answers with: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace pim::discovery {

/// What kind of link a node was heard on, by the kind of our own interface.
enum class Mechanism : std::uint8_t { broadcast, bluetooth, wifi_direct };

/// An interface on which beacons are sent and heard.
struct Interface {
  std::uint32_t index = 0;
  std::string name{};
  Mechanism mechanism = Mechanism::broadcast;
  bool can_broadcast = true;
  std::vector<IpAddress> addresses{};
  std::vector<Prefix> networks{};  ///< on this link, IPv4
  bool operator==(Interface const&) const = default;

  /// IPv4 needs an address of its own there, IPv6 a link-local one.
  [[nodiscard]] bool speaks(Family family) const;
  /// Whether a sender of that address can be on this link: nobody elsewhere is called on a stranger's word.
  [[nodiscard]] bool holds(IpAddress const& sender) const;
};

/// A datagram that came to the discovery port from a sender on the link of `interface`.
struct Received {
  std::uint32_t interface = 0;
  Endpoint from;
  Bytes datagram;
};

/// What control knows of a node whose beacon was heard.
enum class Standing : std::uint8_t {
  unwanted,   ///< refused by policy, or not to be called
  connected,  ///< nothing to do
  stranger,   ///< may be called; never met before
  known,      ///< may be called; met before, or named by the user
};

class Judge {
 public:
  virtual ~Judge() = default;
  [[nodiscard]] virtual Standing judge(NodeId const& id, PublicKey const& key) const = 0;
};

/// A node heard on one interface.
struct Neighbour {
  std::uint32_t number = 0;  ///< names it for its whole life
  NodeId id;
  PublicKey key;
  std::uint32_t interface = 0;
  Mechanism mechanism = Mechanism::broadcast;
  std::optional<Endpoint> v4{}, v6{};  ///< where its last beacon of each family says that it answers
  std::uint64_t boot_epoch = 0;
  Time first_seen{}, last_seen{};
  Time kept_until{};  ///< when to ask whether it is still nearby

  bool is_known = false;  ///< when it was heard last
  unsigned calls = 0;     ///< in vain
  Time rests_until{};     ///< not called before
  Time call_at = never;   ///< when to ask whether it is to be called

  [[nodiscard]] bool is_at(IpAddress const& ip) const { return (v4 && v4->ip == ip) || (v6 && v6->ip == ip); }
};

/// A beacon to be sent on one interface, to the groups of the families that it speaks.
struct Send {
  Interface interface;
  Buffer datagram;
};

/// Begin a handshake.
struct Call {
  NodeId id;
  PublicKey key;
  Endpoint at;
};

/// Another node says that it answers where `was` does.
struct ChangedHands {
  Endpoint at;
  NodeId was, is;
};

/// The result of one input; clear() keeps the memory.
struct Out {
  std::vector<Send> sends;
  std::vector<Call> calls;
  struct Heard {
    Neighbour neighbour;
    bool is_new = false;
  };
  std::vector<Heard> heard;
  std::vector<std::uint32_t> gone;  ///< numbers
  std::vector<ChangedHands> changed_hands;

  void clear() {
    sends.clear();
    calls.clear();
    heard.clear();
    gone.clear();
    changed_hands.clear();
  }
};

}  // namespace pim::discovery
