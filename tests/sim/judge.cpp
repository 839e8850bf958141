#include "sim/judge.hpp"

#include <algorithm>

namespace pim::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration step = 100ms;
/// What was promised: from the first datagram over a link that came back until everybody that it joins is reached.
constexpr Duration convergence_limit = 10s;
/// Without what was cut. Nothing came back, so nothing was promised; but longer would be a fault.
constexpr Duration reroute_limit = 30s;
/// For a mesh that starts all at once, with losses: who was called in vain is a stranger yet, and does not call back.
constexpr Duration start_limit = 120s;
/// An idle link is asked every 60 s, and given up soon after.
constexpr Duration notice_limit = 65s;
/// A link that is down is asked every 60 s, every 25 s by who dialled it, and dialled every 60 s.
constexpr Duration return_limit = 130s;
/// Links that lost something change their costs one after the other for minutes; a moment without is waited for.
constexpr Duration calm_limit = 600s;
/// So long no link has changed its cost when paths are compared.
constexpr Duration calm = 3s;
constexpr Duration answer_limit = 10s;
/// What a link lost stands in its cost until 64 probes are answered, and an idle one is asked twice a minute. When
/// a cost changes, all hear of it.
constexpr Duration recovery = 30min;
/// The other way round: long enough for costs to follow what gets lost.
constexpr Duration relapse = 5min;
constexpr Duration rest = 120s;
constexpr double rest_limit = 1000;  ///< bytes in a second

}  // namespace

void Judge::pass(Duration duration) {
  for (auto const end = world_.time() + duration; world_.time() < end;) {
    world_.run(std::min<Duration>(step, end - world_.time()));
    if (are_talking_) talk();
  }
}

void Judge::talk() {
  if (world_.time() < talk_at_) return;
  talk_at_ = world_.time() + 1s;
  for (auto const& [from, to] : talkers_)
    if (world_.node(from).is_running()) (void)world_.send_probe(from, to);
}

/// How long it took until `fault` found nothing any more.
template <class Done>
Duration Judge::await(Duration limit, Done const& fault) {
  auto const since = world_.time();
  for (;;) {
    auto const found = fault();
    if (!found) return world_.time() - since;
    if (world_.time() - since >= limit)
      throw Violation(found->text + ", after " + std::to_string(limit / 1s) + " s", found->nodes);
    pass(step);
  }
}

std::optional<Fault> Judge::unused() const {
  for (auto const& link : world_.underlay().links())
    if (!world_.is_used_both_ways(link)) return Fault{{link.a, link.b}, "a link that works is not used"};
  return std::nullopt;
}

void Judge::await_start() {
  report_.start = await(start_limit, [&]() -> std::optional<Fault> {
    if (auto fault = unused()) return fault;
    return audit_.missing_chain(audit_.reachable());
  });
  report_.far = std::max(report_.far, audit_.far());
}

void Judge::await_notice(Time cut) {
  (void)await(notice_limit, [&]() -> std::optional<Fault> {
    for (auto const& link : world_.underlay().links())
      if (!world_.works(link) && world_.is_used(link)) return Fault{{link.a, link.b}, "a cut link is still used"};
    return std::nullopt;
  });
  report_.noticed = std::max(report_.noticed, world_.time() - cut);
}

void Judge::await_detours() {
  auto const components = audit_.reachable();
  auto const took = await(reroute_limit, [&] { return audit_.missing_chain(components); });
  report_.rerouted = std::max(report_.rerouted, took);
  report_.far = std::max(report_.far, audit_.far());
}

/// The earliest of those since `since`.
std::optional<Judge::Crossing> Judge::crossing_since(Time since) const {
  auto first = never;
  for (auto const& link : world_.underlay().links())
    if (link.crossed_at > since) first = std::min(first, link.crossed_at);
  return first == never ? std::nullopt : std::optional(Crossing{first, audit_.reachable()});
}

