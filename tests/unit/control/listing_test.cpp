// What clients are told of nodes that there is no session with.
#include <doctest/doctest.h>

#include <algorithm>

#include "mesh/addresses.hpp"
#include "session/timing.hpp"
#include "support/virtual_network.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// A row of nodes, each of which dials the one before it; only neighbours reach each other.
struct Row {
  VirtualNetwork net;
  std::vector<Node*> nodes;
  std::set<std::pair<IpAddress, IpAddress>> cut;

  explicit Row(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      control::Settings settings;
      if (i > 0) settings.peers.push_back({"entry", {"192.0.2." + std::to_string(i), 9100}, {}, {}, {}});
      nodes.push_back(&net.add("n" + std::to_string(i), "192.0.2." + std::to_string(i + 1), settings));
    }
    net.loses = [this](Endpoint const& from, Endpoint const& to, Bytes) {
      return !are_neighbours(from.ip, to.ip) || cut.contains({from.ip, to.ip});
    };
  }
  [[nodiscard]] bool are_neighbours(IpAddress const& a, IpAddress const& b) const {
    auto const place = [&](IpAddress const& ip) {
      return std::find_if(nodes.begin(), nodes.end(), [&](Node* node) { return node->endpoint().ip == ip; }) -
             nodes.begin();
    };
    return std::abs(place(a) - place(b)) == 1;
  }
  void set_cut(Node const& a, Node const& b) {
    cut.insert({a.endpoint().ip, b.endpoint().ip});
    cut.insert({b.endpoint().ip, a.endpoint().ip});
  }
  void start(Duration time = 5s) {
    for (auto* const node : nodes) node->start();
    net.run(time);
  }
};

std::size_t views_of(Node const& teller, NodeId const& id) {
  return static_cast<std::size_t>(
      std::count_if(teller.notes.begin(), teller.notes.end(), [&](control::Note const& note) {
        auto const* const view = std::get_if<control::PeerView>(&note);
        return view && view->id == id;
      }));
}

std::vector<control::PeerEventKind> events_of(Node const& teller, NodeId const& id) {
  std::vector<control::PeerEventKind> kinds;
  for (auto const& note : teller.notes) {
    auto const* const event = std::get_if<control::PeerEvent>(&note);
    if (event && event->peer.id == id) kinds.push_back(event->kind);
  }
  return kinds;
}

/// The rows under which clients know a node now.
std::set<std::uint32_t> rows_of(Node const& teller, NodeId const& id) {
  std::map<std::uint32_t, std::optional<NodeId>> rows;
  for (auto const& note : teller.notes) {
    if (auto const* const view = std::get_if<control::PeerView>(&note)) rows[view->row] = view->id;
    if (auto const* const gone = std::get_if<control::PeerGone>(&note)) rows.erase(gone->row);
  }
  std::set<std::uint32_t> found;
  for (auto const& [row, holder] : rows)
    if (holder == id) found.insert(row);
  return found;
}

using enum control::PeerEventKind;

}  // namespace

TEST_CASE("every node that routing reaches is listed before a word was spoken with it") {
  Row row(4);
  row.start();
  auto& first = *row.nodes.front();
  auto& last = *row.nodes.back();
  auto const seen = first.peer(last.id());
  REQUIRE(seen);
  CHECK(seen->state == control::PeerState::relayed);
  CHECK(seen->hops == 3);
  CHECK(seen->via == row.nodes[1]->id());
  CHECK(seen->key == last.key());
  CHECK(seen->v4 == mesh::v4_alias(last.id()));
  CHECK(seen->label.empty());
  CHECK(seen->trust == trust::Level::pending);
  CHECK_FALSE(seen->last_handshake);
  CHECK_FALSE(seen->slot);
  CHECK(events_of(first, last.id()) == std::vector{state_changed});
  for (auto* const node : row.nodes) CHECK(rows_of(first, node->id()).size() == (node == &first ? 0 : 1));
}

TEST_CASE("a node keeps its line when a session begins") {
  Row row(3);
  row.start();
  auto& first = *row.nodes.front();
  auto& last = *row.nodes.back();
  auto const before = rows_of(first, last.id());
  REQUIRE(before.size() == 1);
  first.send_packet(udp_packet(first.mesh_v6(), last.mesh_v6()));
  row.net.run(3s);
  REQUIRE(last.delivered.size() == 1);
  CHECK(rows_of(first, last.id()) == before);
  auto const seen = first.peer(last.id());
  CHECK(seen->last_handshake);
  CHECK(seen->trust == trust::Level::first_use);
  auto const events = events_of(first, last.id());
  CHECK(std::find(events.begin(), events.end(), left) == events.end());
  CHECK(std::find(events.begin(), events.end(), connected) != events.end());
}

TEST_CASE("what a peer says of itself after the handshake is told to whoever follows the list") {
  Row row(3);
  auto& first = *row.nodes.front();
  auto& last = *row.nodes.back();
  last.settings.gateway = control::GatewaySettings{"up0"};
  row.start();
  first.send_packet(udp_packet(first.mesh_v6(), last.mesh_v6()));
  row.net.run(3s);
  std::optional<control::PeerView> told;
  for (auto const& note : first.notes)
    if (auto const* const event = std::get_if<control::PeerEvent>(&note); event && event->peer.id == last.id())
      told = event->peer;
  REQUIRE(told);
  CHECK(told->name == "n2");
  CHECK(told->offer);
}

