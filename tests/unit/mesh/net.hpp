// A small mesh of Routing objects: every node, the links between them, and messages that are lost, doubled and
// overtaken on the way. Ends notice a cut, a heal or a restart at different times. Seeded: a seed is a run.
#pragma once

#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>

#include "desk.hpp"
#include "support/test_entropy.hpp"

namespace pim::mesh::test {

struct NetSettings {
  std::uint32_t nodes = 30;
  unsigned lost_percent = 15;
  unsigned doubled_percent = 5;
  std::chrono::milliseconds longest_delay{60};
  RoutingSettings routing{};
};

class Net {
 public:
  using Number = std::uint32_t;

  Net(NetSettings const& settings, std::uint64_t seed) : settings_(settings), random_(seed) {
    nodes_.resize(settings.nodes);
    for (Number number = 0; number < settings.nodes; ++number) begin_life(number, 1);
  }

  // What happens to links and nodes; both ends notice a moment later.

  void connect(Number a, Number b, Metric there, Metric back) {
    cost_[{a, b}] = there;
    cost_[{b, a}] = back;
    heal(a, b);
  }
  void heal(Number a, Number b) {
    if (!cost_.contains({a, b})) return;
    cut_.erase({a, b});
    cut_.erase({b, a});
    after(1000, [=, this] { notice(a, b); });
    after(1000, [=, this] { notice(b, a); });
  }
  void cut(Number a, Number b) {
    if (!cost_.contains({a, b})) return;
    cut_.insert({a, b});
    cut_.insert({b, a});
    after(2000, [=, this] { notice(a, b); });
    after(2000, [=, this] { notice(b, a); });
  }
  /// Only `a` takes its neighbour for lost, and proves it again soon.
  void blink(Number a, Number b) {
    lose(a, b);
    after(1500, [=, this] { notice(a, b); });
  }
  /// Somebody asks a node for a number far ahead of its own, by any of its neighbours.
  void ask(Number of, Seqno ahead) {
    auto const& neighbours = nodes_[of].neighbours;
    if (neighbours.empty()) return;
    wire::SeqnoRequest const request{id_of(of), static_cast<Seqno>(routing(of).own_seqno() + ahead), 64};
    call(of,
         [&](Routing& node, RoutingOutbox& out) { node.on_request({neighbours.begin()->first}, request, now_, out); });
  }
  void set_cost(Number a, Number b, Metric cost) {
    cost_[{a, b}] = cost;
    if (!nodes_[a].neighbours.contains(b)) return;
    call(a, [&](Routing& routing, RoutingOutbox& out) { routing.set_cost({b}, cost, now_, out); });
  }
  /// A new life: with the stored sequence number plus one, or when that was lost with any from which one leap leads
  /// back.
  void restart(Number number, bool keeps_seqno) {
    auto const stored = nodes_[number].routing->own_seqno();
    begin_life(number, keeps_seqno ? static_cast<Seqno>(stored + 1) : lost_number(stored));
    for (auto const& [link, cost] : cost_)
      if (link.first == number || link.second == number)
        after(1000, [this, ends = link] { notice(ends.first, ends.second); });
  }

