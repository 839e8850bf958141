// Who may use how much of a relay in a busy batch or behind a narrow way out, and what is remembered of it.
#include "dataplane/talkers.hpp"

#include <doctest/doctest.h>

#include "dataplane/relay_budget.hpp"
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

/// A relay whose way out takes `width` bytes in a turn, of which there are four in a span, out of a send buffer.
struct NarrowRelay : Relay {
  static constexpr std::size_t width = 100 * sent_size, buffer = 20 * width;
  std::size_t queued = 0;
  std::size_t own = 0;  ///< what the relay itself sends in a turn, as the edge says it
  std::size_t handed = 0, lost = 0;

  void turn() {
    run();
    SentBytes sent{.own = own};
    for (auto const& train : mesh[1].out.trains) (train.is_relayed ? sent.relayed : sent.own) += train.data.size();
    auto const all = sent.own + sent.relayed;
    queued -= std::min(queued, width);
    sent.lost = all - std::min(all, buffer - queued);
    queued += all - sent.lost;
    handed += all;
    lost += sent.lost;
    mesh[1].plane.on_sent(sent, mesh.now.boot);
    mesh.now.boot += RelayBudget::span / 4;
  }
  /// `frames`: of source 1, 2, ... in a turn.
  void turns(std::size_t count, std::vector<std::size_t> const& frames) {
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t one = 0; one < frames.size(); ++one)
        add(source_of(static_cast<std::uint32_t>(one + 1)), frames[one]);
      turn();
    }
  }
};

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
    talkers.end_sharing();
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

TEST_CASE("behind a narrow way out who asks for little gets it, and who asks for much gets the rest") {
  NarrowRelay relay;
  relay.turns(16, {400, 10});  // until what gets out is known
  auto const heavy = relay.row(source_of(1)), modest = relay.row(source_of(2));
  relay.handed = relay.lost = 0;
  relay.turns(200, {400, 10});
  CHECK(relay.row(source_of(2)).packets - modest.packets == 2000);
  CHECK(relay.row(source_of(2)).dropped == 0);
  auto const passed = relay.row(source_of(1)).packets - heavy.packets;
  CHECK(relay.row(source_of(1)).dropped - heavy.dropped == 200 * 400 - passed);
  CHECK(relay.handed == (passed + 2000) * sent_size);
  CHECK(relay.handed - relay.lost > 200 * NarrowRelay::width * 9 / 10);
  CHECK(relay.lost < relay.handed / 20);
  CHECK(dropped(relay.mesh[1].plane, Drop::relay_share) == relay.row(source_of(1)).dropped);
  CHECK(dropped(relay.mesh[1].plane) == relay.row(source_of(1)).dropped);
}

TEST_CASE(
    "behind a narrow way out those who all ask for much get the same, also when they come in turns of their own") {
  NarrowRelay relay;
  relay.turns(16, {300, 300});
  auto const first = relay.row(source_of(1)).packets, second = relay.row(source_of(2)).packets;
  for (int i = 0; i < 100; ++i) {
    relay.turns(1, {300});
    relay.turns(1, {0, 300});
  }
  auto const a = relay.row(source_of(1)).packets - first, b = relay.row(source_of(2)).packets - second;
  CHECK(a > 2000);
  CHECK(b > a * 2 / 3);
  CHECK(b < a * 3 / 2);
}

TEST_CASE("what this node sends of its own is never limited, and others get less of the way out for it") {
  NarrowRelay idle, busy;
  busy.own = NarrowRelay::width / 3;
  for (auto* const relay : {&idle, &busy}) relay->turns(200, {400, 400});
  CHECK(busy.row(source_of(1)).packets < idle.row(source_of(1)).packets * 3 / 4);
  CHECK(busy.row(source_of(1)).packets > idle.row(source_of(1)).packets / 2);
  auto& relay = busy.mesh[1];
  auto const before = dropped(relay.plane);
  busy.mesh.host_sends(1, std::vector<Buffer>(500, make_packet(busy.mesh.flow(1, 2), Buffer(1000, 'x'))));
  CHECK(relay.plane.activity(busy.mesh.slot(1, 2)).tx_packets == 500);
  CHECK(dropped(relay.plane) == before);
}

TEST_CASE("once the way out is wide again nobody is limited any more") {
  for (bool const is_asleep : {false, true}) {
    NarrowRelay relay;
    relay.turns(20, {400, 10});
    REQUIRE(relay.row(source_of(1)).dropped > 0);
    for (int i = 0; i < 500 && !is_asleep; ++i) relay.turn();
    if (is_asleep) relay.mesh.now.boot += RelayBudget::span * 125;
    auto const limited = relay.row(source_of(1)).dropped;
    relay.add(source_of(1), 5000);
    relay.run();
    CHECK(relay.row(source_of(1)).dropped == limited);
  }
}

TEST_CASE("the budget of a relay follows what got out, and a lone loss is no narrow way") {
  RelayBudget budget;
  auto now = Time(seconds(1));
  auto const span = [&](std::size_t out, std::size_t lost) {
    budget.on_sent({.own = 0, .relayed = out + lost, .lost = lost}, now);
    now += RelayBudget::span;
    return budget.pass(now);
  };
  CHECK_FALSE(span(1 << 20, 0));
  CHECK(span(1 << 20, 1));
  CHECK_FALSE(budget.is_limited());

  budget.on_sent({.own = 1 << 20, .relayed = 0, .lost = 1}, now);
  span(80'000, 1);
  CHECK(budget.bytes(now + RelayBudget::span) == 70'000);
  span(10, 5000);
  CHECK(budget.bytes(now + RelayBudget::span) == RelayBudget::least);
  int spans = 0;
  for (auto last = budget.bytes(now + RelayBudget::span); budget.is_limited() && spans < 200;
       last = budget.bytes(now + RelayBudget::span), ++spans) {
    CHECK(span(0, 0));
    CHECK(budget.bytes(now + RelayBudget::span) > last);
  }
  CHECK_FALSE(budget.is_limited());
  CHECK_FALSE(span(0, 0));
}

TEST_CASE("however little there is for everybody, each gets one datagram, and what was used before is not forgotten") {
  Talkers talkers;
  auto const now = Time(seconds(1));
  std::vector<std::size_t> rows;
  for (std::uint32_t i = 0; i < 20; ++i) rows.push_back(talkers.row_of(talker(1, i), now));
  talkers.want(rows[0], 6000);
  talkers.divide(6000, 1500);
  for (int i = 0; i < 4; ++i) CHECK(talkers.take(rows[0], 1500));
  for (auto const row : rows) talkers.want(row, 3000);
  talkers.divide(6000, 1500);
  CHECK_FALSE(talkers.take(rows[0], 1500));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CHECK(talkers.take(rows[i], 1500));
    CHECK_FALSE(talkers.take(rows[i], 1));
  }
}

TEST_CASE("what is relayed is told apart from what this node says to the same neighbour") {
  Relay relay;
  relay.add(source_of(1), 3);
  relay.run();
  auto& node = relay.mesh[1];
  REQUIRE(node.plane.seal_control(relay.mesh.slot(1, 2), Buffer(100 + 32, 'x'), relay.mesh.now, node.out));
  REQUIRE(node.out.trains.size() == 2);
  CHECK(node.out.trains[0].is_relayed);
  CHECK_FALSE(node.out.trains[1].is_relayed);
}
