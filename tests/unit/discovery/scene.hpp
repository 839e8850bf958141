// One node's discovery on two links under a clock that the test moves, and beacons of others made to order.
#pragma once

#include <doctest/doctest.h>

#include <set>

#include "crypto/hash.hpp"
#include "discovery/discovery.hpp"
#include "support/test_entropy.hpp"

namespace pim::test {

using namespace std::chrono_literals;
using discovery::Discovery;
using discovery::Standing;

inline discovery::Interface link(std::uint32_t index, std::string const& address) {
  discovery::Interface interface{index, "eth" + std::to_string(index)};
  auto const ip = *parse_ip(address);
  interface.addresses = {ip, *parse_ip("fe80::1")};
  interface.networks = {make_prefix(ip, 16)};
  return interface;
}

class Scene : public discovery::Judge {
 public:
  explicit Scene(std::string_view secret = {}, bool announces = true)
      : beacons("home", as_bytes(secret)), room(options(announces), wire::Beacons("home", as_bytes(secret)), 77) {}

  [[nodiscard]] Standing judge(NodeId const& id, PublicKey const&) const override {
    if (connected.contains(id)) return Standing::connected;
    if (known.contains(id)) return Standing::known;
    return strangers;
  }

  void links(std::vector<discovery::Interface> const& usable) { room.on_links(usable, now, entropy, out); }
  std::optional<Drop> hear(wire::Beacon const& beacon, std::string const& from = "10.1.0.7", std::uint32_t on = 1) {
    return hear(beacons.make(beacon, entropy), Endpoint{*parse_ip(from), 9101, 0}, on);
  }
  std::optional<Drop> hear(Bytes datagram, Endpoint const& from, std::uint32_t on = 1) {
    return room.on_beacon({on, from, datagram}, now, *this, entropy, out);
  }
  /// Lets time pass, deadline by deadline.
  void run(Duration duration) {
    auto const end = now + duration;
    while (room.next_deadline() <= end) {
      now = std::max(now, room.next_deadline());
      room.on_deadline(now, *this, entropy, out);
      ++wakes;
    }
    now = end;
  }
  /// A node whose id is on the wanted side of ours.
  wire::Beacon node(bool has_larger_id) {
    for (;;) {
      wire::Beacon beacon{entropy.value<PublicKey>(), 9100, entropy.value<std::uint64_t>(), 0};
      if ((crypto::node_id_of(beacon.key) > self) == has_larger_id) return beacon;
    }
  }
  [[nodiscard]] std::vector<std::string> called() const {
    std::vector<std::string> at;
    for (auto const& call : out.calls) at.push_back(to_string(call.at));
    return at;
  }

  SeededEntropy entropy{5};
  PublicKey key = entropy.value<PublicKey>();
  NodeId self = crypto::node_id_of(key);
  Time now{1h};
  wire::Beacons beacons;
  discovery::Out out;
  Discovery room;
  std::set<NodeId> connected, known;
  Standing strangers = Standing::stranger;
  unsigned wakes = 0;

 private:
  [[nodiscard]] discovery::Options options(bool announces) const {
    discovery::Options made{self, {key, 9100, 1, 0}};
    made.announces = announces;
    return made;
  }
};

inline NodeId id_of(wire::Beacon const& beacon) { return crypto::node_id_of(beacon.key); }

}  // namespace pim::test
