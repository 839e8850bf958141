// Long random exchanges over a bad line, and the promise that a steady flow allocates nothing.
#include <doctest/doctest.h>

#include <map>

#include "allocations.hpp"
#include "mesh.hpp"

using namespace pim;
using namespace pim::test;

namespace {

/// A packet that carries its flow and its number within the flow.
Buffer numbered(Pair const& pair, std::mt19937_64& random, std::uint16_t flow, std::uint32_t number,
                std::uint32_t sequence, std::size_t size) {
  auto payload = random_bytes(random, size);
  store_be(payload.data(), number);
  auto which = pair.flow(flow % 2 == 0, flow % 4 < 2);
  which.source_port = flow;
  return make_packet(which, payload, {.sequence = sequence, .tcp_options = 0, .id = 0});
}

std::uint16_t flow_of(Bytes packet) { return load_be<std::uint16_t>(packet.data() + ip_header_of(packet)); }
std::uint32_t number_of(Bytes packet) {
  auto const transport = ip_header_of(packet);
  return load_be<std::uint32_t>(packet.data() + transport + (flow_of(packet) % 2 == 0 ? 20 : 8));
}

/// Ids count up through segmentation; these packets may not be fragmented, so their ids mean nothing.
void forget_id(Buffer& packet) {
  if (packet[0] >> 4 != 4) return;
  store_be<std::uint16_t>(packet.data() + 4, 0);
  fix_v4_checksum(packet);
}

}  // namespace

TEST_CASE("over a line that loses, repeats, reorders and corrupts, every packet arrives at most once and unchanged") {
  std::mt19937_64 random(11);
  Pair pair;
  pair.b.plane.join_udp(true);
  std::map<std::pair<std::uint16_t, std::uint32_t>, Buffer> sent;
  std::map<std::pair<std::uint16_t, std::uint32_t>, int> got;
  std::array<std::uint32_t, 10> numbers{}, sequences{};
  std::vector<Buffer> line;
  std::size_t survived = 0, corrupted = 0, repeated = 0;
  std::uint8_t generation = 1;
  for (int round = 0; round < 300; ++round) {
    if (round % 50 == 49) {  // keys change in mid-stream; datagrams under the old ones are still on the line
      pair.give_keys(++generation);
      if (generation > 2) {
        pair.a.plane.remove(Pair::index_at_a(static_cast<std::uint8_t>(generation - 2)));
      }
    }
    if (round % 30 == 29) pair.a.publish(), pair.b.publish();
    for (int i = 0; i < 40; ++i) {
      auto const flow = static_cast<std::uint16_t>(random() % numbers.size());
      auto const size = random() % 3 == 0 ? 4 + random() % 1200 : 1000;
      auto packet = numbered(pair, random, flow, numbers[flow], sequences[flow], size);
      sent[{flow, numbers[flow]++}] = packet;
      sequences[flow] += static_cast<std::uint32_t>(size);
      line.push_back(pair.sealed(std::move(packet)));
    }
    for (int swaps = 0; swaps < 20; ++swaps) std::swap(line[random() % line.size()], line[random() % line.size()]);
    std::vector<Buffer> batch;
    auto const take = line.size() / 2 + random() % (line.size() / 2 + 1);
    for (std::size_t i = 0; i < take; ++i) {
      switch (random() % 10) {
        case 0: break;  // lost
        case 1:
          batch.push_back(line[i]);
          batch.back()[random() % line[i].size()] ^= static_cast<std::uint8_t>(1 << random() % 8);
          ++corrupted;
          break;
        case 2:
          batch.push_back(line[i]);
          batch.push_back(line[i]);
          ++survived, ++repeated;
          break;
        default: batch.push_back(line[i]), ++survived;
      }
    }
    line.erase(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(take));
    for (auto& packet : pair.arrived(batch)) {
      std::pair const key{flow_of(packet), number_of(packet)};
      forget_id(packet);
      REQUIRE(sent.contains(key));
      REQUIRE(sent[key] == packet);
      REQUIRE(++got[key] == 1);
    }
  }
  CHECK(got.size() == survived);
  CHECK(survived > 8000);
  CHECK(dropped(pair.b.plane) == corrupted + repeated);
  CHECK(dropped(pair.b.plane, Drop::replayed) >= repeated);
  CHECK(dropped(pair.a.plane) == 0);
}

