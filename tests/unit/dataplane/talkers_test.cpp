// Who may use how much of a relay in a busy batch, and what is remembered of it.
#include "dataplane/talkers.hpp"

#include <doctest/doctest.h>

#include "mesh.hpp"

using namespace pim;
using namespace pim::test;

namespace {

TalkerId talker(std::uint8_t neighbour, std::uint32_t source) {
  TalkerId id;
  id.neighbour.bytes[0] = neighbour;
  store_be(id.source.bytes.data(), source);
  return id;
}

/// A relay in the middle that gets frames of its first neighbour, of any source, for the other one.
struct Relay {
  Mesh mesh;
  std::uint64_t counter = 0;
  std::vector<Sent> batch;

  explicit Relay(RelayLimits const& limits = {}) : mesh(3, {}, limits) { mesh.line(); }

  void add(NodeId const& source, std::size_t count, bool is_whole = false) {
    Buffer const datagram(100, 'x');
    auto const frame = transit_frame({16, mesh[2].id, source, is_whole, datagram});
    for (std::size_t i = 0; i < count; ++i)
      batch.push_back({0, {}, sealed_by_hand(Mesh::key(0, 1), Mesh::index(1, 0), counter++, frame), 2000});
  }
  void run() {
    mesh.receive(1, batch);
    batch.clear();
  }
  [[nodiscard]] Talker row(NodeId const& source) {
    for (auto const& one : mesh[1].plane.relayed())
      if (std::equal(source.bytes.begin(), source.bytes.begin() + 12, one.id.source.bytes.begin())) return one;
    return {};
  }
};

NodeId source_of(std::uint32_t number) {
  NodeId id;
  store_be(id.bytes.data(), number);
  id.bytes[15] = 9;  // not in the frame
  return id;
}

constexpr std::size_t sent_size = 100 + 32 + 32;

}  // namespace

TEST_CASE("one who talks alone may use all there is") {
  Relay relay({.bytes_a_batch = 1000 * sent_size});
  relay.add(source_of(1), 1000);
  relay.run();
  CHECK(relay.row(source_of(1)).packets == 1000);
  CHECK(relay.row(source_of(1)).bytes == 1000 * sent_size);
  CHECK(relay.row(source_of(1)).id.neighbour == relay.mesh[0].id);
  CHECK(relay.row(source_of(1)).last_active == relay.mesh.now.boot);
  CHECK(dropped(relay.mesh[1].plane) == 0);
  relay.add(source_of(1), 1001);
  relay.run();
  CHECK(relay.row(source_of(1)).packets == 2000);
  CHECK(relay.row(source_of(1)).dropped == 1);
  CHECK(dropped(relay.mesh[1].plane, Drop::relay_share) == 1);
}

TEST_CASE("ten frames pass beside ten thousand, wherever they stand in the batch") {
  for (bool const is_last : {true, false}) {
    Relay relay;  // the arena holds 12,787 of them; this many bytes are room for 9,000
    auto& node = relay.mesh[1];
    auto const capacity = 9000 * sent_size;
    node.out = Out(capacity);
    if (!is_last) relay.add(source_of(2), 10);
    relay.add(source_of(1), 10000);
    if (is_last) relay.add(source_of(2), 10);
    relay.run();
    CHECK(relay.row(source_of(2)).packets == 10);
    CHECK(relay.row(source_of(2)).dropped == 0);
    CHECK(relay.row(source_of(1)).packets == 8990);
    CHECK(relay.row(source_of(1)).dropped == 1010);
    CHECK(dropped(node.plane, Drop::relay_share) == 1010);
    CHECK(dropped(node.plane) == 1010);
    CHECK(node.out.bytes.size() == capacity);
    // Alone it may use everything.
    relay.add(source_of(1), 10000);
    relay.run();
    CHECK(relay.row(source_of(1)).packets == 8990 + 9000);
  }
}

