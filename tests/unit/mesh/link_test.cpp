#include "mesh/link.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "desk.hpp"
#include "support/test_entropy.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using pim::mesh::test::start;
using Verdict = Link::Verdict;

namespace {

/// A link, its probes and their way there and back.
class Track {
 public:
  explicit Track(Duration idle_interval = 60s, std::uint64_t seed = 1) : link(idle_interval), random(seed) {
    link.start(now);
  }

  /// Until `end`, with data every 10 ms when there is traffic, and as much from the peer when it talks.
  void runs_until(Time end) {
    while (now < end) {
      auto next = std::min({end, link.next_deadline(), replies.empty() ? never : replies.begin()->first});
      if (traffic) next = std::min(next, last_data + 10ms);
      now = std::max(now, next);
      if (traffic && now >= last_data + 10ms) send_data();
      while (!replies.empty() && replies.begin()->first <= now) {
        if (!link.is_up()) ++ups;
        CHECK(link.on_reply(replies.begin()->second, now));
        last_received = now;
        replies.erase(replies.begin());
      }
      if (talks) last_received = now;
      act(link.poll({last_data, last_received}, now));
    }
  }
  void runs_for(Duration time) { runs_until(now + time); }
  bool is_lost() { return random.below(1000) < lost_per_mille; }

  Link link;
  Time now = start;
  Time last_data{}, last_received{};
  bool traffic = false;
  bool talks = false;
  Duration round_trip = 20ms;
  unsigned lost_per_mille = 0;  ///< each way
  std::vector<Time> probes, downs;
  std::size_t ups = 0;
  std::multimap<Time, std::uint64_t> replies;
  pim::test::SeededEntropy random;

 private:
  void send_data() {
    if (now >= last_data + 750ms) link.on_traffic();
    last_data = now;
  }
  void act(Verdict verdict) {
    if (verdict == Verdict::down) downs.push_back(now);
    if (verdict != Verdict::probe) return;
    link.on_probe_sent(++id_, now);
    probes.push_back(now);
    bool const is_back = !is_lost() && !is_lost();
    if (is_back) replies.emplace(now + round_trip, id_);
  }

  std::uint64_t id_ = 0;
};

}  // namespace

TEST_CASE("a link is up with the first answered probe, and a reply counts once") {
  Link link(60s);
  CHECK(link.next_deadline() == never);
  link.start(start);
  CHECK(link.next_deadline() == start);
  CHECK(link.cost() == infinite);
  REQUIRE(link.poll({}, start) == Verdict::probe);
  link.on_probe_sent(42, start);
  CHECK_FALSE(link.on_reply(43, start + 5ms));
  CHECK_FALSE(link.is_up());
  CHECK(link.on_reply(42, start + 5ms));
  CHECK(link.is_up());
  CHECK(link.cost() == 128);
  CHECK(link.round_trip() == 5ms);
  CHECK_FALSE(link.on_reply(42, start + 900ms));
  CHECK(link.round_trip() == 5ms);

  link.on_probe_sent(44, start + 1s);
  link.on_probe_sent(45, start + 1125ms);
  CHECK(link.on_reply(45, start + 1130ms));
  CHECK_FALSE(link.on_reply(45, start + 1900ms));
  CHECK(link.round_trip() == 5ms);
}

TEST_CASE("a stopped link does nothing and forgets") {
  Track track;
  track.runs_for(1s);
  track.link.stop();
  CHECK(track.link.next_deadline() == never);
  CHECK_FALSE(track.link.is_up());
  CHECK_FALSE(track.link.on_reply(1, track.now));
  CHECK_FALSE(track.link.round_trip());
}

TEST_CASE("an idle link is asked after half a second, then ever less often down to its interval") {
  for (auto const idle : {Duration{60s}, Duration{25s}}) {
    Track track(idle);
    track.round_trip = 0ms;
    track.runs_for(600s);
    std::vector<Duration> gaps;
    for (std::size_t i = 1; i < track.probes.size(); ++i) gaps.push_back(track.probes[i] - track.probes[i - 1]);
    REQUIRE(gaps.size() > 10);
    CHECK(gaps[0] == 500ms);
    CHECK(gaps[1] == 1s);
    CHECK(gaps[5] == 16s);
    CHECK(gaps.back() <= idle);
    CHECK(gaps.back() >= idle * 7 / 8);
  }
}

TEST_CASE("under traffic a link is asked every 400 ms, and not any more when the traffic ends") {
  Track track;
  track.runs_for(200s);
  track.probes.clear();
  track.traffic = true;
  track.runs_for(80s);
  CHECK(track.probes.size() >= 198);
  CHECK(track.probes.size() <= 202);
  track.traffic = false;
  track.runs_for(1s);
  track.probes.clear();
  track.runs_for(20s);
  CHECK(track.probes.empty());
}

