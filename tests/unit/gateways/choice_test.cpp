#include "gateways/choice.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace pim;
using namespace pim::gateways;
using namespace std::chrono_literals;

namespace {

NodeId id(std::uint8_t n) {
  NodeId out;
  out.bytes[0] = n;
  return out;
}

Time const now{1000s};

Candidate candidate(std::uint8_t n, std::uint32_t order = 0, std::uint8_t priority = 100, Duration rtt = 10ms) {
  return {id(n), order, priority, 0, rtt, now - 1h};
}

}  // namespace

TEST_CASE("nobody is chosen from nobody") { CHECK_FALSE(choose({}, id(1), now)); }

TEST_CASE("the user's order beats the offer, the offer beats the distance") {
  std::vector const by_order{candidate(1, 1, 0, 1ms), candidate(2, 0, 200, 500ms)};
  CHECK(choose(by_order, std::nullopt, now) == id(2));
  std::vector const by_priority{candidate(1, 0, 100, 1ms), candidate(2, 0, 50, 500ms)};
  CHECK(choose(by_priority, std::nullopt, now) == id(2));
  std::vector const by_distance{candidate(1, 0, 100, 30ms), candidate(2, 0, 100, 20ms)};
  CHECK(choose(by_distance, std::nullopt, now) == id(2));
}

TEST_CASE("a working gateway is not left for a nearer one") {
  std::vector const both{candidate(1, 0, 100, 300ms), candidate(2, 0, 100, 1ms)};
  CHECK(choose(both, id(1), now) == id(1));
}

TEST_CASE("a better gateway that comes back is taken only when it lasted") {
  std::vector both{candidate(1, 1), candidate(2, 0)};
  both[1].usable_since = now;
  CHECK(choose(both, id(1), now) == id(1));
  auto const due = next_deadline(both, id(1), now);
  CHECK(due == now + failback_after);
  CHECK(choose(both, id(1), due) == id(2));
}

TEST_CASE("of two that came together the better one is taken, whichever was first") {
  std::vector both{candidate(1, 1), candidate(2, 0)};
  both[0].usable_since = now - 10ms;
  both[1].usable_since = now;
  CHECK(choose(both, id(1), now) == id(2));
  both[0].usable_since = now - came_together;
  CHECK(choose(both, id(1), now) == id(1));
}

TEST_CASE("with none in use the first usable one is taken at once") {
  std::vector one{candidate(2)};
  one[0].usable_since = now;
  CHECK(choose(one, id(1), now) == id(2));
}
