// What waits for the host thread, in order. A plan, a trust store and a state are whole values, so that an
// older one of a kind which was not begun yet gives way to a newer.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "control/outbox.hpp"
#include "linux/preflight.hpp"

namespace pim::host {

struct PreflightJob {
  std::string nat_interface;
  std::function<void(linux_edge::Preflight)> on_done;
};
/// Everything before it is done, nothing behind it is begun.
struct StopJob {};

using Job = std::variant<control::ApplyPlan, control::SaveTrust, control::SaveState, control::ResolveName,
                         control::ForgetRedirectedDns, PreflightJob, StopJob>;

class JobQueue {
 public:
  void push(Job job);
  /// Nothing when the queue is empty.
  [[nodiscard]] std::optional<Job> next();

 private:
  std::deque<Job> jobs_;
};

}  // namespace pim::host
