#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

#include "desk.hpp"
#include "mesh/link.hpp"
#include "support/test_entropy.hpp"

using namespace pim;
using namespace std::chrono_literals;
using namespace pim::mesh;
using pim::mesh::test::start;

namespace {

/// Both ends of one link, nothing on it but their probes.
class Ends {
 public:
  Ends(Duration first, Duration second) : sides_{Side{Link(first)}, Side{Link(second)}} {
    for (auto& side : sides_) side.link.start(now_);
  }

  void run_for(Duration time) {
    auto const end = now_ + time;
    while (now_ < end) {
      now_ = std::min({end, sides_[0].link.next_deadline(), sides_[1].link.next_deadline(),
                       under_way_.empty() ? never : under_way_.begin()->first});
      while (!under_way_.empty() && under_way_.begin()->first <= now_) {
        auto const message = under_way_.begin()->second;
        under_way_.erase(under_way_.begin());
        arrive(message);
      }
      for (std::size_t side : {0U, 1U}) {
        auto& [link, last_received, probes, is_mute] = sides_[side];
        if (link.poll({{}, last_received}, now_) != Link::Verdict::probe) continue;
        link.on_probe_sent(++last_id_, now_);
        ++probes;
        send({side, last_id_, false, !link.is_up()});
      }
    }
  }
  void break_from(std::size_t side) { sides_[side].is_mute = true; }
  /// Something that it sent was not answered.
  void ask(std::size_t side) { sides_[side].link.on_silence(now_); }
  void lose(unsigned percent, std::uint64_t seed) {
    lost_percent_ = percent;
    random_ = pim::test::SeededEntropy(seed);
  }
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] Time last_arrival() const { return last_arrival_; }
  void forget_probes() { sides_[0].probes = sides_[1].probes = 0; }
  [[nodiscard]] std::size_t probes(std::size_t side) const { return sides_[side].probes; }
  [[nodiscard]] bool is_up(std::size_t side) const { return sides_[side].link.is_up(); }

 private:
  struct Side {
    Link link;
    Time last_received{};
    std::size_t probes = 0;
    bool is_mute = false;
  };
  struct Message {
    std::size_t from = 0;
    std::uint64_t id = 0;
    bool is_reply = false;
    bool is_down = false;
  };

  void send(Message message) {
    if (!sides_[message.from].is_mute && random_.below(100) >= lost_percent_) under_way_.emplace(now_ + 10ms, message);
  }
  void arrive(Message message) {
    auto& to = sides_[1 - message.from];
    to.last_received = now_;
    last_arrival_ = now_;
    if (message.is_reply) {
      CHECK(to.link.on_reply(message.id, now_));
    } else {
      to.link.on_asked(message.is_down, now_);
      if (!to.link.is_up()) to.link.reset(now_);
      send({1 - message.from, message.id, true});
    }
  }

  Time now_ = start;
  std::array<Side, 2> sides_;
  std::multimap<Time, Message> under_way_;
  std::uint64_t last_id_ = 0;
  Time last_arrival_{};
  unsigned lost_percent_ = 0;
  pim::test::SeededEntropy random_{0};
};

}  // namespace

TEST_CASE("the two sides of a calm link ask in turns, at the price of one") {
  Ends ends(60s, 60s);
  ends.run_for(10min);
  ends.forget_probes();
  ends.run_for(1h);
  CHECK(ends.probes(0) + ends.probes(1) <= 70);
  CHECK(ends.probes(0) >= 30);
  CHECK(ends.probes(1) >= 30);
}

TEST_CASE("a side that keeps a NAT open goes on asking at its own pace") {
  Ends ends(25s, 60s);
  ends.run_for(10min);
  ends.forget_probes();
  ends.run_for(1h);
  CHECK(ends.probes(0) >= 143);
  CHECK(ends.probes(1) == 0);
}

TEST_CASE("both sides of a calm link notice a hole in either direction within a minute, and a moment apart") {
  for (std::size_t const dead : {0U, 1U}) {
    for (auto const wait : {1s, 20s, 40s, 55s}) {
      CAPTURE(dead);
      CAPTURE(wait.count());
      Ends ends(60s, 60s);
      ends.run_for(10min + wait);
      ends.break_from(dead);
      ends.run_for(61s);
      CHECK_FALSE(ends.is_up(0));
      CHECK_FALSE(ends.is_up(1));
    }
  }
}

TEST_CASE("an outage that one end alone noticed is over soon after something arrives again, whatever is lost") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Ends ends(60s, 60s);
    ends.run_for(10min);
    ends.lose(100, seed);
    ends.ask(0);
    ends.run_for(5s);
    CHECK_FALSE(ends.is_up(0));
    CHECK(ends.is_up(1));
    ends.lose(30, seed);
    auto const mended = ends.now();
    while (ends.last_arrival() < mended) ends.run_for(100ms);
    ends.run_for(5s);
    CHECK(ends.is_up(0));
    CHECK(ends.is_up(1));
  }
}