TEST_CASE("a link over which something goes out twice a second is watched like one that is full") {
  Track track;
  track.runs_for(200s);
  track.probes.clear();
  for (int i = 0; i < 40; ++i) {
    track.traffic = true;
    track.runs_for(1ms);
    track.traffic = false;
    track.runs_for(499ms);
  }
  CHECK(track.probes.size() >= 40);
}

TEST_CASE("a link that comes up in the midst of traffic is watched for it within a second") {
  Track track;
  track.last_data = track.now;  // the packet path told of it before, and tells again only after a pause
  track.traffic = true;
  track.runs_for(1s);
  track.probes.clear();
  track.runs_for(10s);
  CHECK(track.probes.size() >= 24);
}

TEST_CASE("a hole under traffic is noticed within a second and two and a half round trips") {
  for (auto const round_trip : {1ms, 20ms, 100ms, 150ms, 200ms, 400ms})
    for (auto offset = 0ms; offset < 800ms; offset += 7ms) {
      Track track;
      track.round_trip = round_trip;
      track.traffic = true;
      track.runs_for(20s + offset);
      auto const hole = track.now;
      track.lost_per_mille = 1000;
      // The hole is on the way there: answers that are on their way back still come.
      track.runs_for(5s);
      REQUIRE(track.downs.size() == 1);
      REQUIRE(track.downs[0] - hole <= 1s + 5ms + round_trip * 5 / 2);
      REQUIRE(track.downs[0] - hole >= 600ms - round_trip);
    }
}

TEST_CASE("a hole on the way there alone is noticed within 1.7 s, at any round trip up to 250 ms") {
  for (auto const round_trip : {1ms, 20ms, 100ms, 200ms, 250ms})
    for (auto offset = 0ms; offset < 800ms; offset += 7ms) {
      Track track;
      track.round_trip = round_trip;
      track.traffic = track.talks = true;
      track.runs_for(20s + offset);
      auto const hole = track.now;
      track.lost_per_mille = 1000;
      track.runs_for(5s);
      REQUIRE(track.downs.size() == 1);
      REQUIRE(track.downs[0] - hole <= 1700ms);
      REQUIRE(track.downs[0] - hole >= 1s);
    }
}

TEST_CASE("what the peer said while it was asked puts its silence off, by no more than that") {
  Track track;
  track.traffic = track.talks = true;
  track.round_trip = 1ms;
  track.runs_for(20s);
  track.lost_per_mille = 1000;
  track.runs_for(700ms);
  track.talks = false;
  auto const silent = track.now;
  track.runs_for(5s);
  REQUIRE(track.downs.size() == 1);
  CHECK(track.downs[0] - silent >= 600ms);
  CHECK(track.downs[0] - silent <= 605ms);
}

TEST_CASE("answers that a full buffer delays by more than a second do not end a link over which something comes in") {
  Track track;
  track.traffic = track.talks = true;
  track.runs_for(20s);
  track.round_trip = 1200ms;
  track.runs_for(60s);
  CHECK(track.downs.empty());
  CHECK(track.link.loss_percent() == 0);
}

TEST_CASE("our own sleep is no silence of the peer") {
  Track track;
  track.traffic = true;
  track.runs_for(20s);
  track.lost_per_mille = 1000;
  auto const probes = track.probes.size();
  while (track.probes.size() < probes + 3) track.runs_for(1ms);
  track.now += 10s;
  track.lost_per_mille = 0;
  track.runs_for(1s);
  CHECK(track.downs.empty());
}

TEST_CASE("an idle link that died is lost 600 ms and two and a half round trips after its next probe") {
  Track track;
  track.runs_for(200s);
  track.lost_per_mille = 1000;
  auto const asked = track.link.next_deadline();
  track.runs_for(70s);
  REQUIRE(track.downs.size() == 1);
  CHECK(track.downs[0] - asked == 650ms);
  CHECK(asked - start <= 260s);
}

TEST_CASE("however often a link is said to be silent, it is asked no more often than under traffic") {
  Track track;
  track.runs_for(200s);
  track.probes.clear();
  track.link.on_silence(track.now);
  CHECK(track.link.next_deadline() == track.now);
  for (int i = 0; i < 10000; ++i) {
    track.link.on_silence(track.now);
    track.runs_for(1ms);
  }
  CHECK(track.probes.size() >= 20);
  CHECK(track.probes.size() <= 26);
}

TEST_CASE("with three probes in ten lost each way a false alarm comes once in 400 silences at most, and heals") {
  std::size_t alarms = 0;
  for (auto const round_trip : {10ms, 150ms, 200ms, 400ms}) {
    Track track(60s, 7);
    track.round_trip = round_trip;
    track.traffic = true;
    track.runs_for(10s);
    track.lost_per_mille = 300;
    std::size_t silences = 0;
    for (Time last = track.now; track.now < start + 8000s;) {
      auto const before = track.probes.size();
      track.runs_for(50ms);
      if (track.probes.size() > before && track.now - last > 350ms) ++silences, last = track.now;
    }
    REQUIRE(silences > 5000);
    CHECK(track.downs.size() * 400 < silences);
    CHECK(track.ups >= track.downs.size());
    alarms += track.downs.size();
  }
  CHECK(alarms > 0);
}

