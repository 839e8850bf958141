#include "net/counters.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

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
