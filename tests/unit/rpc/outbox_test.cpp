#include "rpc/outbox.hpp"

#include <doctest/doctest.h>

#include "rpc/hub.hpp"

using namespace pim::rpc;
using namespace pim::protocol;

namespace {

constexpr auto status = index_of<topic::StatusTopic>;
constexpr auto logs = index_of<topic::LogsTopic>;

SharedEvent event(std::string const& name, bool coalesces = false) {
  return {std::make_shared<std::string const>(name + " "), coalesces};
}

std::string all(Outbox& outbox) {
  auto text = outbox.take(SIZE_MAX, [](TopicIndex topic) { return "snapshot" + std::to_string(topic.value); });
  outbox.on_written();
  return text;
}

}  // namespace

TEST_CASE("answers_and_events_leave_in_the_order_they_came") {
  Outbox outbox({});
  outbox.begin(status, 41);
  outbox.push_answer("a");
  outbox.push_event(status, event("b"));
  outbox.push_answer("c");
  outbox.push_event(status, event("d"));
  CHECK(all(outbox) == "a\nb 42}}\nc\nd 43}}\n");
  CHECK(outbox.is_empty());
}

TEST_CASE("only_the_newest_sample_waits_and_it_never_overtakes_a_state") {
  Outbox outbox({});
  outbox.begin(status, 0);
  outbox.push_event(status, event("sample1", true));
  outbox.push_event(status, event("lost"));
  outbox.push_event(status, event("sample2", true));
  outbox.push_event(status, event("blocked"));
  CHECK(all(outbox) == "lost 1}}\nsample2 2}}\nblocked 3}}\n");
}

TEST_CASE("a_topic_that_overflows_is_replaced_by_one_snapshot_at_the_time_of_writing") {
  Outbox outbox({3, 1000});
  outbox.begin(status, 7);
  for (auto const* name : {"a", "b", "c", "d", "e"}) outbox.push_event(status, event(name));
  CHECK(outbox.waiting_events() == 0);
  auto const text = all(outbox);
  CHECK(
      text ==
      R"({"jsonrpc":"2.0","method":"status.event","params":{"kind":"lagged","dropped":5,"snapshot":snapshot0,"seq":8}})"
      "\n");
  outbox.push_event(status, event("f"));
  CHECK(all(outbox) == "f 9}}\n");
}

TEST_CASE("a_flood_of_log_lines_does_not_cost_a_state_change") {
  Outbox outbox({4, 1000});
  outbox.begin(status, 0);
  outbox.begin(logs, 0);
  outbox.push_event(status, event("kill_switch"));
  for (int i = 0; i < 10; ++i) outbox.push_event(logs, event("line"));
  auto const text = all(outbox);
  CHECK(text.starts_with("kill_switch 1}}\n"));
  CHECK(text.find(R"("dropped":10)") != std::string::npos);
}

TEST_CASE("bytes_that_the_kernel_has_not_taken_yet_still_count") {
  Outbox outbox({1000, 50});
  outbox.begin(status, 0);
  outbox.push_event(status, event(std::string(39, 'x')));
  (void)outbox.take(1, [](TopicIndex) { return ""; });
  CHECK(outbox.waiting_bytes() == 40);
  outbox.push_event(status, event(std::string(39, 'y')));
  CHECK(outbox.waiting_bytes() == 40);
  outbox.on_written();
  CHECK(outbox.waiting_bytes() == 0);
  CHECK(all(outbox).find("lagged") != std::string::npos);
}

TEST_CASE("after_the_end_of_a_subscription_nothing_of_it_leaves") {
  Outbox outbox({2, 1000});
  outbox.begin(status, 0);
  outbox.begin(logs, 0);
  outbox.push_event(status, event("a"));
  for (int i = 0; i < 5; ++i) outbox.push_event(logs, event("line"));
  outbox.end(logs);
  outbox.push_answer("null");
  CHECK(all(outbox) == "a 1}}\nnull\n");
}

TEST_CASE("take_stops_near_the_size_that_was_asked") {
  Outbox outbox({});
  for (int i = 0; i < 5; ++i) outbox.push_answer(std::string(9, 'x'));
  CHECK(outbox.answer_bytes() == 45);
  CHECK(outbox.take(15, nullptr).size() == 20);
  CHECK(outbox.answer_bytes() == 27);
}