TEST_CASE("a node that nothing leads to any more leaves the list, and comes back to it") {
  Row row(3);
  row.start();
  auto& first = *row.nodes.front();
  auto& last = *row.nodes.back();
  row.set_cut(*row.nodes[1], last);
  row.nodes[1]->send_packet(udp_packet(row.nodes[1]->mesh_v6(), last.mesh_v6()));  // so that it is noticed
  row.net.run(10s);
  CHECK(rows_of(first, last.id()).empty());
  CHECK(events_of(first, last.id()).back() == left);
  row.cut.clear();
  row.net.run(90s);
  CHECK(rows_of(first, last.id()).size() == 1);
  CHECK(events_of(first, last.id()).back() == state_changed);
}

TEST_CASE("a peer that was met and that nothing leads to any more is failed once its keys are gone, until it is back") {
  Row row(3);
  row.start();
  auto& first = *row.nodes.front();
  auto& last = *row.nodes.back();
  first.send_packet(udp_packet(first.mesh_v6(), last.mesh_v6()));
  row.net.run(3s);
  REQUIRE(first.peer(last.id())->state == control::PeerState::relayed);
  last.kill();
  row.nodes[1]->send_packet(udp_packet(row.nodes[1]->mesh_v6(), last.mesh_v6()));  // so that it is noticed
  row.net.run(10s);
  CHECK(first.peer(last.id())->state == control::PeerState::connecting);
  row.net.run(session::reject_after);
  CHECK(first.peer(last.id())->state == control::PeerState::failed);
  CHECK(rows_of(first, last.id()).size() == 1);
  last.start();
  row.net.run(60s);
  CHECK(first.peer(last.id())->state == control::PeerState::relayed);
}

TEST_CASE("a node that the user names by identity has one line, the entry's") {
  Row row(3);
  row.start();
  auto& first = *row.nodes.front();
  auto& last = *row.nodes.back();
  first.command(control::AddPeer{"198.51.100.9", "attic", last.id()});
  row.net.run(2s);
  CHECK(rows_of(first, last.id()).size() == 1);
  CHECK(first.peer(last.id())->label == "attic");
  auto const entry = *first.peer(last.id())->entry_id;
  control::RemovePeer removal;
  removal.entry_id = entry;
  first.command(removal);
  row.net.run(2s);
  CHECK(rows_of(first, last.id()).size() == 1);
  CHECK(first.peer(last.id())->state == control::PeerState::relayed);
  CHECK_FALSE(first.peer(last.id())->entry_id);
}

TEST_CASE("a forgotten node that is still reached is told anew") {
  Row row(3);
  row.start();
  auto& first = *row.nodes.front();
  auto& last = *row.nodes.back();
  for (auto const talks : {false, true}) {
    CAPTURE(talks);
    if (talks) first.send_packet(udp_packet(first.mesh_v6(), last.mesh_v6()));
    row.net.run(3s);
    first.command(control::ForgetPeer{{to_string(last.id())}});
    row.net.run(2s);
    CHECK(rows_of(first, last.id()).size() == 1);
    auto const events = events_of(first, last.id());
    auto const forgotten_at = std::find(events.rbegin(), events.rend(), forgotten) - events.rbegin();
    CHECK(forgotten_at == 1);
    CHECK(events.back() == state_changed);
  }
}

TEST_CASE("a link whose cost moves tells clients nothing of the nodes behind it") {
  Row row(4);
  row.start(30s);
  auto& first = *row.nodes.front();
  auto& last = *row.nodes.back();
  auto const before = views_of(first, last.id());
  // Every way gets slower: metrics grow, next hops stay.
  row.net.delay = 80ms;
  row.net.run(200s);
  auto const answer = first.answer(first.command(control::ExplainRoute{to_string(last.id())}));
  REQUIRE(answer);
  CHECK(std::get<control::RouteExplained>(*answer).metric > 3 * 128);
  CHECK(views_of(first, last.id()) == before);
}

TEST_CASE("a way that flaps is told once a second at most") {
  Row row(4);
  row.start();
  auto& first = *row.nodes.front();
  auto& relay = *row.nodes[1];
  auto const before = views_of(first, row.nodes.back()->id());
  auto const began = row.net.boot;
  for (int i = 0; i < 20; ++i) {
    relay.kill();
    row.net.run(100ms);
    relay.start();
    row.net.run(250ms);
  }
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(row.net.boot - began).count();
  CHECK(views_of(first, row.nodes.back()->id()) - before <= static_cast<std::size_t>(seconds) + 2);
}

TEST_CASE("hops that change behind the same next hop are told before long") {
  Row row(5);
  row.net.loses = [&](Endpoint const& from, Endpoint const& to, Bytes) {
    auto const is = [&](std::size_t a, std::size_t b) {
      return (from.ip == row.nodes[a]->endpoint().ip && to.ip == row.nodes[b]->endpoint().ip) ||
             (from.ip == row.nodes[b]->endpoint().ip && to.ip == row.nodes[a]->endpoint().ip);
    };
    bool const is_short_cut = is(1, 4) && row.cut.empty();
    return !is(0, 1) && !is(1, 2) && !is(2, 3) && !is(3, 4) && !is_short_cut;
  };
  row.nodes[1]->settings.peers.push_back({"short", {"192.0.2.5", 9100}, {}, {}, {}});
  auto& first = *row.nodes.front();
  auto& last = *row.nodes.back();
  row.set_cut(*row.nodes[1], last);
  row.start(20s);
  REQUIRE(first.peer(last.id())->hops == 4);
  row.cut.clear();  // the short cut is found: nothing is lost meanwhile, and the next hop stays
  row.net.run(120s);
  CHECK(first.peer(last.id())->hops == 2);
  CHECK(first.peer(last.id())->via == row.nodes[1]->id());
}
