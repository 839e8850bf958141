// Whether a peer still answers, following its traffic: quiet while answers come, probing when one is
// due for a second, lost when the probes stay unanswered too; an idle peer is asked now and then.
// Only authenticated datagrams count as answers.
#pragma once

#include <optional>

#include "base/time.hpp"

namespace pim::session {

class Liveness {
 public:
  enum class Verdict { quiet, probe, lost };

  /// What the packet path saw: the last authenticated reception, and since when sent data waits for one.
  struct Seen {
    Time last_received{};
    Time awaiting_since = never;
  };

  /// A session came to life.
  void start(Time now);
  void stop();
  /// Whether we are the one who keeps this pair alive, by this.
  void ask_when_idle(bool asks, Time now);
  /// Data went out that waits for an answer since `since`.
  void on_awaited(Time since);

  /// Call at next_deadline() or later; acts at most once per call.
  [[nodiscard]] Verdict poll(Seen const& seen, Time now);
  [[nodiscard]] Time next_deadline() const { return deadline_; }
  /// Since when something, data or a probe, was not answered, as of the last poll; `never`: nothing is.
  [[nodiscard]] Time waiting_since() const { return waiting_since_; }

 private:
  void rest(Time last_received, Time now);

  bool running_ = false;
  bool ask_when_idle_ = false;
  Time waiting_since_ = never;  ///< the oldest thing unanswered, data or probe
  Time deadline_ = never;
};

}  // namespace pim::session
