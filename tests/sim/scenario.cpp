#include "sim/scenario.hpp"

#include <algorithm>
#include <bit>

namespace pim::sim {
namespace {

using namespace std::chrono_literals;

constexpr unsigned cuts_in_a_round = 5;
constexpr unsigned restarts_in_a_round = 2;
constexpr unsigned background_pairs = 4;
/// So many nodes probe all others after each healing; of more, each probes one, and so do the ends of what was cut.
constexpr std::size_t most_for_all_pairs = 50;
constexpr Duration longest_blink = 5s;

class Scenario {
 public:
  Scenario(Options const& options, Report& report)
      : options_(options),
        report_(report),
        random_(options.seed),
        graph_(make_graph(options.nodes, random_)),
        world_(graph_, random_.next(), options.checks_feasibility),
        judge_(world_, some_pairs(background_pairs), report) {}

  void play();
  [[nodiscard]] World const& world() const { return world_; }
  void describe(Report& report) const;

 private:
  void start_all();
  void lose(std::vector<LinkNumber> const& links);
  void blink();
  void prove_whole(std::vector<LinkNumber> const& returned);
  [[nodiscard]] std::vector<LinkNumber> some_links();
  [[nodiscard]] std::size_t size_of_part();
  [[nodiscard]] std::vector<LinkNumber> links_around_a_part();
  void restart(NodeNumber node, Duration pause);
  void restart_a_nat();
  [[nodiscard]] NodeNumber some_node() { return static_cast<NodeNumber>(random_.below(graph_.nodes)); }
  [[nodiscard]] NodeNumber another_than(NodeNumber node);
  [[nodiscard]] Judge::Pairs some_pairs(unsigned count);
  [[nodiscard]] Judge::Pairs pairs_to_prove(std::vector<LinkNumber> const& returned);

