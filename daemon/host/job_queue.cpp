#include "host/job_queue.hpp"

#include <algorithm>

namespace pim::host {
namespace {

bool is_save(Job const& job) {
  return std::holds_alternative<control::SaveTrust>(job) || std::holds_alternative<control::SaveState>(job);
}

}  // namespace

void JobQueue::push(Job job) {
  auto const is_same_kind = [&](Job const& other) { return other.index() == job.index(); };
  // A save takes the older one's place, so that no plan which was to come after it comes before.
  if (auto const older = std::ranges::find_if(jobs_, is_same_kind); is_save(job) && older != jobs_.end()) {
    *older = std::move(job);
    return;
  }
  if (std::holds_alternative<control::ApplyPlan>(job)) std::erase_if(jobs_, is_same_kind);
  jobs_.push_back(std::move(job));
}

std::optional<Job> JobQueue::next() {
  if (jobs_.empty()) return std::nullopt;
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

}  // namespace pim::host
