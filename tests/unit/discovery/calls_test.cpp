#include "scene.hpp"

using namespace pim;
using namespace pim::test;

TEST_CASE("of two that hear each other the smaller id calls at once, the larger only when it was not called") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto const larger = scene.node(true), smaller = scene.node(false);
  scene.hear(larger, "10.1.0.7");
  scene.hear(smaller, "10.1.0.8");
  scene.run(0s);
  CHECK(scene.called() == std::vector<std::string>{"10.1.0.7:9100"});
  scene.run(999ms);
  CHECK(scene.out.calls.size() == 1);
  scene.run(1ms);
  CHECK(scene.called() == std::vector<std::string>{"10.1.0.7:9100", "10.1.0.8:9100"});
}

TEST_CASE("who called us meanwhile, whom policy refuses and who is connected are not called") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto const smaller = scene.node(false);
  scene.hear(smaller);
  scene.connected.insert(id_of(smaller));
  scene.run(1min);
  scene.hear(smaller);
  scene.run(1min);
  scene.strangers = Standing::unwanted;
  scene.hear(scene.node(true), "10.1.0.9");
  scene.run(1min);
  CHECK(scene.out.calls.empty());
}

TEST_CASE("calls in vain come ever more rarely, and the families take turns") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto const beacon = scene.node(true);
  scene.hear(beacon);
  scene.run(0s);
  scene.hear(scene.beacons.make(beacon, scene.entropy), {*parse_ip("fe80::7"), 9101, 1});
  std::vector<Duration> at;
  auto const begin = scene.now;
  for (int i = 0; i < 150; ++i) {
    scene.run(1s);
    if (i % 60 == 0) scene.hear(beacon);
    while (at.size() < scene.out.calls.size()) at.push_back(scene.now - begin);
  }
  REQUIRE(at.size() == 5);
  CHECK(at[1] == 5s);
  CHECK(at[2] == 15s);
  CHECK(at[3] == 35s);
  CHECK(at[4] == 75s);
  CHECK(scene.called()[1] == "[fe80::7%1]:9100");
  CHECK(scene.called()[2] == "10.1.0.7:9100");
}

TEST_CASE("a restarted node is called anew, and so is one that was lost") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto beacon = scene.node(true);
  scene.hear(beacon);
  scene.run(40s);
  auto const in_vain = scene.out.calls.size();
  CHECK(in_vain == 4);
  ++beacon.boot_epoch;
  scene.hear(beacon);
  scene.run(1s);
  CHECK(scene.out.calls.size() == in_vain + 1);
  scene.connected.insert(id_of(beacon));
  scene.run(1min);
  scene.hear(beacon);
  CHECK(scene.out.calls.size() == in_vain + 1);
  scene.connected.clear();
  scene.room.on_lost(id_of(beacon), scene.now, scene.entropy);
  scene.run(5s);
  CHECK(scene.out.calls.size() == in_vain + 2);
}

TEST_CASE("a node that is lost on one link is called at once on another on which it was only heard") {
  Scene scene;
  scene.links({link(1, "10.1.0.1"), link(2, "10.2.0.1")});
  auto const beacon = scene.node(true);
  scene.hear(beacon, "10.1.0.7", 1);
  scene.run(0s);
  scene.connected.insert(id_of(beacon));
  scene.run(1min);
  scene.hear(beacon, "10.2.0.7", 2);
  scene.run(10s);
  REQUIRE(scene.called() == std::vector<std::string>{"10.1.0.7:9100"});
  scene.connected.clear();
  // The link, and then the session.
  scene.room.on_lost(id_of(beacon), scene.now, scene.entropy);
  scene.run(0s);
  CHECK(scene.called() == std::vector<std::string>{"10.1.0.7:9100", "10.2.0.7:9100"});
  scene.run(1s);
  scene.room.on_lost(id_of(beacon), scene.now, scene.entropy);
  scene.run(4s);
  CHECK(scene.out.calls.size() == 3);
  CHECK(scene.called().back() == "10.1.0.7:9100");
}

