// The monitor of one direct link to one peer: whether it works in both directions, proven by probes that came back
// on it, and what it costs. Idle links are asked rarely (Trickle, RFC 6206), links in use often enough that a hole
// is noticed within 2 s. Driven by time: call poll() at next_deadline() or later, and send what it asks for.
#pragma once

#include <vector>

#include "mesh/link_cost.hpp"

namespace pim::mesh {

class Link {
 public:
  //  stopped --start--> down --a probe is answered--> up
  //                      ^                             |   quiet:  a probe when idle for the Trickle interval, or
  //                      |                             |           under traffic 400 ms after the last answered one
  //                      +------ given up -------------+   asking: one is unanswered; more every 60 ms
  //
  // Asked in vain, it is given up after 600 ms and 2.5 round trips without anything from the peer; while something
  // still comes in, which may be a full buffer as well as a hole on the way there, after 1.25 s. Down, it is probed
  // every 125 ms where something was heard just now, then ever less often, as rarely as an idle one in the end.
  enum class State : std::uint8_t { stopped, down, up };
  enum class Verdict : std::uint8_t { quiet, probe, down };

  /// What the packet path saw.
  struct Traffic {
    Time last_data_sent{};  ///< over this link
    Time last_received{};   ///< anything authenticated, over this link
  };

  /// `idle_interval`: the longest rest between probes; shorter where they keep a NAT open, which lets the peer back in
  /// while the link is down.
  explicit Link(Duration idle_interval) : idle_interval_(idle_interval) {}

  void start(Time now);
  void stop();
  /// Something may have changed: probes become frequent again. For a network change, or a probe of the peer that
  /// came directly while the link is down.
  void reset(Time now);
  /// Data began to go out after a pause of 750 ms or more. With the next probe it is seen anyway.
  void on_traffic() { is_busy_ = true; }
  /// Something that went out over the link was not answered in time, or somebody says that the peer is gone: it is
  /// asked at once, but no more often than under traffic, however often this is called.
  void on_silence(Time now);
  /// A probe of the peer came over this link. A calm link is asked from one side at a time: whoever was asked asks
  /// next. Probes that follow closely on each other say that our answers do not arrive; and one of an end that is down
  /// that this one may get lost: the end that is up asks as well, and what arrives there is as good as an answer.
  void on_asked(bool by_one_that_is_down, Time now);
  /// `id` is unpredictable and never used before.
  void on_probe_sent(std::uint64_t id, Time now);
  /// False for a reply to nothing, or one heard before.
  bool on_reply(std::uint64_t id, Time now);

  /// `probe`: send one and say so by on_probe_sent. `down`: said once.
  [[nodiscard]] Verdict poll(Traffic const& traffic, Time now);
  [[nodiscard]] Time next_deadline() const;

  [[nodiscard]] bool is_watched() const { return state_ != State::stopped; }
  [[nodiscard]] bool is_up() const { return state_ == State::up; }
  /// `infinite` while it is not up.
  [[nodiscard]] Metric cost() const { return is_up() ? cost_.value() : infinite; }
  [[nodiscard]] std::optional<Duration> round_trip() const { return cost_.round_trip(); }
  [[nodiscard]] unsigned loss_percent() const { return cost_.loss_percent(); }

 private:
  struct Probe {
    std::uint64_t id = 0;
    Time sent{};
    bool is_answered = false;
    /// Not of an outage, which is not loss.
    bool counts = true;
  };

  [[nodiscard]] Duration patience() const;
  [[nodiscard]] Duration longest_patience() const;
  [[nodiscard]] Time gives_up_at() const;
  [[nodiscard]] bool is_asking() const { return asking_since_ != never; }
  [[nodiscard]] Verdict poll_up(Traffic const& traffic, Time now);
  void go_down(Time now);
  void rest(Time now);
  void settle(Time now);

  Duration idle_interval_;
  State state_ = State::stopped;
  LinkCost cost_;
  std::vector<Probe> probes_;  ///< in the order of sending, what became of them not counted yet
  Duration interval_{};        ///< Trickle's
  unsigned eager_left_ = 0;    ///< probes before it grows, while down
  Time probe_at_ = never;
  Time last_probe_{};
  Time last_asked_{};          ///< by the peer
  Time asking_since_ = never;  ///< the oldest probe since the last answer
  unsigned asked_ = 0;         ///< probes since then
  Time last_received_{};       ///< as of the last poll
  Time last_answered_{};       ///< when the newest answered probe was sent
  bool is_busy_ = false;
};

}  // namespace pim::mesh
