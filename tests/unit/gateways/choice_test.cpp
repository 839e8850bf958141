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

Candidate candidate(std::uint8_t n, std::uint32_t order = 0, std::uint8_t priority = 100, std::uint16_t metric = 128) {
  return {id(n), order, priority, 0, 0, metric, now - 1h};
}

}  // namespace

TEST_CASE("nobody is chosen from nobody") { CHECK_FALSE(choose({}, id(1), now)); }

TEST_CASE("the user's order beats the offer, the offer beats the distance") {
  std::vector const by_order{candidate(1, 1, 0, 128), candidate(2, 0, 200, 900)};
  CHECK(choose(by_order, std::nullopt, now) == id(2));
  std::vector const by_priority{candidate(1, 0, 100, 128), candidate(2, 0, 50, 900)};
  CHECK(choose(by_priority, std::nullopt, now) == id(2));
  std::vector const by_distance{candidate(1, 0, 100, 256), candidate(2, 0, 100, 144)};
  CHECK(choose(by_distance, std::nullopt, now) == id(2));
}

TEST_CASE("a working gateway is not left for a nearer one") {
  std::vector const both{candidate(1, 0, 100, 900), candidate(2, 0, 100, 128)};
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

TEST_CASE("what is better has to be so without a break, for as long as it takes to be settled") {
  std::vector both{candidate(1, 0, 50), candidate(2, 0, 100)};
  Better better;
  auto const chosen_at = [&](Time at, std::uint8_t priority) {
    both[1].priority = priority;
    note_better(better, both, id(1), at);
    return choose(both, id(1), at);
  };
  CHECK(chosen_at(now, 10) == id(1));
  CHECK(next_deadline(both, id(1), now) == now + failback_after);
  CHECK(chosen_at(now + 9s, 10) == id(1));
  CHECK(chosen_at(now + 9500ms, 100) == id(1));
  CHECK(better.empty());
  CHECK(chosen_at(now + 10s, 10) == id(1));
  CHECK(chosen_at(now + 19s, 10) == id(1));
  CHECK(chosen_at(now + 20s, 10) == id(2));
}

TEST_CASE("with none in use the first usable one is taken at once") {
  std::vector one{candidate(2)};
  one[0].usable_since = now;
  CHECK(choose(one, id(1), now) == id(2));
}

TEST_CASE("a score is read as order, priority, families lacking, and metric with load") {
  auto one = candidate(1, 2, 100, 256);
  one.load = 3;
  one.lacking = 1;
  CHECK(score(one) == 2'100'1'00259);
  // Whatever lies behind never outweighs what stands before.
  auto far = candidate(1, 0, 255, 65535);
  far.load = 255;
  far.lacking = 2;
  CHECK(score(far) < score(candidate(2, 1, 0, 0)));
  CHECK(score(candidate(1, 0, 1, 0)) > score(candidate(2, 0, 0, 65535)));
}

TEST_CASE("one that carries both families goes before one that does not, and is taken for it when that lasts") {
  std::vector both{candidate(1, 0, 100, 128), candidate(2, 0, 100, 900)};
  both[0].lacking = 1;
  CHECK(choose(both, std::nullopt, now) == id(2));
  both[1].usable_since = now;
  CHECK(choose(both, id(1), now) == id(1));
  CHECK(next_deadline(both, id(1), now) == now + failback_after);
  CHECK(choose(both, id(1), now + failback_after) == id(2));
  both[1].priority = 200;
  CHECK(choose(both, std::nullopt, now) == id(1));
}

namespace {

/// The ids in the order of rank(), each with its standing.
std::vector<std::pair<std::uint8_t, Standing>> places(std::vector<Candidate> const& candidates,
                                                      std::optional<NodeId> current) {
  std::vector<std::pair<std::uint8_t, Standing>> list;
  for (auto const& one : rank(candidates, current, now)) list.emplace_back(one.candidate.id.bytes[0], one.standing);
  return list;
}

using List = std::vector<std::pair<std::uint8_t, Standing>>;

}  // namespace

TEST_CASE("each place in the ranking has its reason") {
  using enum Standing;
  CHECK(places({}, std::nullopt).empty());
  CHECK(places({candidate(1)}, id(1)) == List{{1, alone}});
  CHECK(places({candidate(1, 1), candidate(2, 0)}, id(2)) == List{{2, best_by_order}, {1, behind_by_order}});
  CHECK(places({candidate(1, 0, 9), candidate(2, 0, 5)}, std::nullopt) ==
        List{{2, best_by_priority}, {1, behind_by_priority}});
  CHECK(places({candidate(1, 0, 9, 300), candidate(2, 0, 9, 200)}, std::nullopt) ==
        List{{2, best_by_cost}, {1, behind_by_cost}});
  auto half = candidate(1);
  half.lacking = 1;
  CHECK(places({half, candidate(2)}, std::nullopt) == List{{2, best_by_families}, {1, behind_by_families}});
  CHECK(places({candidate(2), candidate(1)}, std::nullopt) == List{{1, best_by_id}, {2, behind_by_id}});
  CHECK(places({candidate(1, 0, 9, 300), candidate(2, 0, 9, 200), candidate(3, 1)}, id(1)) ==
        List{{1, kept_though_other_near}, {2, near_but_other_works}, {3, behind_by_order}});
}

TEST_CASE("one that has to last stands behind the one that is kept for so long") {
  std::vector both{candidate(1, 1), candidate(2, 0), candidate(3, 2)};
  both[1].usable_since = now - failback_after + 1s;
  CHECK(places(both, id(1)) ==
        List{{1, Standing::kept_till_other_lasts}, {2, Standing::has_to_last}, {3, Standing::behind_by_order}});
  both[1].usable_since = now - failback_after;
  CHECK(places(both, id(1)) ==
        List{{2, Standing::best_by_order}, {1, Standing::behind_by_order}, {3, Standing::behind_by_order}});
}

TEST_CASE("whoever goes, the next in the ranking is taken") {
  std::vector left{candidate(1, 1, 5, 300), candidate(2, 0, 9, 128), candidate(3, 0, 9, 200), candidate(4, 1, 5, 256)};
  auto const ranked = rank(left, id(3), now);
  std::optional<NodeId> current = id(3);
  for (auto const& one : ranked) {
    current = choose(left, current, now);
    CHECK(current == one.candidate.id);
    std::erase_if(left, [&](Candidate const& gone) { return gone.id == *current; });
  }
}
