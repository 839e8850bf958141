#include "ui/model/path.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace pim;
using namespace pim::ui;
using namespace pim::ui::test;

namespace {

std::vector<HopRole> roles(InternetPath const& path) {
  std::vector<HopRole> list;
  for (auto const& hop : path.hops) list.push_back(hop.role);
  return list;
}

using enum HopRole;
using Roles = std::vector<HopRole>;

}  // namespace

TEST_CASE("the path names each hop with the round trip to it, and none for what nobody measured") {
  auto const path = internet_path(relayed());
  CHECK(path.state == PathState::through_mesh);
  REQUIRE(roles(path) == Roles{self, relay, HopRole::gateway, internet});
  CHECK(path.hops[1].name == "attic");
  CHECK(path.hops[1].latency == 7.0);
  CHECK(path.hops[2].name == "far-gateway");
  CHECK(path.hops[2].latency == 9.0);
  CHECK_FALSE(path.hops[0].latency);
  CHECK_FALSE(path.hops[3].latency);
}

TEST_CASE("relays beyond the first are counted, not named") {
  auto snapshot = relayed();
  auto far = relayed_peer(4, "far-gateway", 4, 2);
  snapshot =
      with(std::move(snapshot), Event{protocol::PeerEvent{protocol::PeerEventKind::state_changed, far, {}, {}, {}}});
  auto const path = internet_path(snapshot);
  REQUIRE(roles(path) == Roles{self, relay, relays_between, HopRole::gateway, internet});
  CHECK(path.hops[2].name == "+ 2");
  CHECK(path.hops[2].note == "relays");
  CHECK_FALSE(path.hops[2].latency);
}

TEST_CASE("without routing and without a gateway the path says so") {
  CHECK(internet_path(one_peer()).state == PathState::direct);
  CHECK(roles(internet_path(one_peer())) == Roles{self, internet});
  auto const path = internet_path(blocked());
  CHECK(path.state == PathState::blocked);
  CHECK(roles(path) == Roles{self, lost_gateway, internet});
  CHECK(path.hops[1].name == "home-server");
}
