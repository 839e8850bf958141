#include <doctest/doctest.h>

#include <map>

#include "dataplane/address_table.hpp"
#include "dataplane/flat_table.hpp"
#include "dataplane/session_table.hpp"
#include "dataplane/waiting.hpp"
#include "support/packets.hpp"

using namespace pim;
using namespace pim::dataplane;

namespace {

std::unique_ptr<Session> make_session(std::uint32_t index) {
  return std::make_unique<Session>(Session{.local = {index},
                                           .remote = {~index},
                                           .sealer = crypto::Sealer(crypto::Key()),
                                           .opener = crypto::Opener(crypto::Key())});
}

}  // namespace

TEST_CASE("the session table finds what an ordinary map finds, through growth and removal") {
  std::mt19937_64 random(3);
  SessionTable table;
  std::map<std::uint32_t, Session*> model;
  // Few distinct indices, many of them neighbours: long runs of occupied places.
  for (int step = 0; step < 6000; ++step) {
    auto const index = static_cast<std::uint32_t>(random() % 300);
    if (random() % 2 == 0) {
      table.erase({index});
      model.erase(index);
    } else if (!model.contains(index)) {
      model[index] = &table.insert(make_session(index));
    }
    auto const asked = static_cast<std::uint32_t>(random() % 300);
    auto const it = model.find(asked);
    REQUIRE(table.find({asked}) == (it == model.end() ? nullptr : it->second));
  }
  for (auto const& [index, session] : model) CHECK(table.find({index}) == session);
}

TEST_CASE("the address table finds what an ordinary map finds, and the first holder keeps an address") {
  std::mt19937_64 random(5);
  AddressTable table;
  std::map<IpAddress, std::uint32_t> model;
  CHECK(table.find(IpAddress{}) == nullptr);
  for (std::uint32_t step = 0; step < 20000; ++step) {
    auto const value = static_cast<std::uint32_t>(random() % 9000);
    auto ip = IpAddress::from_v4(0x0a4d0000 + value);
    if (value % 2 == 0) ip.family = Family::v6;  // the same bytes in the other family are another address
    if (random() % 2 == 0) CHECK(table.emplace(ip, {step}) == model.emplace(ip, step).second);
    auto const it = model.find(ip);
    auto const* const found = table.find(ip);
    REQUIRE((found == nullptr) == (it == model.end()));
    if (found != nullptr) REQUIRE(found->value == it->second);
  }
  CHECK(table.size() == model.size());
}

TEST_CASE("the flat table finds what an ordinary map finds, through growth and removal") {
  std::mt19937_64 random(6);
  FlatTable<NodeId, std::uint32_t> table;
  std::map<NodeId, std::uint32_t> model;
  CHECK(table.find({}) == nullptr);
  table.erase({});
  // Ids that share the bytes that choose their place: long runs of occupied places.
  auto const id_of = [](std::uint64_t number) {
    NodeId id;
    id.bytes[0] = static_cast<std::uint8_t>(number % 7);
    store_be(id.bytes.data() + 8, number);
    return id;
  };
  for (std::uint32_t step = 0; step < 20000; ++step) {
    auto const id = id_of(random() % 300);
    if (random() % 2 == 0) {
      table.erase(id);
      model.erase(id);
    } else {
      table.set(id, step);
      model[id] = step;
    }
    auto const asked = id_of(random() % 300);
    auto const it = model.find(asked);
    auto const* const found = table.find(asked);
    REQUIRE((found == nullptr) == (it == model.end()));
    if (found != nullptr) REQUIRE(*found == it->second);
    REQUIRE(table.size() == model.size());
  }
  for (auto const& [id, value] : model) CHECK(*table.find(id) == value);
}

TEST_CASE("the waiting queue keeps order and its bounds for each peer and in all") {
  std::mt19937_64 random(4);
  WaitingQueue queue;
  std::map<std::uint32_t, std::deque<std::size_t>> model;
  std::size_t pushed = 0, gone = 0, popped = 0;
  for (int step = 0; step < 4000; ++step) {
    PeerSlot const peer{static_cast<std::uint32_t>(random() % 20)};
    if (random() % 4 == 0) {
      if (auto const frame = queue.pop(peer)) {
        CHECK(frame->peer == peer);
        ++popped;
      }
    } else {
      gone += queue.push(peer, {}, Buffer(random() % 4 == 0 ? 60000 : 200, 'x'));
      ++pushed;
    }
    REQUIRE(queue.bytes() <= WaitingQueue::max_bytes);
  }
  for (std::uint32_t peer = 0; peer < 20; ++peer) {
    std::size_t count = 0, bytes = 0;
    while (auto const frame = queue.pop({peer})) {
      ++count;
      bytes += frame->packet.size();
    }
    popped += count;
    CHECK(count <= WaitingQueue::max_frames_per_peer);
    CHECK(bytes <= WaitingQueue::max_bytes_per_peer);
  }
  CHECK(pushed == popped + gone);
  CHECK(queue.bytes() == 0);
}

TEST_CASE("a waiting queue that is emptied as fast as it is filled drops nothing") {
  WaitingQueue queue;
  CHECK(queue.push({1}, {}, Buffer(60000, 'x')) == 0);
  for (int round = 0; round < 100; ++round) {
    CHECK(queue.push({1}, {}, Buffer(60000, 'x')) == 0);
    CHECK(queue.push({2}, {}, Buffer(60000, 'x')) == 0);
    CHECK(queue.pop({1}));
    queue.erase({2});
  }
}

TEST_CASE("the bound over all peers drops the oldest of any peer") {
  WaitingQueue queue;
  for (std::uint32_t peer = 0; peer < 17; ++peer) CHECK(queue.push({peer}, {}, Buffer(61000, 'x')) == 0);
  CHECK(queue.push({17}, {}, Buffer(61000, 'x')) == 1);
  CHECK_FALSE(queue.pop({0}));
  CHECK(queue.pop({1}));
  queue.erase({2});
  CHECK_FALSE(queue.pop({2}));
}
