#include "host/job_queue.hpp"

#include <algorithm>

namespace pim::host {
namespace {

bool is_whole_value(Job const& job) {
  return std::holds_alternative<control::ApplyPlan>(job) || std::holds_alternative<control::SaveTrust>(job) ||
         std::holds_alternative<control::SaveState>(job);
}

}  // namespace

void JobQueue::push(Job job) {
  if (is_whole_value(job)) std::erase_if(jobs_, [&](Job const& older) { return older.index() == job.index(); });
  jobs_.push_back(std::move(job));
}

std::optional<Job> JobQueue::next() {
  if (jobs_.empty()) return std::nullopt;
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

}  // namespace pim::host
