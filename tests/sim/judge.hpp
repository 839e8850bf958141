// Lets time pass in a World until what has to become true is true, and says how long that took. What takes longer
// than was promised is a Violation.
#pragma once

#include <deque>

#include "sim/audit.hpp"

namespace pim::sim {

struct Report {
  std::uint64_t seed = 0;
  std::size_t nodes = 0, links = 0;
  unsigned cuts = 0, restarts = 0, partitions = 0, blinks = 0, loops = 0;
  Duration start{};  ///< from the last start of a node until all reached all
  Duration worst{};  ///< from the first datagram over a link that came back until all that it joins reached each other
  Duration noticed{};      ///< the longest that routing went on to use a cut link
  Duration rerouted{};     ///< from then on, the longest until all that are still linked reached each other
  Duration settled{};      ///< without losses, the longest until costs came to rest and every path was the cheapest
  std::size_t far = 0;     ///< at most so many pairs did not reach each other, being too far apart
  std::size_t apart = 0;   ///< and so many when every path was the cheapest
  std::size_t beyond = 0;  ///< at most so many were not compared with the cheapest path
  /// Bytes sent by a node in a second.
  struct Rate {
    double mean = 0;
    double most = 0;  ///< by the one that sent most
  };
  Rate at_rest{};     ///< when nothing was lost for long
  Rate lossy_rest{};  ///< when links go on losing, and nobody talks
  Duration virtual_time{};
  World::Counts counts{};
  std::uint64_t overtaken = 0;
  std::uint64_t trace = 0;
  std::string violation{};  ///< with what led to it; empty: there was none
};

class Judge {
 public:
  using Pairs = std::vector<std::pair<NodeNumber, NodeNumber>>;

  /// `talkers`: who sends somebody a packet every second.
  Judge(World& world, Pairs talkers, Report& report)
      : world_(world), audit_(world), talkers_(std::move(talkers)), report_(report) {}

  void pass(Duration duration);
  /// All was started: until each reaches each.
  void await_start();
  /// Until no node routes over a link that does not work; since `cut`.
  void await_notice(Time cut);
  /// Until all that are still linked reach each other.
  void await_detours();
  /// Every link works and every node runs: until all links are met again. Whenever one is, all that it joins must soon
  /// reach each other.
  void await_return();
  /// Without losses: until every path is the cheapest, and every packet path takes it.
  void await_cheapest();
  /// Until a packet of each arrived at the other.
  void await_answers(Pairs const& pairs);
  /// Nobody talks and nothing is lost: what nodes send, and that they still reach each other.
  void judge_rest();
  /// Nobody talks, and links go on losing.
  void judge_lossy_rest();

 private:
  [[nodiscard]] Report::Rate measure_rest();

  /// By a link that came back, as of one look.
  struct Crossing {
    Time at;
    Components joined;
  };

  template <class Done>
  Duration await(Duration limit, Done const& fault);
  [[nodiscard]] std::optional<Fault> unused() const;
  [[nodiscard]] std::optional<Crossing> crossing_since(Time since) const;
  void settle(std::deque<Crossing>& open);
  void talk();

  World& world_;
  Audit audit_;
  Pairs talkers_;
  Report& report_;
  bool are_talking_ = true;
  Time talk_at_{};
};

}  // namespace pim::sim
