// Whether a peer still answers, following its traffic: quiet while answers come, probing when one is
// due for a second, lost when the probes stay unanswered too; an idle peer is asked now and then.
// Only authenticated datagrams count as answers. A peer that speaks without hearing us is told apart from one that
// answers by what it asks.
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
  /// What we send does not arrive, as the peer shows: from now on only on_answer() counts, whatever it sends.
  void on_unheard(Time now);
  /// A probe of ours was answered.
  void on_answer() { unheard_since_ = never; }

  /// Call at next_deadline() or later; acts at most once per call.
  [[nodiscard]] Verdict poll(Seen const& seen, Time now);
  [[nodiscard]] Time next_deadline() const { return deadline_; }
  /// Since when something, data or a probe, was not answered, as of the last poll; `never`: nothing is.
  [[nodiscard]] Time waiting_since() const { return waiting_since_; }
  /// `never`: it hears us, as far as is known.
  [[nodiscard]] Time unheard_since() const { return unheard_since_; }

 private:
  [[nodiscard]] Verdict poll_unheard(Time now);
  void rest(Time last_received, Time now);

  bool running_ = false;
  bool ask_when_idle_ = false;
  Time waiting_since_ = never;  ///< the oldest thing unanswered, data or probe
  Time unheard_since_ = never;
  Time deadline_ = never;
};

}  // namespace pim::session