  Options const& options_;
  Report& report_;
  Random random_;
  Graph graph_;
  World world_;
  Judge judge_;
};

void Scenario::play() {
  bool const stays_whole = options_.cuts + options_.restarts + options_.partitions == 0;
  world_.be_calm(stays_whole);
  start_all();
  while (report_.cuts < options_.cuts || report_.restarts < options_.restarts ||
         report_.partitions < options_.partitions) {
    auto links = some_links();
    for (auto const link : links_around_a_part())
      if (std::find(links.begin(), links.end(), link) == links.end()) links.push_back(link);
    ++report_.partitions;
    lose(links);
    blink();
  }
  world_.be_calm(true);
  judge_.judge_rest();
  if (!options_.rests_with_losses) return;
  world_.be_calm(false);
  judge_.judge_lossy_rest();
}

void Scenario::start_all() {
  for (NodeNumber node = 0; node < world_.size(); ++node) {
    world_.start(node);
    world_.run(random_.between(0ms, 10ms));
  }
  judge_.await_start();
}

/// Links go and come back when all have noticed. Some nodes restart at once, another stays away as long as the links.
void Scenario::lose(std::vector<LinkNumber> const& links) {
  auto const leaver = some_node();
  auto const since = world_.time();
  for (auto const link : links) world_.cut(link);
  report_.cuts += static_cast<unsigned>(links.size());
  world_.kill(leaver);
  for (unsigned i = 0; i < restarts_in_a_round; ++i)
    if (auto const node = some_node(); node != leaver) restart(node, random_.between(0ms, 2s));
  restart_a_nat();
  judge_.await_notice(since);
  judge_.await_detours();
  for (auto const link : links) world_.heal(link);
  world_.start(leaver);
  ++report_.restarts;
  prove_whole(links);
}

/// Links go and come back one by one, faster than most is noticed, and a node restarts meanwhile.
void Scenario::blink() {
  auto const links = some_links();
  for (auto const link : links) {
    world_.cut(link);
    judge_.pass(random_.between(0ms, longest_blink));
    world_.heal(link);
    if (random_.chance(500)) judge_.pass(random_.between(0ms, 500ms));
    if (link == links[links.size() / 2]) restart(some_node(), random_.between(0ms, 500ms));
  }
  report_.blinks += static_cast<unsigned>(links.size());
  restart_a_nat();
  prove_whole(links);
}

void Scenario::prove_whole(std::vector<LinkNumber> const& returned) {
  judge_.await_return();
  world_.be_calm(true);
  judge_.await_cheapest();
  judge_.await_answers(pairs_to_prove(returned));
  world_.be_calm(false);
}

void Scenario::restart(NodeNumber node, Duration pause) {
  world_.kill(node);
  judge_.pass(pause);
  world_.start(node);
  ++report_.restarts;
}

void Scenario::restart_a_nat() {
  auto const link = static_cast<LinkNumber>(random_.below(graph_.links.size()));
  if (world_.underlay().links()[link].is_natted) world_.forget_mapping(link);
}

std::vector<LinkNumber> Scenario::some_links() {
  std::vector<LinkNumber> chosen;
  while (chosen.size() < std::min<std::size_t>(cuts_in_a_round, graph_.links.size())) {
    auto const link = static_cast<LinkNumber>(random_.below(graph_.links.size()));
    if (std::find(chosen.begin(), chosen.end(), link) == chosen.end()) chosen.push_back(link);
  }
  return chosen;
}

/// How many nodes are to be parted from the others: first a quarter of all at most, then any number up to that, small
/// ones as likely as large ones.
std::size_t Scenario::size_of_part() {
  auto const largest = std::max<std::size_t>(1, world_.size() / 4);
  if (report_.partitions == 0) return largest;
  auto const scales = static_cast<unsigned>(std::bit_width(largest));
  auto const scale = std::size_t{1} << random_.below(scales);
  return std::min(largest, scale + random_.below(scale));
}

/// A node and those nearest to it lose everybody else.
std::vector<LinkNumber> Scenario::links_around_a_part() {
  auto const ways = ways_from(some_node(), graph_);
  auto sorted = ways;
  std::sort(sorted.begin(), sorted.end());
  auto const radius = sorted[size_of_part()];
  auto const is_inside = [&](NodeNumber node) { return ways[node] < std::max(1U, radius); };
  std::vector<LinkNumber> chosen;
  for (LinkNumber link = 0; link < graph_.links.size(); ++link)
    if (is_inside(graph_.links[link].a) != is_inside(graph_.links[link].b)) chosen.push_back(link);
  return chosen;
}

NodeNumber Scenario::another_than(NodeNumber node) {
  auto const other = static_cast<NodeNumber>(random_.below(graph_.nodes - 1));
  return other < node ? other : other + 1;
}

Judge::Pairs Scenario::some_pairs(unsigned count) {
  Judge::Pairs pairs;
  while (pairs.size() < count) {
    auto const from = some_node();
    pairs.emplace_back(from, another_than(from));
  }
  return pairs;
}

Judge::Pairs Scenario::pairs_to_prove(std::vector<LinkNumber> const& returned) {
  Judge::Pairs pairs;
  for (NodeNumber from = 0; from < graph_.nodes; ++from) {
    if (graph_.nodes > most_for_all_pairs) pairs.emplace_back(from, another_than(from));
    for (NodeNumber to = 0; to < graph_.nodes && graph_.nodes <= most_for_all_pairs; ++to)
      if (to != from) pairs.emplace_back(from, to);
  }
  for (auto const link : returned) {
    auto const& [a, b, distance] = graph_.links[link];
    pairs.emplace_back(a, b);
    pairs.emplace_back(b, a);
  }
  return pairs;
}

void Scenario::describe(Report& report) const {
  report.links = graph_.links.size();
  report.virtual_time = world_.time() - Time{1h};
  report.counts = world_.counts();
  report.overtaken = world_.underlay().overtaken();
  report.trace = world_.trace().hash();
}

/// The one under way.
Scenario const* current = nullptr;

}  // namespace

Report run(Options const& options) {
  Report report;
  report.seed = options.seed;
  report.nodes = options.nodes;
  Scenario scenario(options, report);
  current = &scenario;
  auto const tell = [&](char const* what, std::vector<NodeNumber> const& nodes) {
    report.violation = std::string(what) + "\n" + scenario.world().trace().last_flows_of(nodes);
  };
  try {
    scenario.play();
  } catch (Loop const& loop) {
    ++report.loops;
    tell(loop.what(), loop.nodes);
  } catch (Violation const& violation) {
    tell(violation.what(), violation.nodes);
  } catch (std::exception const& fault) {
    tell(fault.what(), {});
  }
  current = nullptr;
  scenario.describe(report);
  return report;
}

std::string last_flows() { return current ? current->world().trace().last_flows() : std::string{}; }

}  // namespace pim::sim