TEST_CASE("a lost node is not called sooner than its address may be called again") {
  Scene scene;
  scene.links({link(1, "10.1.0.1"), link(2, "10.1.0.2")});
  auto const beacon = scene.node(true);
  scene.hear(beacon, "10.1.0.7", 1);
  scene.run(0s);
  scene.connected.insert(id_of(beacon));
  scene.hear(beacon, "10.1.0.7", 2);
  scene.run(1s);
  scene.connected.clear();
  scene.room.on_lost(id_of(beacon), scene.now, scene.entropy);
  scene.run(3s);
  CHECK(scene.out.calls.size() == 1);
  scene.run(1s);
  CHECK(scene.out.calls.size() == 2);
}

TEST_CASE("a recorded beacon played back from other places costs one call per place and five seconds") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto beacon = scene.node(true);
  auto const first_life = scene.beacons.make(beacon, scene.entropy);
  ++beacon.boot_epoch;
  auto const second_life = scene.beacons.make(beacon, scene.entropy);
  // Taking turns, each looks like a restart.
  for (int i = 0; i < 599; ++i) {
    auto const* const place = i % 3 == 0 ? "10.1.0.66" : "10.1.0.67";
    scene.hear(i % 2 == 0 ? first_life : second_life, {*parse_ip(place), 9101, 0});
    scene.run(100ms);
  }
  CHECK(std::ranges::count(scene.called(), std::string{"10.1.0.66:9100"}) <= 12);
  CHECK(std::ranges::count(scene.called(), std::string{"10.1.0.67:9100"}) <= 12);
  CHECK(scene.out.calls.size() >= 12);
  CHECK(scene.room.neighbours().size() == 1);
}

TEST_CASE("one address is not called twice within five seconds, whoever is said to live there") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  for (int i = 0; i < 200; ++i) {
    scene.hear(scene.node(true), "10.1.0.66");
    scene.run(100ms);
  }
  CHECK(scene.out.calls.size() >= 3);
  CHECK(scene.out.calls.size() <= 5);
}

TEST_CASE("a hundred thousand forged beacons grow nothing and cause no more calls than the budget") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  std::size_t calls = 0, taken = 0;
  auto const begin = scene.now;
  for (unsigned i = 0; i < 100'000; ++i) {
    wire::Beacon const forged{scene.entropy.value<PublicKey>(), 9100, i, 0};
    auto const from = IpAddress::from_v4(0x0a010000u | static_cast<std::uint32_t>(1 + scene.entropy.below(65'000)));
    taken += !scene.hear(scene.beacons.make(forged, scene.entropy), {from, 9101, 0});
    scene.run(4ms);
    calls += scene.out.calls.size();
    scene.out.clear();
    REQUIRE(scene.room.neighbours().size() <= discovery::Neighbours::capacity_of_interface);
  }
  auto const seconds = std::chrono::duration<double>(scene.now - begin).count();
  MESSAGE(taken << " beacons taken, " << calls << " calls in " << seconds << " s");
  CHECK(taken > 70'000);
  CHECK(calls > 1000);
  CHECK(static_cast<double>(calls) <=
        discovery::Budget::stranger_rate * (seconds + discovery::Budget::burst_seconds) + 1);
}

TEST_CASE("a node met before is called at once in the middle of a flood") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto const flood = [&](unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      auto const from = IpAddress::from_v4(0x0a010100u | static_cast<std::uint32_t>(scene.entropy.below(65'000)));
      scene.hear(scene.beacons.make(scene.node(true), scene.entropy), {from, 9101, 0});
      scene.run(10ms);
    }
  };
  flood(1000);
  auto const friendly = scene.node(false);
  scene.known.insert(id_of(friendly));
  scene.hear(friendly, "10.1.0.3");
  flood(110);
  CHECK(std::ranges::count(scene.called(), std::string{"10.1.0.3:9100"}) == 1);
}