TEST_CASE("where the line keeps order, every flow keeps its order") {
  std::mt19937_64 random(12);
  Pair pair;
  pair.b.plane.join_udp(true);
  std::map<std::uint16_t, std::uint32_t> numbers, sequences, expected;
  for (int round = 0; round < 100; ++round) {
    std::vector<Buffer> batch;
    for (int i = 0; i < 64; ++i) {
      auto const flow = static_cast<std::uint16_t>(random() % 14);
      auto const size = random() % 4 == 0 ? 4 + random() % 1000 : 1000;
      batch.push_back(pair.sealed(numbered(pair, random, flow, numbers[flow]++, sequences[flow], size)));
      sequences[flow] += static_cast<std::uint32_t>(size);
    }
    for (auto const& packet : pair.arrived(batch)) REQUIRE(number_of(packet) == expected[flow_of(packet)]++);
  }
  CHECK(expected == numbers);
}

TEST_CASE("steady batches allocate nothing, in either direction") {
  std::mt19937_64 random(13);
  Pair pair;
  pair.b.plane.join_udp(true);
  auto const [super, vnet] = make_super(pair.flow(true), random_bytes(random, 60000), 1292);
  std::vector<Buffer> packets{super};
  for (int i = 0; i < 60; ++i) packets.push_back(make_packet(pair.flow(false, i % 2 == 0), Buffer(200, 'x')));
  std::vector<TunFrame> frames;
  for (auto& packet : packets) frames.push_back({{}, packet});
  frames[0].vnet = vnet;
  std::vector<Train> trains;
  trains.reserve(200);
  std::size_t before = 0, delivered = 0;
  for (int round = 0; round < 50; ++round) {
    if (round == 10) before = allocations();
    pair.a.out.clear();
    pair.b.out.clear();
    pair.a.plane.on_tun(frames, pair.now, pair.a.out);
    trains.clear();
    for (auto const& train : pair.a.out.trains) trains.push_back(arriving(pair.a.address, train));
    pair.b.plane.on_datagrams(trains, pair.now, pair.b.out);
    delivered += pair.b.out.tun.size();
  }
  CHECK(allocations() == before);
  CHECK(delivered > 100);
  CHECK(dropped(pair.b.plane) == 0);
}

TEST_CASE("steady batches allocate nothing at a relay and at the ends beyond it") {
  std::mt19937_64 random(14);
  Mesh mesh(3);
  mesh.line();
  mesh[2].plane.join_udp(true);
  auto const [super, vnet] = make_super(mesh.flow(0, 2, true), random_bytes(random, 60000), 1292);
  std::vector<Buffer> packets{super};
  for (int i = 0; i < 60; ++i) packets.push_back(make_packet(mesh.flow(0, 2, false, i % 2 == 0), Buffer(200, 'x')));
  std::vector<TunFrame> frames;
  for (auto& packet : packets) frames.push_back({{}, packet});
  frames[0].vnet = vnet;
  std::vector<Train> trains;
  trains.reserve(200);
  auto const pass = [&](std::size_t from, std::size_t to) {
    trains.clear();
    for (auto const& train : mesh[from].out.trains) trains.push_back(arriving(mesh[from].address, train));
    mesh[to].out.clear();
    mesh[to].plane.on_datagrams(trains, mesh.now, mesh[to].out);
  };
  std::size_t before = 0, delivered = 0;
  for (int round = 0; round < 50; ++round) {
    if (round == 10) before = allocations();
    mesh[0].out.clear();
    mesh[0].plane.on_tun(frames, mesh.now, mesh[0].out);
    pass(0, 1);
    pass(1, 2);
    delivered += mesh[2].out.tun.size();
  }
  CHECK(allocations() == before);
  CHECK(delivered > 100);
  CHECK(mesh.all_dropped() == 0);
  CHECK(mesh[1].plane.relayed()[1].packets == 50 * (47 + 60));
}
