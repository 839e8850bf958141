// What a relay does with the memory in which frames came: whole trains leave from there, the rest is copied together.
#include <doctest/doctest.h>

#include <array>

#include "mesh.hpp"

using namespace pim;
using namespace pim::dataplane;
using namespace pim::test;

namespace {

constexpr std::size_t frames = 12;
constexpr std::array<std::size_t, 2> ends{2, 3};

/// Node 0 reaches 2 and 3 through 1.
struct Star {
  Mesh mesh;
  explicit Star(RelayLimits const& limits = {}) : mesh(4, {}, limits) {
    for (auto const far : ends) {
      mesh.link(1, far);
      mesh[0].plane.set_relay(mesh.slot(0, far), mesh.slot(0, 1));
      mesh[1].plane.set_next_hop(mesh[far].id, mesh.slot(1, far));
    }
    mesh.link(0, 1);
  }
  /// One train of node 0, a packet each for these.
  Sent train_for(std::vector<std::size_t> const& whom) {
    std::vector<Buffer> packets;
    for (auto const end : whom) packets.push_back(make_packet(mesh.flow(0, end), Buffer(500, 'x')));
    mesh.host_sends(0, std::move(packets));
    auto trains = mesh.leaving(0);
    REQUIRE(trains.size() == 1);
    return trains.front();
  }
  /// How many of the relay's datagrams lie in the train that came last, and how many behind each other in its own
  /// memory.
  std::pair<std::size_t, std::size_t> places() {
    auto& relay = mesh[1];
    auto const* const came = relay.held.back().data();
    std::size_t in_place = 0, copied = 0;
    for (auto const& train : relay.out.trains) {
      bool const is_inside = train.data.data() >= came && train.data.data() < came + relay.held.back().size();
      (is_inside ? in_place : copied) += (train.data.size() + train.segment - 1) / train.segment;
    }
    return {in_place, copied};
  }
  /// What the relay sends; the packets that come of it at the ends.
  std::size_t arrived() {
    auto const trains = mesh.leaving(1);
    std::size_t packets = 0;
    for (auto const end : ends) {
      for (auto const& train : trains)
        if (train.to == mesh[end].address) mesh.receive(end, {train});
      packets += std::exchange(mesh[end].arrived, {}).size();
    }
    return packets;
  }
};

std::vector<Sent> cut(Sent const& train) {
  std::vector<Sent> ones;
  for (auto& one : datagrams_of(train)) ones.push_back({train.from, train.to, std::move(one), train.segment});
  return ones;
}

using Places = std::pair<std::size_t, std::size_t>;

}  // namespace

TEST_CASE("a train leaves from where it came in, as one") {
  Star star;
  star.mesh.receive(1, {star.train_for(std::vector<std::size_t>(frames, 2))});
  CHECK(star.places() == Places{frames, 0});
  CHECK(star.mesh[1].out.bytes.size() == 0);
  CHECK(star.mesh[1].out.trains.size() == 1);
  CHECK(star.arrived() == frames);
}

TEST_CASE("frames that came alone leave as a train") {
  Star star;
  star.mesh.receive(1, cut(star.train_for(std::vector<std::size_t>(frames, 2))));
  CHECK(star.places() == Places{0, frames});
  CHECK(star.mesh[1].out.trains.size() == 1);
  CHECK(star.arrived() == frames);
}

TEST_CASE("frames for two nodes that came side by side leave as a train for each") {
  Star star;
  std::vector<std::size_t> in_turn;
  for (std::size_t i = 0; i < frames; ++i) in_turn.push_back(ends[i % 2]);
  star.mesh.receive(1, {star.train_for(in_turn)});
  CHECK(star.places() == Places{0, frames});
  CHECK(star.mesh[1].out.trains.size() == 2);
  CHECK(star.arrived() == frames);
}

TEST_CASE("a train that parts on its way leaves in two pieces of where it came in") {
  Star star;
  std::vector<std::size_t> parting(frames, ends[0]);
  std::fill(parting.begin() + frames / 3, parting.end(), ends[1]);
  star.mesh.receive(1, {star.train_for(parting)});
  CHECK(star.places() == Places{frames, 0});
  CHECK(star.mesh[1].out.trains.size() == 2);
  CHECK(star.arrived() == frames);
}

TEST_CASE("a frame that is refused out of a train takes no other along") {
  for (std::size_t bad = 0; bad < frames; ++bad) {
    Star star;
    auto train = star.train_for(std::vector<std::size_t>(frames, 2));
    train.bytes[bad * train.segment + wire::data_header_size + 5] ^= 1;
    star.mesh.receive(1, {train});
    bool const is_at_end = bad == 0 || bad == frames - 1;
    CHECK(star.mesh[1].out.trains.size() == (is_at_end ? 1 : 2));
    CHECK(star.arrived() == frames - 1);
    CHECK(star.mesh.all_dropped() == 1);
  }
}

TEST_CASE("of a train that exceeds a share the first frames leave from where they came in") {
  auto const size = Star{}.train_for({2}).segment;
  Star star{RelayLimits{.bytes_a_batch = size * 5}};
  star.mesh.receive(1, {star.train_for(std::vector<std::size_t>(frames, 2))});
  CHECK(star.places() == Places{5, 0});
  CHECK(star.arrived() == 5);
}
