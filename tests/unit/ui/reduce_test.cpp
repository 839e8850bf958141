#include <doctest/doctest.h>

#include "fixtures.hpp"
#include "ui/model/banner.hpp"
#include "ui/model/checks.hpp"
#include "ui/model/explain.hpp"
#include "ui/model/peer_rows.hpp"
#include "ui/model/reasons.hpp"

using namespace pim;
using namespace pim::ui;
using namespace pim::ui::test;
using protocol::BlockCause;
using protocol::PeerEventKind;
using protocol::StatusEventKind;

namespace {

Event peer_event(PeerEventKind kind, protocol::PeerSummary summary, std::optional<std::string> reason = {}) {
  return protocol::PeerEvent{kind, std::move(summary), {}, std::move(reason), {}};
}

std::vector<Banner> shown(Snapshot const& snapshot) { return banners(snapshot, test::now, 0s); }

}  // namespace

TEST_CASE("routing on is told by the daemon's events alone") {
  auto const snapshot = routing();
  CHECK(snapshot.status->route_on);
  CHECK(snapshot.status->routes.selected_gateway == id_of(2));
  CHECK(snapshot.routes->gateways.front().selected);
  CHECK(snapshot.route.phase == RoutePhase::on);
}

TEST_CASE("losing the gateway turns the switch to blocking and raises the red banner") {
  auto const snapshot = blocked();
  CHECK(snapshot.route.phase == RoutePhase::blocking);
  REQUIRE(shown(snapshot).size() == 1);
  auto const banner = shown(snapshot).front();
  CHECK(banner.grade == BannerGrade::blocking);
  CHECK(banner.headline == "✗ BLOCKING INTERNET — gateway unreachable");
  CHECK(banner.has_turn_off);
  CHECK(banner.facts == std::vector<std::string>{"since 07:57:55 (2m 5s)", "last gateway home-server (3c6e…0000)",
                                                 "trying home-server, each second", "verified blocked at 07:59:59"});
}

TEST_CASE("every cause of a block has words of its own") {
  std::vector<std::string> headlines;
  for (auto cause : {BlockCause::no_gateway_allowed, BlockCause::no_gateway_yet, BlockCause::gateway_lost,
                     BlockCause::relay_lost, BlockCause::interface_down, BlockCause::arming_failed}) {
    auto const banner = shown(blocked(cause)).front();
    CHECK_FALSE(banner.sentence.empty());
    CHECK(std::find(headlines.begin(), headlines.end(), banner.headline) == headlines.end());
    headlines.push_back(banner.headline);
  }
}

TEST_CASE("a block that could not be armed never claims that internet is blocked") {
  auto const banner = shown(blocked(BlockCause::arming_failed)).front();
  CHECK(banner.grade == BannerGrade::unsafe);
  CHECK(banner.headline.find("NOT BLOCKED") != std::string::npos);
  for (auto const& fact : banner.facts) CHECK(fact.find("verified") == std::string::npos);
}

TEST_CASE("turning off clears the block and the gateway") {
  auto const snapshot = with(blocked(), Event{happened(StatusEventKind::route_off)});
  CHECK(snapshot.route.phase == RoutePhase::off);
  CHECK_FALSE(snapshot.status->kill_switch.engaged);
  CHECK_FALSE(snapshot.status->routes.selected_gateway);
  CHECK(shown(snapshot).empty());
}

TEST_CASE("the gateway's return clears the banner") {
  auto snapshot = with(blocked(), Event{happened(StatusEventKind::kill_switch, protocol::KillSwitch{})});
  snapshot =
      with(std::move(snapshot), Event{happened(StatusEventKind::gateway_selected, protocol::GatewayDetail{id_of(2)})});
  CHECK(shown(snapshot).empty());
  CHECK(snapshot.route.phase == RoutePhase::on);
}

TEST_CASE("a daemon that goes away leaves the last state in sight and says how old it is") {
  auto const snapshot = disconnected();
  CHECK(snapshot.status.has_value());
  CHECK_FALSE(snapshot.is_live());
  auto const later = banners(snapshot, {test::now.boot + 14s, test::now.wall + 14s}, 0s).front();
  CHECK(later.has_retry);
  CHECK(std::find(later.facts.begin(), later.facts.end(), "what is shown is 14s old") != later.facts.end());
  CHECK(later.sentence.find("pim route off") != std::string::npos);
}

TEST_CASE("while the daemon is away no request is made") {
  auto const actions = std::vector<Action>{action::ToggleRoute{}, action::TurnOffRoute{},
                                           Call{protocol::PeersForgetParams{id_of(2), {}}}};
  for (auto const& wanted : actions) CHECK(decide(disconnected(), wanted, test::now).calls.empty());
  CHECK(decide(disconnected(), action::RetryNow{}, test::now).retry_now);
}

