#include <doctest/doctest.h>

#include "support/virtual_network.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// A node without relaying, and many that dial it at once.
struct Crowd {
  explicit Crowd(int size) {
    control::Settings quiet;
    quiet.relay = false;
    hub = &net.add("hub", "192.0.2.1", quiet);
    hub->start();
    control::PeerEntry entry;
    entry.entry_id = "hub";
    entry.address = {"192.0.2.1", 9100};
    quiet.peers = {entry};
    for (int i = 0; i < size; ++i)
      members.push_back(&net.add("member" + std::to_string(i), "192.0.2." + std::to_string(i + 2), quiet));
    for (auto* const member : members) member->start();
    net.run(3s);
  }

  [[nodiscard]] std::size_t connected() const {
    return static_cast<std::size_t>(std::ranges::count_if(members, [&](auto const* member) {
      auto const there = hub->peer(member->id());
      return there && there->state == control::PeerState::active;
    }));
  }
  /// How many of them a packet of the hub's reaches.
  [[nodiscard]] std::size_t reached() {
    for (auto* const member : members) member->delivered.clear();
    for (auto const* const member : members) hub->send_packet(udp_packet(hub->mesh_v6(), member->mesh_v6()));
    net.run(100ms);
    return static_cast<std::size_t>(
        std::ranges::count_if(members, [](auto const* member) { return member->delivered.size() == 1; }));
  }

  VirtualNetwork net;
  Node* hub;
  std::vector<Node*> members;
};

}  // namespace

TEST_CASE("a crowd that meets is stored in a few writes, and nobody is missing in the last one") {
  Crowd crowd(100);
  CHECK(crowd.connected() == 100);
  CHECK(crowd.hub->trusted.records.size() == 100);
  CHECK(crowd.hub->trust_writes <= 3s / 250ms + 1);
}

TEST_CASE("what the user says of a peer is stored at once, however soon after a stranger") {
  Crowd crowd(1);
  auto& hub = *crowd.hub;
  auto& late = crowd.net.add("late", "192.0.2.200", crowd.members[0]->settings);
  late.start();
  REQUIRE(crowd.net.run_until([&] { return hub.peer(late.id()).has_value(); }, 1s));
  auto const verified = hub.command(control::VerifyPeer{control::NodeName{to_string(late.id())}});
  CHECK(hub.answer(verified).has_value());
  auto const stored = [&](trust::Record const& one) {
    return one.id == late.id() && one.level == trust::Level::verified;
  };
  CHECK(std::ranges::any_of(hub.trusted.records, stored));
}

TEST_CASE("packets find each of a crowd, who comes later, and not who was forgotten") {
  Crowd crowd(60);
  CHECK(crowd.reached() == 60);
  auto& late = crowd.net.add("late", "192.0.2.200", crowd.members[0]->settings);
  late.start();
  crowd.members.push_back(&late);
  crowd.net.run(1s);
  CHECK(crowd.reached() == 61);
  crowd.members[7]->kill();
  (void)crowd.hub->command(control::ForgetPeer{control::NodeName{to_string(crowd.members[7]->id())}});
  crowd.net.run(1s);
  auto const refused = crowd.hub->drops(Drop::no_route);
  CHECK(crowd.reached() == 60);
  CHECK(crowd.hub->drops(Drop::no_route) == refused + 1);
}