void Judge::await_return() {
  auto const since = world_.time();
  std::deque<Crossing> open{{since, audit_.reachable()}};
  for (;;) {
    settle(open);
    auto const fault = unused();
    if (!fault && open.empty()) return;
    if (fault && world_.time() - since > return_limit) throw Violation(fault->text, fault->nodes);
    auto const looked = world_.time();
    pass(step);
    if (auto crossing = crossing_since(looked)) open.push_back(std::move(*crossing));
  }
}

/// In order: what one crossing joined, the next did as well.
void Judge::settle(std::deque<Crossing>& open) {
  for (; !open.empty(); open.pop_front()) {
    auto const& [at, joined] = open.front();
    auto const fault = audit_.missing_chain(joined);
    if (fault && world_.time() - at < convergence_limit) return;
    if (fault) throw Violation(fault->text + ", 10 s after a link came back", fault->nodes);
    report_.worst = std::max(report_.worst, world_.time() - at);
    report_.far = std::max(report_.far, audit_.far());
  }
}

void Judge::await_cheapest() {
  auto costs = audit_.costs();
  auto since = world_.time();
  auto const took = await(calm_limit, [&]() -> std::optional<Fault> {
    if (auto const present = audit_.costs(); std::exchange(costs, present) != present) since = world_.time();
    if (world_.time() - since < calm) return Fault{{}, "the costs of links do not come to rest"};
    return audit_.costly_path();
  });
  report_.settled = std::max(report_.settled, took);
  report_.beyond = std::max(report_.beyond, audit_.beyond());
  if (auto const fault = audit_.missing_chain(audit_.reachable())) throw Violation(fault->text, fault->nodes);
  report_.apart = std::max(report_.apart, audit_.far());
  audit_.check_packet_paths();
}

void Judge::await_answers(Pairs const& pairs) {
  struct Waiting {
    NodeNumber from = 0, to = 0;
    std::vector<std::uint64_t> sent{};
  };
  std::vector<Waiting> waiting;
  for (auto const& [from, to] : pairs)
    if (audit_.leads(from, to)) waiting.push_back({from, to});
  (void)await(answer_limit, [&]() -> std::optional<Fault> {
    std::erase_if(waiting, [&](Waiting const& one) {
      return std::any_of(one.sent.begin(), one.sent.end(), [&](auto probe) { return world_.was_delivered(probe); });
    });
    if (waiting.empty()) return std::nullopt;
    for (auto& [from, to, sent] : waiting) sent.push_back(world_.send_probe(from, to));
    pass(900ms);
    auto const& first = waiting.front();
    return Fault{{first.from, first.to},
                 "no packet arrives from n" + std::to_string(first.from) + " at n" + std::to_string(first.to)};
  });
}

Report::Rate Judge::measure_rest() {
  std::vector<std::uint64_t> before;
  for (NodeNumber node = 0; node < world_.size(); ++node) before.push_back(world_.bytes_sent(node));
  pass(rest);
  Report::Rate rate;
  for (NodeNumber node = 0; node < world_.size(); ++node) {
    auto const bytes = static_cast<double>(world_.bytes_sent(node) - before[node]);
    auto const own = bytes / std::chrono::duration<double>(rest).count();
    rate.mean += own / static_cast<double>(world_.size());
    rate.most = std::max(rate.most, own);
    if (own > rest_limit)
      throw Violation("n" + std::to_string(node) + " sends " + std::to_string(own) + " bytes a second at rest", {node});
  }
  return rate;
}

void Judge::judge_rest() {
  are_talking_ = false;
  pass(recovery);
  report_.at_rest = measure_rest();
  if (auto const fault = unused()) throw Violation(fault->text + ", at rest", fault->nodes);
  if (auto const fault = audit_.missing_chain(audit_.reachable()))
    throw Violation(fault->text + ", at rest", fault->nodes);
}

void Judge::judge_lossy_rest() {
  pass(relapse);
  report_.lossy_rest = measure_rest();
}

}  // namespace pim::sim