  void run_until(Time end) {
    while (!events_.empty() && events_.top().at <= end) {
      auto const event = events_.top();
      events_.pop();
      now_ = event.at;
      event.act();
    }
    now_ = end;
  }
  void run_for(Duration time) { run_until(now_ + time); }

  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] Routing const& routing(Number number) const { return *nodes_[number].routing; }
  [[nodiscard]] bool is_cut(Number a, Number b) const { return cut_.contains({a, b}); }
  [[nodiscard]] std::size_t loops() const { return loops_; }
  [[nodiscard]] std::size_t messages() const { return messages_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::string const& first_loop() const { return first_loop_; }
  [[nodiscard]] auto const& links() const { return cost_; }

  /// The shortest metric from each node to `to` over links that are not cut.
  [[nodiscard]] std::vector<unsigned> shortest_to(Number to) const {
    std::vector<unsigned> best(settings_.nodes, infinite);
    std::set<std::pair<unsigned, Number>> open{{0, to}};
    best[to] = 0;
    while (!open.empty()) {
      auto const [so_far, at] = *open.begin();
      open.erase(open.begin());
      for (auto const& [link, cost] : cost_) {
        if (link.second != at || cut_.contains(link) || so_far + cost >= best[link.first]) continue;
        open.erase({best[link.first], link.first});
        best[link.first] = so_far + cost;
        open.insert({best[link.first], link.first});
      }
    }
    return best;
  }

 private:
  struct Node {
    std::unique_ptr<Routing> routing;
    unsigned life = 0;
    std::map<Number, unsigned> neighbours;  ///< and the life of theirs that is meant
    Time wakes_at = never;
  };
  struct Event {
    Time at;
    std::uint64_t order;
    std::function<void()> act;
    bool operator<(Event const& other) const { return std::tie(other.at, other.order) < std::tie(at, order); }
  };

  Seqno lost_number(Seqno stored) { return static_cast<Seqno>(stored - 0x7800u + random_.below(0xf800)); }

  void begin_life(Number number, Seqno seqno) {
    auto& node = nodes_[number];
    node.routing = std::make_unique<Routing>(id_of(number), record_of(number), seqno, settings_.routing);
    ++node.life;
    node.neighbours.clear();
    node.wakes_at = never;
    number_of_[id_of(number)] = number;
  }

  void at(Time time, std::function<void()> act) { events_.push({time, ++order_, std::move(act)}); }
  void after(std::uint64_t at_most, std::function<void()> act) {
    at(now_ + std::chrono::milliseconds{1 + random_.below(at_most)}, std::move(act));
  }

  /// `a` looks at its link to `b` and makes what it knows true.
  void notice(Number a, Number b) {
    auto const known = nodes_[a].neighbours.find(b);
    bool const is_up = known != nodes_[a].neighbours.end();
    bool const works = !cut_.contains({a, b});
    if (is_up && works && known->second == nodes_[b].life) return;
    lose(a, b);
    if (!works) return;
    nodes_[a].neighbours[b] = nodes_[b].life;
    auto const cost = cost_[{a, b}];
    call(a, [&](Routing& routing, RoutingOutbox& out) { routing.neighbour_up({b}, id_of(b), cost, now_, out); });
  }
  void lose(Number a, Number b) {
    if (nodes_[a].neighbours.erase(b) == 0) return;
    call(a, [&](Routing& routing, RoutingOutbox& out) { routing.neighbour_down({b}, now_, out); });
  }

  template <class Act>
  void call(Number number, Act const& act) {
    RoutingOutbox out;
    act(*nodes_[number].routing, out);
    for (auto const& change : out.changes) check_loop(number, change.destination);
    for (auto& [slot, message] : out.messages) send(number, slot.value, std::move(message));
    wake(number);
  }

  void wake(Number number) {
    auto& node = nodes_[number];
    auto const due = std::max(now_, node.routing->next_deadline());
    if (due == never || due >= node.wakes_at) return;
    node.wakes_at = due;
    at(due, [=, this, life = node.life] {
      auto& woken = nodes_[number];
      if (woken.life != life || woken.wakes_at != now_) return;
      woken.wakes_at = never;
      call(number, [&](Routing& routing, RoutingOutbox& out) { routing.on_deadline(now_, out); });
    });
  }

  void send(Number from, Number to, wire::Control message) {
    ++messages_;
    bytes_ += wire::to_bytes(message).size();
    int copies = random_.below(100) < settings_.doubled_percent ? 2 : 1;
    auto const from_life = nodes_[from].life, to_life = nodes_[from].neighbours[to];
    for (; copies > 0; --copies) {
      if (random_.below(100) < settings_.lost_percent) continue;
      after(static_cast<std::uint64_t>(settings_.longest_delay.count()),
            [=, this] { arrive(from, from_life, to, to_life, message); });
    }
  }

  void arrive(Number from, unsigned from_life, Number to, unsigned to_life, wire::Control const& message) {
    auto& node = nodes_[to];
    if (cut_.contains({from, to}) || node.life != to_life) return;
    auto const known = node.neighbours.find(from);
    if (known != node.neighbours.end() && known->second < from_life) return notice(to, from);  // by the handshake
    if (known != node.neighbours.end() && known->second > from_life) return;
    call(to, [&](Routing& routing, RoutingOutbox& out) {
      if (auto const* const update = std::get_if<wire::Update>(&message)) routing.on_update({from}, *update, now_, out);
      if (auto const* const ack = std::get_if<wire::UpdateAck>(&message)) routing.on_ack({from}, *ack, now_, out);
      if (auto const* const request = std::get_if<wire::SeqnoRequest>(&message))
        routing.on_request({from}, *request, now_, out);
    });
  }

  /// Walks from a node whose next hop changed. An edge into an earlier life leads nowhere.
  void check_loop(Number begin, NodeId const& destination) {
    std::string way;
    std::set<Number> seen;
    for (auto at = begin; number_of_[destination] != at;) {
      way += " " + std::to_string(at);
      if (!seen.insert(at).second) {
        if (loops_++ == 0)
          first_loop_ = "to " + std::to_string(number_of_[destination]) + ":" + way + " at " +
                        std::to_string((now_ - start).count() / 1'000'000) + " ms";
        return;
      }
      auto const route = nodes_[at].routing->route(destination);
      if (!route) return;
      auto const next = route->next_hop.value;
      if (nodes_[at].neighbours[next] != nodes_[next].life) return;
      at = next;
    }
  }

  NetSettings settings_;
  pim::test::SeededEntropy random_;
  std::vector<Node> nodes_;
  std::map<NodeId, Number> number_of_;
  std::map<std::pair<Number, Number>, Metric> cost_;
  std::set<std::pair<Number, Number>> cut_;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  Time now_ = start;
  std::size_t loops_ = 0, messages_ = 0, bytes_ = 0;
  std::string first_loop_;
};

}  // namespace pim::mesh::test