TEST_CASE("whatever others want, who wants no more than an equal part gets all of it, and nothing is left over") {
  std::mt19937_64 random(31);
  for (int round = 0; round < 300; ++round) {
    Talkers talkers;
    auto const count = 1 + random() % 20;
    std::size_t const budget = 1 + random() % 20000, frame = 1 + random() % 50;
    std::vector<std::size_t> rows, wanted, got(count, 0);
    std::size_t total = 0, sum = 0, largest = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      rows.push_back(talkers.row_of(talker(1, i), Time(seconds(1))));
      wanted.push_back(frame * (random() % (random() % 2 == 0 ? 10 : 1000)));
      if (wanted[i] > 0) talkers.want(rows[i], wanted[i]);
      total += wanted[i];
    }
    talkers.divide(budget);
    for (std::uint32_t i = 0; i < count; ++i)
      for (std::size_t at = 0; at < wanted[i]; at += frame)
        if (talkers.take(rows[i], frame)) got[i] += frame;
    for (std::uint32_t i = 0; i < count; ++i) {
      sum += got[i];
      largest = std::max(largest, got[i]);
      if (wanted[i] <= budget / count) REQUIRE(got[i] == wanted[i]);
    }
    REQUIRE(sum <= budget);
    if (total <= budget) REQUIRE(sum == total);
    // Max-min: who got less than he wanted got as much as anybody, but for a part of a frame.
    for (std::uint32_t i = 0; i < count; ++i)
      if (got[i] < wanted[i]) REQUIRE(got[i] + frame > largest);
    if (total > budget) REQUIRE(sum + count * frame > budget);
  }
}

TEST_CASE("a batch leaves nothing behind for the next") {
  Talkers talkers;
  auto const row = talkers.row_of(talker(1, 1), Time(seconds(1)));
  for (int batch = 0; batch < 3; ++batch) {
    talkers.want(row, 1000);
    talkers.divide(100);
    CHECK(talkers.take(row, 100));
    CHECK_FALSE(talkers.take(row, 1));
    talkers.end_batch();
  }
  CHECK(talkers.rows()[row].dropped == 3);
}

TEST_CASE("talkers are told apart by neighbour and source") {
  Talkers talkers;
  auto const now = Time(seconds(1));
  auto const a = talkers.row_of(talker(1, 1), now), b = talkers.row_of(talker(2, 1), now);
  auto const c = talkers.row_of(talker(1, 2), now);
  CHECK(a != b);
  CHECK(a != c);
  CHECK(b != c);
  CHECK(talkers.row_of(talker(2, 1), now) == b);
}

TEST_CASE("frames that say their whole source are of the same talker as those that do not") {
  Relay relay;
  relay.add(source_of(1), 1);
  relay.add(source_of(1), 1, true);
  relay.run();
  CHECK(relay.mesh[1].plane.relayed().size() == 2);
  CHECK(relay.row(source_of(1)).packets == 2);
  CHECK(relay.row(source_of(1)).id.source.bytes[15] == 0);
}

TEST_CASE("the table of talkers is bounded: the one silent longest leaves, and its sums go to the others") {
  Talkers talkers;
  auto now = Time(seconds(1));
  for (std::uint32_t i = 0; i < 256; ++i, now += seconds(1)) {
    auto const row = talkers.row_of(talker(1, i), now);
    talkers.count_sent(row, 1000 + i);
    talkers.count_dropped(row);
  }
  CHECK(talkers.rows().size() == 257);
  CHECK(talkers.rows()[0].packets == 0);
  auto const first = talkers.row_of(talker(1, 0), now);  // active again: now the second is the oldest
  auto const row = talkers.row_of(talker(1, 1000), now);
  CHECK(row != 0);
  CHECK(talkers.rows().size() == 257);
  CHECK(talkers.rows()[row].packets == 0);
  CHECK(talkers.rows()[0].packets == 1);
  CHECK(talkers.rows()[0].bytes == 1001);
  CHECK(talkers.rows()[0].dropped == 1);
  CHECK(talkers.row_of(talker(1, 0), now) == first);
}

TEST_CASE("those who are active at this instant keep their rows, whoever else comes") {
  Talkers talkers;
  auto const now = Time(seconds(1));
  std::vector<std::size_t> rows;
  for (std::uint32_t i = 0; i < 256; ++i) rows.push_back(talkers.row_of(talker(1, i), now));
  for (std::uint32_t i = 256; i < 2000; ++i) CHECK(talkers.row_of(talker(1, i), now) == 0);
  for (std::uint32_t i = 0; i < 256; ++i) CHECK(talkers.row_of(talker(1, i), now) == rows[i]);
}

TEST_CASE("the sum over all talkers is what was relayed, through any number of them") {
  std::mt19937_64 random(32);
  Relay relay;
  std::uint64_t frames = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 10; ++i) relay.add(source_of(static_cast<std::uint32_t>(random() % 1000)), 1), ++frames;
    relay.run();
    relay.mesh.now.boot += std::chrono::milliseconds(100);
  }
  std::uint64_t packets = 0, bytes = 0;
  for (auto const& row : relay.mesh[1].plane.relayed()) {
    packets += row.packets;
    bytes += row.bytes;
  }
  CHECK(relay.mesh[1].plane.relayed().size() == 257);
  CHECK(packets == frames);
  CHECK(bytes == frames * sent_size);
}