TEST_CASE("a link that is down is asked ever less often, and at once when something may have changed") {
  Track track;
  track.lost_per_mille = 1000;
  track.runs_for(300s);
  CHECK_FALSE(track.link.is_up());
  CHECK(track.downs.empty());
  REQUIRE(track.probes.size() > 12);
  for (std::size_t i = 1; i <= 9; ++i) CHECK(track.probes[i] - track.probes[i - 1] == 125ms);
  CHECK(track.probes[10] - track.probes[9] == 250ms);
  CHECK(track.probes[11] - track.probes[10] == 500ms);
  CHECK(track.probes.back() - track.probes[track.probes.size() - 2] == 60s);
  track.runs_for(2s);
  track.link.reset(track.now);
  CHECK(track.link.next_deadline() == track.now);
  track.lost_per_mille = 0;
  track.runs_for(50ms);
  CHECK(track.link.is_up());
  track.link.reset(track.now);
  CHECK(track.link.next_deadline() == track.now + 500ms);
}

TEST_CASE("a NAT that a link keeps open stays open while the link is down") {
  Track track(25s);
  track.lost_per_mille = 1000;
  track.runs_for(300s);
  REQUIRE(track.downs.empty());
  for (std::size_t i = 1; i < track.probes.size(); ++i) CHECK(track.probes[i] - track.probes[i - 1] <= 25s);
  CHECK(track.probes.back() - track.probes[track.probes.size() - 2] == 25s);
}

TEST_CASE("resetting a link that is down again and again makes eight probes a second at most") {
  Track track;
  track.lost_per_mille = 1000;
  for (int i = 0; i < 10000; ++i) {
    track.link.reset(track.now);
    track.runs_for(1ms);
  }
  CHECK(track.probes.size() <= 81);
}

TEST_CASE("loss makes a link dearer in steps, and an outage is not loss") {
  Track track;
  track.traffic = true;
  track.round_trip = 5ms;
  track.runs_for(20s);
  CHECK(track.link.cost() == 128);
  track.lost_per_mille = 1000;
  track.runs_for(10s);
  CHECK(track.link.cost() == infinite);
  track.lost_per_mille = 0;
  track.link.reset(track.now);
  track.runs_for(10ms);
  CHECK(track.link.cost() == 128);
  CHECK(track.link.loss_percent() == 0);
  track.lost_per_mille = 300;
  std::map<Metric, int> seen;
  for (int i = 0; i < 3000; ++i) {
    track.runs_for(100ms);
    ++seen[track.link.cost()];
  }
  CHECK(seen[256] > 1500);  // 0.7 * 0.7 is half
}

TEST_CASE("delivery is counted over 64 probes and moves a step only when clearly past its edge") {
  LinkCost cost;
  auto const outcomes = [&](int answered, int lost) {
    for (int i = 0; i < lost; ++i) cost.on_outcome(false);
    for (int i = 0; i < answered; ++i) cost.on_outcome(true);
    return cost.value();
  };
  CHECK(outcomes(64, 0) == 128);
  CHECK(outcomes(53, 11) == 128);
  CHECK(outcomes(52, 12) == 170);
  CHECK(outcomes(59, 5) == 170);
  CHECK(outcomes(60, 4) == 128);
  CHECK(outcomes(36, 28) == 256);
  CHECK(outcomes(43, 21) == 256);
  CHECK(outcomes(20, 44) == 512);
  CHECK(outcomes(0, 64) == 512);
  CHECK(cost.loss_percent() == 100);
  CHECK(outcomes(48, 16) == 170);
  CHECK(cost.loss_percent() == 25);
}

TEST_CASE("the round trip adds a step for each doubling, and an unsteady one does not chatter") {
  auto const at = [](Duration round_trip) {
    LinkCost cost;
    cost.on_round_trip(round_trip);
    return cost.value() - perfect_cost;
  };
  CHECK(at(0ms) == 0);
  CHECK(at(7999us) == 0);
  CHECK(at(8ms) == 16);
  CHECK(at(16ms) == 32);
  CHECK(at(100ms) == 64);
  CHECK(at(1024ms) == 128);
  CHECK(at(60s) == 128);

  LinkCost steady;
  for (auto const& [round_trip, step] : {std::pair{16ms, 32}, {39ms, 32}, {41ms, 48}, {26ms, 48}, {25ms, 32}}) {
    for (int i = 0; i < 100; ++i) steady.on_round_trip(round_trip);
    CHECK(steady.value() - perfect_cost == step);
  }

  LinkCost cost;
  cost.on_round_trip(16ms);
  int changes = 0;
  pim::test::SeededEntropy random(3);
  for (int i = 0; i < 1000; ++i) {
    auto const before = cost.value();
    cost.on_round_trip(Duration{14ms} + std::chrono::microseconds{random.below(5000)});
    if (cost.value() != before) ++changes;
  }
  CHECK(changes <= 1);
}
