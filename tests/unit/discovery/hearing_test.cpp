#include "scene.hpp"

using namespace pim;
using namespace pim::test;
using discovery::Neighbours;

namespace {

std::size_t heard_on(Scene const& scene, std::uint32_t interface) {
  std::size_t count = 0;
  scene.room.neighbours().for_each([&](discovery::Neighbour const& one) { count += one.interface == interface; });
  return count;
}

bool knows(Scene const& scene, wire::Beacon const& beacon) {
  bool found = false;
  scene.room.neighbours().for_each([&](discovery::Neighbour const& one) { found |= one.key == beacon.key; });
  return found;
}

}  // namespace

TEST_CASE("a node is heard with its address and link, and once more per family") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto beacon = scene.node(true);
  beacon.listen_port = 9333;
  CHECK_FALSE(scene.hear(beacon));
  REQUIRE(scene.out.heard.size() == 1);
  CHECK(scene.out.heard[0].is_new);
  CHECK(to_string(*scene.out.heard[0].neighbour.v4) == "10.1.0.7:9333");
  scene.hear(scene.beacons.make(beacon, scene.entropy), {*parse_ip("fe80::7"), 9101, 1});
  REQUIRE(scene.out.heard.size() == 2);
  CHECK_FALSE(scene.out.heard[1].is_new);
  CHECK(to_string(*scene.out.heard[1].neighbour.v6) == "[fe80::7%1]:9333");
  CHECK(scene.room.neighbours().size() == 1);
}

TEST_CASE("own beacons, other networks, senders of elsewhere and unknown links count for nothing") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto const beacon = scene.node(true);
  CHECK_FALSE(scene.hear({scene.key, 9100, 1, 0}));
  CHECK(scene.hear(beacon, "203.0.113.7") == Drop::foreign_beacon);
  CHECK(scene.hear(beacon, "2001:db8::7") == Drop::foreign_beacon);
  CHECK(scene.hear(beacon, "10.1.0.7", 5) == Drop::foreign_beacon);
  wire::Beacons other("elsewhere", {});
  CHECK(scene.hear(other.make(beacon, scene.entropy), {*parse_ip("10.1.0.7"), 9101, 0}) == Drop::foreign_beacon);
  Scene closed("a secret of sixteen");
  closed.links({link(1, "10.1.0.1")});
  CHECK(closed.hear(scene.beacons.make(beacon, scene.entropy), {*parse_ip("10.1.0.7"), 9101, 0}) ==
        Drop::foreign_beacon);
  CHECK(scene.room.neighbours().size() == 0);
  CHECK(scene.out.heard.empty());
  CHECK(scene.out.calls.empty());
}

TEST_CASE("who falls silent is gone after the timeout, and so is who was heard on a link that went") {
  Scene scene;
  scene.links({link(1, "10.1.0.1"), link(2, "10.2.0.1")});
  scene.strangers = Standing::unwanted;
  auto const one = scene.node(true), two = scene.node(true);
  scene.hear(one, "10.1.0.7", 1);
  scene.hear(two, "10.2.0.7", 2);
  scene.run(100s);
  scene.hear(one, "10.1.0.7", 1);
  scene.run(81s);
  CHECK(knows(scene, one));
  CHECK_FALSE(knows(scene, two));
  CHECK(scene.out.gone.size() == 1);
  scene.links({link(2, "10.2.0.1")});
  CHECK(scene.room.neighbours().size() == 0);
  CHECK(scene.out.gone.size() == 2);
}

TEST_CASE("who is connected is nearby without a beacon for eleven minutes, and not for ever") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto const one = scene.node(true);
  scene.connected.insert(id_of(one));
  scene.hear(one);
  scene.run(659s);
  CHECK(knows(scene, one));
  scene.run(2s);
  CHECK_FALSE(knows(scene, one));
  scene.hear(one);
  scene.run(400s);
  scene.connected.clear();
  scene.run(180s);
  CHECK_FALSE(knows(scene, one));
}

TEST_CASE("an address, a link and all links together hold so many, and whoever is longest unheard leaves") {
  Scene scene;
  scene.strangers = Standing::unwanted;
  scene.links({link(1, "10.1.0.1"), link(2, "10.2.0.1"), link(3, "10.3.0.1")});
  auto const first = scene.node(true), second = scene.node(true);
  scene.hear(first);
  scene.run(10ms);
  scene.hear(second);
  scene.run(10ms);
  scene.hear(first);
  for (std::size_t i = 2; i <= Neighbours::capacity_of_source; ++i) {
    scene.run(10ms);
    scene.hear(scene.node(true));
  }
  CHECK(scene.room.neighbours().size() == Neighbours::capacity_of_source);
  CHECK(knows(scene, first));
  CHECK_FALSE(knows(scene, second));

  std::size_t most = 0;
  for (std::uint32_t on = 1; on <= 3; ++on)
    for (unsigned i = 0; i < 600; ++i) {
      scene.run(10ms);
      scene.hear(scene.node(true),
                 "10." + std::to_string(on) + "." + std::to_string(1 + i / 250) + "." + std::to_string(1 + i % 250),
                 on);
      CHECK(heard_on(scene, on) <= Neighbours::capacity_of_interface);
      most = std::max(most, scene.room.neighbours().size());
    }
  CHECK(most == Neighbours::capacity);
  CHECK(heard_on(scene, 3) == Neighbours::capacity_of_interface);
}

TEST_CASE("a flood of strangers does not push out who was met before") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto const friendly = scene.node(true);
  scene.known.insert(id_of(friendly));
  scene.connected.insert(id_of(friendly));
  scene.hear(friendly, "10.1.0.3");
  for (unsigned i = 0; i < 1000; ++i) {
    scene.run(10ms);
    scene.hear(scene.node(true), "10.1." + std::to_string(1 + i / 250) + "." + std::to_string(1 + i % 250));
  }
  CHECK(knows(scene, friendly));
  CHECK(scene.room.neighbours().size() == Neighbours::capacity_of_interface);
}

TEST_CASE("an address that another node takes over is told, once") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto const before = scene.node(true), after = scene.node(true);
  scene.hear(before);
  scene.hear(after);
  scene.hear(after);
  REQUIRE(scene.out.changed_hands.size() == 1);
  CHECK(scene.out.changed_hands[0].was == id_of(before));
  CHECK(scene.out.changed_hands[0].is == id_of(after));
}

TEST_CASE("beacons beyond the budget of a link are not even looked at") {
  Scene scene;
  scene.strangers = Standing::unwanted;
  scene.links({link(1, "10.1.0.1"), link(2, "10.2.0.1")});
  auto const beacon = scene.node(true);
  unsigned dropped = 0;
  for (int i = 0; i < 1000; ++i) dropped += scene.hear(beacon) == Drop::rate_limited;
  CHECK(dropped == 600);
  CHECK_FALSE(scene.hear(beacon, "10.2.0.7", 2));
  scene.run(1s);
  CHECK_FALSE(scene.hear(beacon));
}
