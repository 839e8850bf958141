#include "ui/model/route_switch.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace pim;
using namespace pim::ui;
using namespace pim::ui::route_input;
using namespace std::chrono_literals;

namespace {

constexpr Time start{1000s};

/// Feeds inputs in turn and remembers what the daemon was asked.
struct Desk {
  RouteSwitch state;
  std::vector<bool> asked;
  Time now = start;

  void say(RouteInput const& input) {
    auto next = step(state, input, now);
    state = next.next;
    if (next.request) asked.push_back(*next.request);
  }
};

Desk confirmed() {
  Desk desk;
  desk.say(Toggled{true});
  desk.say(Confirmed{});
  return desk;
}

}  // namespace

TEST_CASE("turning on takes a confirmation and the daemon's word") {
  Desk desk;
  desk.say(Toggled{true});
  CHECK(desk.state.phase == RoutePhase::confirm);
  CHECK(desk.asked.empty());
  desk.say(Confirmed{});
  CHECK(desk.state.phase == RoutePhase::pending_on);
  CHECK(desk.asked == std::vector{true});
  desk.say(DaemonSaid{{true, false}});
  CHECK(desk.state.phase == RoutePhase::on);
}

TEST_CASE("checks that fail stop in the pre-flight and go on when they pass") {
  Desk desk;
  desk.say(Toggled{false});
  CHECK(desk.state.phase == RoutePhase::preflight);
  desk.say(Checked{true});
  CHECK(desk.state.phase == RoutePhase::confirm);
  desk.say(Checked{false});
  CHECK(desk.state.phase == RoutePhase::preflight);
  desk.say(Cancelled{});
  CHECK(desk.state.phase == RoutePhase::off);
  CHECK(desk.asked.empty());
}

TEST_CASE("without the daemon's word nothing counts as done") {
  auto desk = confirmed();
  desk.say(DaemonSaid{{false, false}});
  CHECK(desk.state.phase == RoutePhase::pending_on);
  desk.now += 4999ms;
  desk.say(Ticked{});
  CHECK(desk.state.phase == RoutePhase::pending_on);
  desk.now += 1ms;
  CHECK(next_deadline(desk.state) == desk.now);
  desk.say(Ticked{});
  CHECK(desk.state.phase == RoutePhase::off);
  CHECK_FALSE(desk.state.problem.empty());
  CHECK(next_deadline(desk.state) == never);
}

TEST_CASE("on and blocking follow the daemon") {
  auto desk = confirmed();
  desk.say(DaemonSaid{{true, true}});
  CHECK(desk.state.phase == RoutePhase::blocking);
  desk.say(DaemonSaid{{true, false}});
  CHECK(desk.state.phase == RoutePhase::on);
}

TEST_CASE("turning off asks no questions") {
  auto desk = confirmed();
  desk.say(DaemonSaid{{true, true}});
  desk.say(TurnedOff{});
  CHECK(desk.state.phase == RoutePhase::pending_off);
  CHECK(desk.asked == std::vector{true, false});
  desk.say(TurnedOff{});
  desk.say(Toggled{true});
  CHECK(desk.asked.size() == 2);
  desk.say(DaemonSaid{{false, false}});
  CHECK(desk.state.phase == RoutePhase::off);
}

TEST_CASE("turning off is possible while turning on waits for its answer") {
  auto desk = confirmed();
  desk.say(TurnedOff{});
  CHECK(desk.asked == std::vector{true, false});
  CHECK(desk.state.phase == RoutePhase::pending_off);
}

TEST_CASE("a refusal returns to what the daemon last said and keeps the reason") {
  auto desk = confirmed();
  desk.say(Refused{"no tunnel"});
  CHECK(desk.state.phase == RoutePhase::off);
  CHECK(desk.state.problem == "no tunnel");
  desk.say(Toggled{true});
  CHECK(desk.state.problem.empty());
}

TEST_CASE("a connection that breaks leaves nothing pending") {
  auto desk = confirmed();
  desk.say(Disconnected{});
  CHECK_FALSE(desk.state.is_pending());
  CHECK(desk.state.phase == RoutePhase::off);
}

TEST_CASE("someone else turning it on closes the question") {
  Desk desk;
  desk.say(Toggled{true});
  desk.say(DaemonSaid{{true, false}});
  CHECK(desk.state.phase == RoutePhase::on);
  CHECK(desk.asked.empty());
}
