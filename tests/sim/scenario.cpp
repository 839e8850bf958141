#include "sim/scenario.hpp"

#include <algorithm>
#include <bit>

namespace pim::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration step = 100ms;
/// What was promised: from the first datagram that crosses what came back until everybody is reached again.
constexpr Duration convergence_limit = 10s;
/// Without what was cut. Nothing came back, so nothing was promised; but longer would be a fault.
constexpr Duration reroute_limit = 30s;
/// For a mesh that starts all at once, with losses: every node hears of every other for the first time.
constexpr Duration start_limit = 120s;
/// An idle link is asked every 60 s, and given up soon after.
constexpr Duration notice_limit = 65s;
/// A link that is down is asked every 60 s, and dialled as often.
constexpr Duration return_limit = 130s;
/// Losses leave the cost of an idle link step by step, with probes ever farther apart.
constexpr Duration calm_limit = 600s;
constexpr Duration answer_limit = 10s;
constexpr Duration rest = 120s;
constexpr unsigned cuts_in_a_round = 5;
constexpr unsigned restarts_in_a_round = 2;
constexpr unsigned background_pairs = 4;
constexpr unsigned sampled_pairs = 3;

class Scenario {
 public:
  Scenario(Options const& options, Report& report)
      : options_(options),
        report_(report),
        random_(options.seed),
        graph_(make_graph(options.nodes, random_)),
        world_(graph_, random_.next(), options.checks_feasibility),
        audit_(world_) {
    for (unsigned i = 0; i < background_pairs; ++i) talkers_.push_back(some_pair());
  }

  void play();
  [[nodiscard]] World const& world() const { return world_; }
  void describe(Report& report) const;

 private:
  void start_all();
  void play_round(bool is_partition);
  [[nodiscard]] std::vector<LinkNumber> some_links();
  [[nodiscard]] std::size_t size_of_part();
  [[nodiscard]] std::vector<LinkNumber> links_around_a_part();
  void cut(std::vector<LinkNumber> const& links);
  void await_notice();
  void await_return(std::vector<LinkNumber> const& links);
  void await_cheapest();
  void await_answers();
  void restart(NodeNumber node, Duration pause);
  void measure_rest();

  void pass(Duration duration);
  template <class Done>
  Duration await(Duration limit, Done const& fault);
  Duration await_chains(Duration limit);
  void talk();
  [[nodiscard]] std::pair<NodeNumber, NodeNumber> some_pair();

  Options const& options_;
  Report& report_;
  Random random_;
  Graph graph_;
  World world_;
  Audit audit_;
  std::vector<std::pair<NodeNumber, NodeNumber>> talkers_;
  bool are_talking_ = true;
  Time talk_at_{};
};

void Scenario::play() {
  start_all();
  while (report_.cuts < options_.cuts || report_.restarts < options_.restarts ||
         report_.partitions < options_.partitions) {
    for (auto const is_partition : {false, true}) play_round(is_partition);
    world_.lose_nothing(true);
    await_cheapest();
    await_answers();
    audit_.check_matrix();
    world_.lose_nothing(false);
  }
  measure_rest();
}

void Scenario::start_all() {
  for (NodeNumber node = 0; node < world_.size(); ++node) {
    world_.start(node);
    world_.run(random_.between(0ms, 10ms));
  }
  report_.start = await(start_limit, [&]() -> std::optional<Fault> {
    for (auto const& link : world_.underlay().links())
      if (link.crossed_at == never) return Fault{link.a, link.b, "a link is not used"};
    return audit_.missing_chain(audit_.reachable());
  });
}

/// Links go, some nodes restart at once, another stays away as long as the links.
void Scenario::play_round(bool is_partition) {
  auto const links = is_partition ? links_around_a_part() : some_links();
  auto const leaver = static_cast<NodeNumber>(random_.below(world_.size()));
  cut(links);
  if (is_partition) ++report_.partitions;
  world_.kill(leaver);
  for (unsigned i = 0; i < restarts_in_a_round; ++i) {
    auto const restarted = static_cast<NodeNumber>(random_.below(world_.size()));
    if (restarted != leaver) restart(restarted, random_.between(0ms, 2s));
  }
  await_notice();
  report_.rerouted = std::max(report_.rerouted, await_chains(reroute_limit));
  for (auto const link : links) world_.heal(link);
  world_.start(leaver);
  ++report_.restarts;
  auto back = links;
  for (auto const link : world_.underlay().links_of(leaver)) back.push_back(link);
  await_return(back);
}

void Scenario::restart(NodeNumber node, Duration pause) {
  world_.kill(node);
  pass(pause);
  world_.start(node);
  ++report_.restarts;
}

std::vector<LinkNumber> Scenario::some_links() {
  std::vector<LinkNumber> chosen;
  while (chosen.size() < std::min<std::size_t>(cuts_in_a_round, graph_.links.size())) {
    auto const link = static_cast<LinkNumber>(random_.below(graph_.links.size()));
    if (std::find(chosen.begin(), chosen.end(), link) == chosen.end()) chosen.push_back(link);
  }
  return chosen;
}

/// How many nodes are to be parted from the others: first a quarter of all, then any number up to that, small ones
/// as likely as large ones.
std::size_t Scenario::size_of_part() {
  auto const largest = std::max<std::size_t>(1, world_.size() / 4);
  if (report_.partitions == 0) return largest;
  auto const scales = static_cast<unsigned>(std::bit_width(largest));
  auto const scale = std::size_t{1} << random_.below(scales);
  return std::min(largest, scale + random_.below(scale));
}

