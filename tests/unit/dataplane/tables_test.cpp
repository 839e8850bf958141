#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "dataplane/forwarding_table.hpp"
#include "dataplane/session_table.hpp"
#include "dataplane/waiting.hpp"
#include "support/packets.hpp"

using namespace pim;
using namespace pim::dataplane;

namespace {

std::unique_ptr<Session> make_session(std::uint32_t index) {
  return std::make_unique<Session>(Session{.local = {index}, .remote = {~index}});
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

TEST_CASE("only the sessions used last hold ciphers, and any that is used gets them") {
  SessionTable table;
  std::vector<Session*> sessions;
  auto const ready = [&] { return std::ranges::count_if(sessions, [](auto* one) { return one->ciphers != nullptr; }); };
  for (std::uint32_t index = 1; index <= SessionTable::max_ready + 40; ++index) {
    auto& gone = table.insert(make_session(1'000'000 + index));
    if (index % 2 == 0) static_cast<void>(table.ciphers_of(gone));
    table.erase(gone.local);
    sessions.push_back(&table.insert(make_session(index)));
    static_cast<void>(table.ciphers_of(*sessions.back()));
    REQUIRE(ready() <= static_cast<std::ptrdiff_t>(SessionTable::max_ready));
    REQUIRE(sessions.back()->ciphers != nullptr);
  }
  CHECK(sessions.front()->ciphers == nullptr);
  auto& ciphers = table.ciphers_of(*sessions.front());
  CHECK(&table.ciphers_of(*sessions.front()) == &ciphers);  // kept while it is used
  CHECK(ready() > 128);
}

TEST_CASE("ciphers that were made again seal and open under the session's own keys") {
  SessionTable table;
  auto& session = table.insert(make_session(1));
  Buffer const send(32, 1), receive(32, 2);
  session.send = crypto::Key(send);
  session.receive = crypto::Key(receive);
  static_cast<void>(table.ciphers_of(session));
  for (std::uint32_t index = 2; session.ciphers != nullptr; ++index)
    static_cast<void>(table.ciphers_of(table.insert(make_session(index))));

  Buffer text(100, 'x'), tag(crypto::tag_size);
  table.ciphers_of(session).sealer.seal(7, {}, text, tag);
  CHECK(crypto::Opener(session.send).open(7, {}, text, tag));
  crypto::Sealer(session.receive).seal(8, {}, text, tag);
  CHECK(table.ciphers_of(session).opener.open(8, {}, text, tag));

  Buffer head(48, 'x');
  table.head_sealer_of(session).seal(9, {}, head, tag);
  CHECK(crypto::ShortOpener(session.send).open(9, {}, head, tag));
  crypto::ShortSealer(session.receive).seal(10, {}, head, tag);
  CHECK(table.head_opener_of(session).open(10, {}, head, tag));
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

TEST_CASE("an address that one peer leaves to another leads there when both gave up first, whichever is set first") {
  ForwardingTable table;
  auto const alias = *parse_ip("10.77.1.1");
  PeerPolicy one{.v6 = *parse_ip("fd00::1"), .v4 = alias}, other{.v6 = *parse_ip("fd00::2"), .v4 = {}};
  table.set_policy({5}, one, true);
  table.set_policy({3}, other, true);
  std::swap(one.v4, other.v4);
  for (auto const slot : {PeerSlot{3}, PeerSlot{5}, PeerSlot{77}}) table.give_up_addresses(slot);
  CHECK(table.by_address.find(alias) == nullptr);
  table.set_policy({3}, other, true);
  table.set_policy({5}, one, true);
  CHECK(*table.by_address.find(alias) == PeerSlot{3});
  CHECK(*table.by_address.find(one.v6) == PeerSlot{5});
  CHECK(*table.by_address.find(other.v6) == PeerSlot{3});
}

TEST_CASE("a peer's addresses follow its policy, and stay another's who holds them") {
  ForwardingTable table;
  PeerPolicy policy;
  policy.v6 = *parse_ip("fd00::1");
  policy.v4 = *parse_ip("10.77.0.1");
  table.set_policy({3}, policy, false);
  CHECK(table.by_address.find(policy.v6) == nullptr);
  table.set_policy({3}, policy, true);
  CHECK(*table.by_address.find(*policy.v4) == PeerSlot{3});
  auto other = policy;
  other.v6 = *parse_ip("fd00::2");
  table.set_policy({5}, other, true);
  CHECK(*table.by_address.find(*policy.v4) == PeerSlot{3});
  CHECK(*table.by_address.find(other.v6) == PeerSlot{5});
  table.set_policy({5}, {}, false);
  CHECK(*table.by_address.find(*policy.v4) == PeerSlot{3});
  CHECK(table.by_address.find(other.v6) == nullptr);
  policy.v4.reset();
  table.set_policy({3}, policy, true);
  CHECK(table.by_address.find(*parse_ip("10.77.0.1")) == nullptr);
  CHECK(*table.by_address.find(policy.v6) == PeerSlot{3});
}
