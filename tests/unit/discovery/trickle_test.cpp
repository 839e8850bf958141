#include "scene.hpp"

using namespace pim;
using namespace pim::test;

TEST_CASE("beacons come within half a second, then ever more rarely, down to one a minute") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  std::vector<Time> sent;
  auto const begin = scene.now;
  for (auto const end = begin + 30min; scene.now < end;) {
    scene.run(scene.room.next_deadline() - scene.now);
    for (std::size_t i = 0; i < scene.out.sends.size(); ++i) sent.push_back(scene.now);
    scene.out.clear();
  }
  REQUIRE(sent.size() > 10);
  CHECK(sent[0] - begin >= 250ms);
  CHECK(sent[0] - begin <= 500ms);
  // The interval that each falls into: 0.5, 1, 2 .. 60 s, one beacon in its second half.
  auto start = begin;
  Duration interval = 500ms;
  for (auto const at : sent) {
    CHECK(at >= start + interval / 2);
    CHECK(at <= start + interval);
    start += interval;
    interval = std::min<Duration>(2 * interval, 60s);
  }
  CHECK(scene.wakes == sent.size());
}

TEST_CASE("where all who were heard are connected a beacon comes every five minutes, where one is not every minute") {
  for (bool const has_stranger : {false, true}) {
    CAPTURE(has_stranger);
    Scene scene;
    scene.strangers = Standing::unwanted;
    scene.links({link(1, "10.1.0.1")});
    auto const friends = {scene.node(true), scene.node(false)};
    auto const stranger = scene.node(true);
    for (auto const& one : friends) scene.connected.insert(id_of(one));
    for (int minute = 0; minute < 70; ++minute) {
      if (minute == 10) scene.out.clear();
      for (auto const& one : friends) scene.hear(one);
      if (has_stranger) scene.hear(stranger);
      scene.run(1min);
    }
    CHECK(scene.out.sends.size() == doctest::Approx(has_stranger ? 60 : 12).epsilon(0.05));
  }
}

TEST_CASE("whoever loses a friend speaks at once, and the friend may be back before it is called gone") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  auto const one = scene.node(true);
  scene.connected.insert(id_of(one));
  for (int i = 0; i < 4; ++i) {
    scene.hear(one);
    scene.run(290s);
  }
  scene.out.clear();
  scene.connected.clear();
  scene.room.on_lost(id_of(one), scene.now, scene.entropy);
  scene.run(500ms);
  CHECK(scene.out.sends.size() == 1);
  scene.run(170s);
  CHECK(scene.out.calls.size() >= 3);
  CHECK(scene.out.gone.empty());
  scene.run(15s);
  CHECK(scene.out.gone.size() == 1);
}

TEST_CASE("a link that comes is spoken on at once, one that goes no more, and the others keep their pace") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  scene.run(5min);
  scene.out.clear();
  scene.links({link(1, "10.1.0.1"), link(2, "10.2.0.1")});
  scene.run(500ms);
  REQUIRE(scene.out.sends.size() == 1);
  CHECK(scene.out.sends[0].interface.index == 2);
  scene.out.clear();
  scene.links({link(1, "10.1.0.1")});
  scene.run(90s);
  for (auto const& send : scene.out.sends) CHECK(send.interface.index == 1);
  CHECK(scene.out.sends.size() <= 2);
}

TEST_CASE("another address on a link is a change, the same links once more are none") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  scene.run(5min);
  auto const next = scene.room.next_deadline();
  scene.links({link(1, "10.1.0.1")});
  CHECK(scene.room.next_deadline() == next);
  scene.links({link(1, "10.1.0.9")});
  CHECK(scene.room.next_deadline() <= scene.now + 500ms);
}

TEST_CASE("a newcomer and a restart make us speak soon, though not more often than every five seconds") {
  Scene scene;
  scene.links({link(1, "10.1.0.1")});
  scene.run(5min);
  scene.strangers = Standing::unwanted;
  scene.out.clear();
  auto beacon = scene.node(true);
  scene.hear(beacon);
  scene.run(500ms);
  CHECK(scene.out.sends.size() == 1);
  scene.hear(beacon);  // nothing new
  scene.run(9500ms);
  scene.out.clear();
  ++beacon.boot_epoch;
  scene.hear(beacon);
  scene.run(500ms);
  CHECK(scene.out.sends.size() == 1);
  // Each of these is news.
  scene.out.clear();
  for (int i = 0; i < 400; ++i) {
    scene.hear(scene.node(true), "10.1.1." + std::to_string(i % 250));
    scene.run(50ms);
  }
  CHECK(scene.out.sends.size() <= 4 * 5);
}

TEST_CASE("changes that follow each other do not put off the beacon that is due") {
  Scene scene;
  for (int i = 0; i < 20; ++i) {
    discovery::Trickle trickle;
    trickle.reset(scene.now, scene.entropy);
    auto const due = trickle.next();
    trickle.reset(scene.now + 200ms, scene.entropy);
    CHECK(trickle.next() == due);
  }
}

TEST_CASE("who may not announce itself listens and is silent") {
  Scene scene({}, false);
  scene.links({link(1, "10.1.0.1")});
  CHECK(scene.room.next_deadline() == never);
  scene.hear(scene.node(true));
  scene.run(1min);
  CHECK(scene.out.sends.empty());
  CHECK_FALSE(scene.out.calls.empty());
}

TEST_CASE("what is sent is a beacon of this node, sealed where there is a secret") {
  for (auto const* const secret : {"", "a secret of sixteen"}) {
    Scene scene(secret);
    scene.links({link(1, "10.1.0.1")});
    scene.run(1s);
    REQUIRE_FALSE(scene.out.sends.empty());
    auto const& datagram = scene.out.sends[0].datagram;
    CHECK(scene.beacons.parse(datagram)->key == scene.key);
    bool const is_sealed = datagram.size() == wire::sealed_beacon_size;
    CHECK(is_sealed == (*secret != '\0'));
  }
}

TEST_CASE("a host with very many links speaks on a bounded number of them") {
  Scene scene;
  std::vector<discovery::Interface> many;
  for (std::uint32_t i = 1; i <= 300; ++i) many.push_back(link(i, "10.1.0.1"));
  scene.links(many);
  CHECK(scene.room.interfaces().size() == Discovery::max_interfaces);
}