/// A node and those nearest to it lose everybody else.
std::vector<LinkNumber> Scenario::links_around_a_part() {
  auto const ways = ways_from(static_cast<NodeNumber>(random_.below(world_.size())), graph_);
  auto sorted = ways;
  std::sort(sorted.begin(), sorted.end());
  auto const radius = sorted[size_of_part()];
  auto const is_inside = [&](NodeNumber node) { return ways[node] < std::max(1U, radius); };
  std::vector<LinkNumber> chosen;
  for (LinkNumber link = 0; link < graph_.links.size(); ++link)
    if (is_inside(graph_.links[link].a) != is_inside(graph_.links[link].b)) chosen.push_back(link);
  return chosen;
}

void Scenario::cut(std::vector<LinkNumber> const& links) {
  for (auto const link : links) world_.cut(link);
  report_.cuts += static_cast<unsigned>(links.size());
}

/// Until no node routes over a link that does not work.
void Scenario::await_notice() {
  auto const took = await(notice_limit, [&]() -> std::optional<Fault> {
    for (auto const& link : world_.underlay().links())
      if (!world_.works(link) && world_.is_used(link)) return Fault{link.a, link.b, "a cut link is still used"};
    return std::nullopt;
  });
  report_.noticed = std::max(report_.noticed, took);
}

/// Each time another link is crossed for the first time, all that it joins must soon reach each other.
void Scenario::await_return(std::vector<LinkNumber> const& links) {
  auto const is_crossed = [&](LinkNumber link) { return world_.underlay().links()[link].crossed_at != never; };
  auto waiting = links;
  auto const end = world_.time() + return_limit;
  while (!waiting.empty()) {
    auto const back = std::stable_partition(waiting.begin(), waiting.end(), std::not_fn(is_crossed));
    bool const is_more = back != waiting.end();
    waiting.erase(back, waiting.end());
    if (is_more) report_.worst = std::max(report_.worst, await_chains(convergence_limit));
    if (waiting.empty()) return;
    pass(step);
    auto const& link = world_.underlay().links()[waiting.front()];
    if (world_.time() > end) throw Violation("a link that works again is not tried", {link.a, link.b});
  }
}

Duration Scenario::await_chains(Duration limit) {
  auto const components = audit_.reachable();
  auto const took = await(limit, [&] { return audit_.missing_chain(components); });
  report_.far = std::max(report_.far, audit_.far());
  return took;
}

void Scenario::await_cheapest() {
  (void)await(calm_limit, [&] { return audit_.costly_path(); });
  report_.dearer += audit_.unequal();
}

void Scenario::await_answers() {
  for (unsigned i = 0; i < sampled_pairs; ++i) {
    auto const [from, to] = some_pair();
    if (!audit_.hops(from, to)) continue;  // too far
    std::vector<std::uint64_t> sent;
    auto const arrived = [&](std::uint64_t probe) { return world_.was_delivered(probe); };
    (void)await(answer_limit, [&, source = from, target = to]() -> std::optional<Fault> {
      if (std::any_of(sent.begin(), sent.end(), arrived)) return std::nullopt;
      sent.push_back(world_.send_probe(source, target));
      pass(900ms);
      return Fault{source, target,
                   "no packet arrives from n" + std::to_string(source) + " at n" + std::to_string(target)};
    });
  }
}

void Scenario::measure_rest() {
  are_talking_ = false;
  world_.lose_nothing(true);
  pass(rest);
  auto const before = world_.counts().bytes;
  pass(rest);
  auto const seconds = std::chrono::duration<double>(rest).count();
  report_.rest_bytes =
      static_cast<double>(world_.counts().bytes - before) / static_cast<double>(world_.size()) / seconds;
}

void Scenario::pass(Duration duration) {
  for (auto const end = world_.time() + duration; world_.time() < end;) {
    world_.run(std::min<Duration>(step, end - world_.time()));
    if (are_talking_) talk();
  }
}

/// How long it took until `fault` found nothing any more.
template <class Done>
Duration Scenario::await(Duration limit, Done const& fault) {
  auto const since = world_.time();
  for (;;) {
    auto const found = fault();
    if (!found) return world_.time() - since;
    if (world_.time() - since >= limit)
      throw Violation(found->text + ", after " + std::to_string(limit / 1s) + " s", {found->from});
    pass(step);
  }
}

void Scenario::talk() {
  if (world_.time() < talk_at_) return;
  talk_at_ = world_.time() + 1s;
  for (auto const& [from, to] : talkers_)
    if (world_.node(from).is_running()) (void)world_.send_probe(from, to);
}

std::pair<NodeNumber, NodeNumber> Scenario::some_pair() {
  auto const from = static_cast<NodeNumber>(random_.below(world_.size()));
  auto const other = static_cast<NodeNumber>(random_.below(world_.size() - 1));
  return {from, other < from ? other : other + 1};
}

void Scenario::describe(Report& report) const {
  report.links = graph_.links.size();
  report.virtual_time = world_.time() - Time{1h};
  report.counts = world_.counts();
  report.trace = world_.trace().hash();
}

}  // namespace

Report run(Options const& options) {
  Report report;
  report.seed = options.seed;
  report.nodes = options.nodes;
  Scenario scenario(options, report);
  auto const tell = [&](Violation const& violation) {
    report.violation =
        std::string(violation.what()) + "\n" + scenario.world().trace().last_flows_around(violation.nodes);
  };
  try {
    scenario.play();
  } catch (Loop const& loop) {
    ++report.loops;
    tell(loop);
  } catch (Violation const& violation) {
    tell(violation);
  }
  scenario.describe(report);
  return report;
}

}  // namespace pim::sim