TEST_CASE("toggling asks for a confirmation first, then calls the daemon once") {
  auto decision = decide(one_peer(), action::ToggleRoute{}, test::now);
  CHECK(decision.calls.empty());
  CHECK(decision.next.route.phase == RoutePhase::confirm);
  decision = decide(decision.next, action::ConfirmRoute{}, test::now);
  REQUIRE(decision.calls.size() == 1);
  CHECK(std::get<protocol::RouteSetSplitDefaultParams>(decision.calls.front()).on);
  CHECK(decide(decision.next, action::ConfirmRoute{}, test::now).calls.empty());
}

TEST_CASE("without a gateway routing can be turned on only past a warning") {
  auto const checks = route_checks(empty());
  CHECK_FALSE(checks.pass());
  CHECK(checks.permit());
  CHECK(decide(empty(), action::ToggleRoute{}, test::now).next.route.phase == RoutePhase::preflight);
}

TEST_CASE("without a tunnel routing cannot be turned on") {
  auto down = status();
  down.interface = {"pim0", false, 1344, "pim-daemon lacks CAP_NET_ADMIN", "setcap"};
  auto const snapshot = with(one_peer(), event::StatusIs{down});
  CHECK_FALSE(route_checks(snapshot).permit());
  auto const asked = decide(snapshot, action::ToggleRoute{}, test::now).next;
  CHECK(decide(asked, action::ConfirmRoute{}, test::now).calls.empty());
  CHECK(shown(snapshot).front().facts.front() == "cure: setcap");
}

TEST_CASE("a request under way is not made twice and its failure is said in words") {
  Call const verify = protocol::PeersVerifyParams{id_of(2)};
  auto const decision = decide(one_peer(), verify, test::now);
  CHECK(decision.calls.size() == 1);
  CHECK(decision.next.is_under_way(verify));
  CHECK(decide(decision.next, verify, test::now).calls.empty());
  auto const failed = with(decision.next, event::CallFailed{verify, "nobody has this id"});
  CHECK_FALSE(failed.is_under_way(verify));
  REQUIRE(failed.toasts.size() == 1);
  CHECK(failed.toasts.front().text == "Couldn't verify home-server (3c6e…0000): nobody has this id");
}

TEST_CASE("a peer that connects is added, one that changes is replaced, one that is forgotten leaves") {
  auto snapshot = with(empty(), peer_event(PeerEventKind::connected, peer(2, "a")));
  CHECK(snapshot.peers->size() == 1);
  snapshot =
      with(std::move(snapshot), peer_event(PeerEventKind::state_changed, peer(2, "b", protocol::PeerState::failed)));
  REQUIRE(snapshot.peers->size() == 1);
  CHECK(snapshot.peers->front().summary.label == "b");
  snapshot = with(std::move(snapshot), peer_event(PeerEventKind::forgotten, peer(2, "b")));
  CHECK(snapshot.peers->empty());
}

TEST_CASE("an address that answers becomes the peer of its entry") {
  auto unknown = peer(3, "server", protocol::PeerState::connecting);
  unknown.node_id = unknown.node_id_short = "";
  unknown.config_entry_id = "entry-1";
  auto known = peer(3, "server");
  known.config_entry_id = "entry-1";
  auto snapshot = with(empty(), event::PeersAre{{unknown}});
  snapshot = with(std::move(snapshot), peer_event(PeerEventKind::connected, known));
  REQUIRE(snapshot.peers->size() == 1);
  CHECK(snapshot.peers->front().summary.node_id == id_of(3));
}

TEST_CASE("a stranger that fails to pair is news, not a peer") {
  auto const snapshot = with(empty(), peer_event(PeerEventKind::pair_failed, peer(9, ""), "untrusted peer ID"));
  CHECK(snapshot.peers->empty());
  REQUIRE(snapshot.toasts.size() == 1);
  CHECK(snapshot.toasts.front().text.find("untrusted peer ID") != std::string::npos);
}

TEST_CASE("toasts are few and leave by themselves") {
  auto snapshot = empty();
  for (unsigned i = 0; i < 50; ++i)
    snapshot = with(std::move(snapshot), peer_event(PeerEventKind::connected, peer(i + 2, "x")));
  CHECK(snapshot.toasts.size() <= 5);
  snapshot = reduce(std::move(snapshot), event::Ticked{}, {test::now.boot + 10s, test::now.wall});
  CHECK(snapshot.toasts.empty());
}

