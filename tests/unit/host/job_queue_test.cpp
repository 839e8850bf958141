#include "host/job_queue.hpp"

#include <doctest/doctest.h>

using namespace pim;
using namespace pim::host;

namespace {

Job apply(std::uint64_t number) { return control::ApplyPlan{number, std::nullopt}; }
Job name(std::string host) { return control::ResolveName{std::move(host)}; }

std::string all(JobQueue& queue) {
  std::string order;
  while (auto const job = queue.next()) {
    if (auto const* const one = std::get_if<control::ApplyPlan>(&*job)) order += "plan " + std::to_string(one->number);
    if (auto const* const resolve = std::get_if<control::ResolveName>(&*job)) order += resolve->host;
    if (auto const* const state = std::get_if<control::SaveState>(&*job))
      order += state->state.routing_answer ? "state on" : "state";
    if (std::holds_alternative<control::SaveTrust>(*job)) order += "trust";
    if (std::holds_alternative<StopJob>(*job)) order += "stop";
    order += ", ";
  }
  return order;
}

}  // namespace

TEST_CASE("jobs_are_done_in_their_order") {
  JobQueue queue;
  queue.push(control::SaveState{});
  queue.push(apply(1));
  queue.push(name("gate"));
  queue.push(StopJob{});
  CHECK(all(queue) == "state, plan 1, gate, stop, ");
  CHECK_FALSE(queue.next());
}

TEST_CASE("an_older_plan_gives_way_to_a_newer_one_and_a_newer_save_takes_the_olders_place") {
  JobQueue queue;
  queue.push(apply(1));
  queue.push(name("a"));
  queue.push(control::SaveState{});
  queue.push(apply(2));
  queue.push(name("a"));
  queue.push(control::SaveTrust{});
  queue.push(control::SaveState{2, {.routing_answer = true}});
  queue.push(apply(3));
  CHECK(all(queue) == "a, state on, a, trust, plan 3, ");
}
