#include "net/mailbox.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <thread>

using namespace pim::net;

namespace {
bool is_readable(int fd, int wait_ms = 0) {
  pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, wait_ms) == 1;
}
}  // namespace

TEST_CASE("a_mailbox_is_readable_exactly_while_something_waits") {
  Mailbox<int> box;
  CHECK_FALSE(is_readable(box.fd()));
  box.post(1);
  box.post(2);
  CHECK(is_readable(box.fd()));
  std::vector<int> taken{0};
  box.take(taken);
  CHECK(taken == std::vector{0, 1, 2});
  CHECK_FALSE(is_readable(box.fd()));
}

TEST_CASE("values_of_many_threads_all_arrive_each_threads_in_order") {
  constexpr int threads = 4, each = 5'000;
  Mailbox<std::pair<int, int>> box;
  std::vector<std::thread> posters;
  for (int thread = 0; thread < threads; ++thread)
    posters.emplace_back([&box, thread] {
      for (int i = 0; i < each; ++i) box.post({thread, i});
    });
  std::vector<int> next(threads, 0);
  int total = 0;
  std::vector<std::pair<int, int>> taken;
  while (total < threads * each) {
    // A lost wake-up shows as a poll that times out.
    REQUIRE(is_readable(box.fd(), 5'000));
    taken.clear();
    box.take(taken);
    for (auto const& [thread, i] : taken) {
      REQUIRE(i == next[static_cast<std::size_t>(thread)]++);
      ++total;
    }
  }
  for (auto& poster : posters) poster.join();
}