TEST_CASE("samples keep a bounded history and move the counters of their peers") {
  auto snapshot = one_peer();
  protocol::Sample sample;
  sample.peers = {{id_of(2), 77, 66, 0, 21.0, 0.5}};
  for (std::uint64_t i = 0; i < Traffic::max_samples + 20; ++i) {
    sample.rx_bps = i;
    snapshot = with(std::move(snapshot), Event{happened(StatusEventKind::sample, sample)});
  }
  CHECK(snapshot.traffic.in.size() == Traffic::max_samples);
  CHECK(snapshot.traffic.in.back() == doctest::Approx(Traffic::max_samples + 19));
  CHECK(snapshot.peers->front().summary.rx_bytes == 77);
  CHECK(snapshot.peers->front().summary.last_handshake_s == peer(2, "").last_handshake_s);
}

TEST_CASE("samples move what was refused and when the block was last seen, and leave alone what they do not say") {
  auto snapshot = with(relayed(), Event{happened(StatusEventKind::sample, protocol::Sample{})});
  CHECK(sum_of(snapshot.status->refused_claims) == 1037);
  CHECK(snapshot.status->refused_inbound == protocol::RefusedInbound{12, 400});
  protocol::Sample sample;
  sample.refused_claims = protocol::Counters{{"outdated", 6}, {"own_id", 2}, {"taken_alias", 1030}};
  sample.refused_inbound = protocol::RefusedInbound{14, 10};
  sample.verified_at = protocol::Timestamp{std::chrono::seconds(1'800'000'000)};
  snapshot = with(std::move(snapshot), Event{happened(StatusEventKind::sample, sample)});
  CHECK(sum_of(snapshot.status->refused_claims) == 1038);
  CHECK(snapshot.status->refused_inbound->packets == 14);
  CHECK(snapshot.status->kill_switch.verified_at == sample.verified_at);
}

TEST_CASE("samples move the connections of a gateway, and an interface that goes down says what helps") {
  protocol::Sample sample;
  sample.stats.conntrack_size = 7;
  sample.stats.conntrack_max = 100;
  protocol::GatewayStatus gateway;
  auto snapshot = with(one_peer(), event::GatewayIs{gateway});
  CHECK_FALSE(with(snapshot, Event{happened(StatusEventKind::sample, sample)}).gateway->conntrack.has_value());
  gateway.active = true;
  snapshot =
      with(with(std::move(snapshot), event::GatewayIs{gateway}), Event{happened(StatusEventKind::sample, sample)});
  CHECK(snapshot.gateway->conntrack == protocol::Conntrack{7, 100});
  auto const down =
      happened(StatusEventKind::interface_down, protocol::InterfaceDetail{"pim0", "no tunnel", "modprobe"});
  snapshot = with(std::move(snapshot), Event{down});
  CHECK(snapshot.status->interface.cure == "modprobe");
  auto const up = happened(StatusEventKind::interface_up, protocol::InterfaceDetail{"pim0", {}, {}});
  CHECK_FALSE(with(std::move(snapshot), Event{up}).status->interface.cure.has_value());
}

TEST_CASE("what was refused is told in words, the most frequent reason first, and zero is not told") {
  CHECK(refused_facts(status()).empty());
  auto const shown = *relayed().status;
  auto const facts = refused_facts(shown);
  REQUIRE(facts.size() == 2);
  CHECK(facts[0].text == "12 packets to this device");
  CHECK(facts[1].text == "1,032 claims, see Routing");
  auto const reasons = reasons_of(shown.refused_claims);
  REQUIRE(reasons.size() == 3);
  CHECK(reasons.front().words == "taken alias");
}

TEST_CASE("nodes are not accused of what late and repeated datagrams bring") {
  auto shown = status();
  shown.refused_claims = {{"from_nobody", 3}, {"outdated", 41}, {"false_key", 0}};
  CHECK(refused_facts(shown).empty());
  shown.refused_claims["false_key"] = 2;
  CHECK(disbelieved(shown.refused_claims) == protocol::Counters{{"false_key", 2}});
  REQUIRE(refused_facts(shown).size() == 1);
  CHECK(refused_facts(shown).front().text == "2 claims, see Routing");
}

TEST_CASE("a question that has no answer is said where it was asked, and not as a toast") {
  Call const ask = protocol::RouteExplainParams{"example.org"};
  auto snapshot = with(decide(relayed(), ask, test::now).next, event::CallFailed{ask, "not an address"});
  CHECK(snapshot.toasts.empty());
  CHECK_FALSE(snapshot.is_under_way(ask));
  CHECK(snapshot.explained->problem == "not an address");
  snapshot = with(std::move(snapshot), event::WayIs{explained()});
  CHECK(snapshot.explained->problem.empty());
  auto const name = [&](std::string const& id) { return name_of(snapshot, id); };
  CHECK(explain_text(*snapshot.explained->way, name).starts_with("203.0.113.7: into the internet at far-gateway"));
}

TEST_CASE("an event before the first state is not an error") {
  auto const snapshot = with(Snapshot{}, Event{happened(StatusEventKind::route_on)});
  CHECK_FALSE(snapshot.status.has_value());
}

TEST_CASE("lines that a new subscription repeats are held once") {
  auto const line = [](int second, std::string text) {
    return protocol::LogEvent{
        protocol::Timestamp{std::chrono::seconds(second)}, protocol::Level::info, "mesh", {}, std::move(text), {}};
  };
  auto snapshot = with(empty(), event::LogsAre{{line(1, "a"), line(2, "b"), line(2, "b")}});
  CHECK(snapshot.logs.size() == 3);
  snapshot = with(std::move(snapshot), event::LogsAre{{line(1, "a"), line(2, "b"), line(2, "c"), line(3, "d")}});
  CHECK(snapshot.logs.size() == 5);
}

TEST_CASE("peers are filtered, searched and sorted; the unknown comes last either way") {
  auto const snapshot = many_peers(40);
  PeerQuery query;
  query.group = PeerGroup::relayed;
  for (auto row : peer_rows(*snapshot.peers, query)) CHECK((*snapshot.peers)[row].summary.route_hops > 1);
  query = {PeerGroup::all, "NODE-7", PeerColumn::name, false};
  CHECK(peer_rows(*snapshot.peers, query).size() == 1);
  for (auto descending : {false, true}) {
    auto const rows = peer_rows(*snapshot.peers, {PeerGroup::all, "", PeerColumn::latency, descending});
    REQUIRE(rows.size() == 40);
    CHECK((*snapshot.peers)[rows.front()].summary.latency_ms.has_value());
    CHECK_FALSE((*snapshot.peers)[rows.back()].summary.latency_ms.has_value());
  }
}

TEST_CASE("the gateway's events add up to its state") {
  using protocol::GatewayEventKind;
  auto const event = [](GatewayEventKind kind, auto detail) { return Event{protocol::GatewayEvent{kind, {}, detail}}; };
  auto snapshot = with(empty(), event::GatewayIs{});
  snapshot = with(std::move(snapshot), event(GatewayEventKind::enabled, protocol::NatInterfaceDetail{"eth0"}));
  snapshot =
      with(std::move(snapshot), event(GatewayEventKind::peer_through_me_added, protocol::GatewayPeerDetail{id_of(2)}));
  snapshot =
      with(std::move(snapshot), event(GatewayEventKind::peer_through_me_added, protocol::GatewayPeerDetail{id_of(2)}));
  CHECK(snapshot.gateway->active);
  CHECK(snapshot.gateway->peers_through_me == 1);
  snapshot = with(std::move(snapshot),
                  event(GatewayEventKind::peer_through_me_removed, protocol::GatewayPeerDetail{id_of(2)}));
  CHECK(snapshot.gateway->peers_through_me == 0);
  snapshot = with(std::move(snapshot), Event{protocol::GatewayEvent{GatewayEventKind::disabled, {}, {}}});
  CHECK_FALSE(snapshot.gateway->active);
}

TEST_CASE("a node that left is not in the list any more, and nobody is told twice") {
  auto const gone = protocol::PeerEvent{protocol::PeerEventKind::left, hearsay(5, 3, 3), {}, {}, {}};
  auto const before = relayed();
  auto const after = with(before, Event{gone});
  CHECK(after.peers->size() == before.peers->size() - 1);
  CHECK(find_peer(after, id_of(5)) == nullptr);
  CHECK(after.toasts.size() == before.toasts.size());
  CHECK(with(after, Event{gone}).peers->size() == after.peers->size());
}

TEST_CASE("a sample without news of what is passed on leaves the account as it is") {
  auto snapshot = relayed();
  protocol::Sample sample;
  snapshot = with(std::move(snapshot), Event{happened(protocol::StatusEventKind::sample, sample)});
  CHECK(snapshot.status->relay.packets == 1200);
  sample.relay = protocol::RelayStatus{true, 1300, 1, 0, {}};
  snapshot = with(std::move(snapshot), Event{happened(protocol::StatusEventKind::sample, sample)});
  CHECK(snapshot.status->relay.packets == 1300);
}
