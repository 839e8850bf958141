#include "net/counters.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "net/relayed.hpp"

using namespace pim;
using namespace pim::net;

TEST_CASE("counters_show_what_was_set_and_zero_elsewhere") {
  Counters counters;
  PeerCounters const value{1, 2, 3, 4, Time{std::chrono::seconds{5}}};
  counters.set_peer(PeerSlot{7}, value);
  CHECK(counters.peer(PeerSlot{7}) == value);
  CHECK(counters.peer(PeerSlot{8}) == PeerCounters{});
}

TEST_CASE("a_slot_beyond_the_array_is_ignored") {
  Counters counters;
  counters.set_peer(PeerSlot{Counters::capacity}, {1, 1, 1, 1, Time{}});
  counters.set_peer(PeerSlot{0xffffffff}, {1, 1, 1, 1, Time{}});
  CHECK(counters.peer(PeerSlot{Counters::capacity}) == PeerCounters{});
  CHECK(counters.drops() == DropCounters{});
}

TEST_CASE("a_reader_sees_values_grow_while_the_writer_runs") {
  Counters counters;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    std::uint64_t last = 0;
    while (!done) {
      auto const now = counters.peer(PeerSlot{0}).rx_bytes;
      CHECK(now >= last);
      last = now;
      (void)counters.drops();
    }
  });
  DropCounters drops{};
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    counters.set_peer(PeerSlot{0}, {i, i, i, i, Time{}});
    count(drops, Drop::blocked);
    counters.set_drops(drops);
  }
  done = true;
  reader.join();
  CHECK(counters.drops()[static_cast<std::size_t>(Drop::blocked)] == 100'000);
}

TEST_CASE("what_was_relayed_is_read_whole_or_not_at_all") {
  Counters counters;
  CHECK(counters.relayed() == Relayed{});
  std::atomic<bool> done = false;
  std::size_t read = 0;
  std::thread reader([&] {
    while (!done) {
      auto const seen = counters.relayed();
      if (!seen) continue;
      ++read;
      // All of one publication: its number stands in each field.
      auto const number = seen->packets;
      CHECK(seen->bytes == number);
      for (auto const& one : seen->most) {
        CHECK(one.bytes == number);
        CHECK(one.source.bytes[0] == static_cast<std::uint8_t>(number));
        CHECK(one.neighbour.bytes[15] == static_cast<std::uint8_t>(number));
      }
    }
  });
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    Relayed value{i, i, i, {}};
    for (auto& one : value.most) {
      one = {{}, {}, i, i, i};
      one.source.bytes[0] = one.neighbour.bytes[15] = static_cast<std::uint8_t>(i);
    }
    counters.set_relayed(value);
  }
  done = true;
  reader.join();
  CHECK(counters.relayed()->packets == 100'000);
}

TEST_CASE("those_who_had_most_relayed_are_named_and_the_rest_is_in_the_sums") {
  std::vector<dataplane::Talker> talkers(1);
  talkers[0].bytes = 1'000'000;  // of those without a row
  talkers[0].packets = 10;
  for (std::uint8_t i = 1; i <= 20; ++i) {
    dataplane::Talker talker;
    talker.id.neighbour.bytes[0] = i;
    talker.id.source.bytes[0] = static_cast<std::uint8_t>(100 + i);
    talker.bytes = i % 2 == 0 ? 100U + i : 200U - i;
    talker.packets = 1;
    talkers.push_back(talker);
  }
  auto const sums = sum_up(talkers);
  CHECK(sums.packets == 30);
  CHECK(sums.bytes == 1'000'000 + 1'000 + 110 + 2'000 - 100);
  CHECK(sums.most.front().source.bytes[0] == 101);
  CHECK(sums.most.front().bytes == 199);
  for (std::size_t i = 1; i < sums.most.size(); ++i) CHECK(sums.most[i].bytes < sums.most[i - 1].bytes);
  CHECK(sum_up({}) == Relayed{});
}
