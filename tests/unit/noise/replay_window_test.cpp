#include "noise/replay_window.hpp"

#include <doctest/doctest.h>

#include <set>

#include "support/test_entropy.hpp"

using namespace pim;
using noise::ReplayWindow;

namespace {

/// The obvious window: every counter ever seen, and one rule about age.
class Model {
 public:
  [[nodiscard]] bool would_accept(std::uint64_t counter) const {
    if (counter == UINT64_MAX || seen_.contains(counter)) return false;
    return seen_.empty() || counter > *seen_.rbegin() || *seen_.rbegin() - counter < ReplayWindow::reach;
  }
  void mark(std::uint64_t counter) { seen_.insert(counter); }

 private:
  std::set<std::uint64_t> seen_;
};

bool accept(ReplayWindow& window, std::uint64_t counter) {
  if (!window.would_accept(counter)) return false;
  window.mark(counter);
  return true;
}

}  // namespace

TEST_CASE("each counter is accepted once") {
  ReplayWindow window;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    CHECK(accept(window, i));
    CHECK_FALSE(window.would_accept(i));
  }
  CHECK(window.next() == 20000);
}

TEST_CASE("late counters are accepted as far as the window reaches, and no farther") {
  ReplayWindow window;
  std::uint64_t const highest = 100'000;
  REQUIRE(accept(window, highest));
  CHECK(window.would_accept(highest - (ReplayWindow::reach - 1)));
  CHECK_FALSE(window.would_accept(highest - ReplayWindow::reach));
  CHECK_FALSE(window.would_accept(0));
  for (auto counter = highest - 1; counter > highest - ReplayWindow::reach; --counter) CHECK(accept(window, counter));
  for (auto counter = highest; counter > highest - ReplayWindow::reach; --counter)
    CHECK_FALSE(window.would_accept(counter));
}

TEST_CASE("asking changes nothing") {
  ReplayWindow window;
  CHECK(window.would_accept(1'000'000));
  CHECK(window.would_accept(0));
  CHECK(accept(window, 0));
}

TEST_CASE("the last counter of all is never accepted, the one before it is") {
  ReplayWindow window;
  CHECK_FALSE(window.would_accept(UINT64_MAX));
  CHECK(accept(window, UINT64_MAX - 1));
  CHECK_FALSE(window.would_accept(UINT64_MAX));
  CHECK_FALSE(window.would_accept(UINT64_MAX - 1));
  CHECK(accept(window, UINT64_MAX - 2));
  CHECK_FALSE(window.would_accept(0));
}

TEST_CASE("the window agrees with a set of all counters seen, however they jump") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    test::SeededEntropy random(seed);
    ReplayWindow window;
    Model model;
    std::uint64_t centre = random.below(2) == 0 ? 0 : UINT64_MAX - 60'000;
    for (int i = 0; i < 5000; ++i) {
      if (random.below(400) == 0) centre += random.below(20'000);  // a jump of up to more than the ring
      centre += random.below(3);
      if (centre > UINT64_MAX - 2) centre = UINT64_MAX - 2;
      std::uint64_t const back = random.below(4) == 0 ? random.below(9000) : random.below(70);
      auto const counter = centre >= back ? centre - back : 0;
      REQUIRE(window.would_accept(counter) == model.would_accept(counter));
      // Some that would be accepted never verify.
      if (model.would_accept(counter) && random.below(10) != 0) {
        window.mark(counter);
        model.mark(counter);
      }
    }
  }
}
