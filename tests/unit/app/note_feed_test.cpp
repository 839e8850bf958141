#include "app/note_feed.hpp"

#include <doctest/doctest.h>

#include "app/rpc_errors.hpp"
#include "app/translate.hpp"

using namespace pim;
using namespace pim::app;
using namespace std::chrono_literals;

namespace {

NodeId id_of(std::uint8_t first) { return NodeId{{first}}; }

struct Fixture {
  NoteFeed feed{"", Time{100s}};
  rpc::Model model;
  std::vector<rpc::Delta> deltas;
  WallTime now{1'000'000s};

  void take(control::Note const& note) {
    deltas.clear();
    feed.take(note, now, deltas);
    for (auto const& delta : deltas) model.apply(delta);
  }
  template <class T>
  T const& only() {
    REQUIRE(deltas.size() == 1);
    REQUIRE(std::holds_alternative<T>(deltas[0]));
    return std::get<T>(deltas[0]);
  }
};

control::NodeView node_view() {
  control::NodeView view;
  view.name = "desk";
  view.id = id_of(0x11);
  view.v4 = *parse_ip("10.77.0.1");
  view.v6 = *parse_ip("fd77::1");
  view.interface_name = "pim0";
  view.interface_reason = "CAP_NET_ADMIN is missing";
  view.listen_port = 9100;
  return view;
}

control::PeerView peer_view(std::uint32_t row, std::uint8_t id) {
  control::PeerView view;
  view.row = row;
  view.id = id_of(id);
  view.state = control::PeerState::active;
  view.slot = PeerSlot{row};
  return view;
}

}  // namespace

TEST_CASE("the_node_is_shown_with_what_keeps_its_interface_down") {
  Fixture test;
  CHECK_FALSE(test.model.is_ready());
  test.take(node_view());
  auto const status = test.model.full_status();
  CHECK(status.node_id == "11000000000000000000000000000000");
  CHECK(status.mesh_ip == "10.77.0.1/16");
  CHECK(status.mesh_ipv6 == "fd77::1/48");
  CHECK(status.interface.reason == "CAP_NET_ADMIN is missing");
  CHECK(status.role == std::vector{protocol::Role::client});
}

TEST_CASE("while_routing_is_on_a_gateway_is_selected_exactly_when_nothing_is_blocked") {
  Fixture test;
  test.take(node_view());
  control::RoutingView view;
  view.on = true;
  view.gateway = id_of(2);
  test.take(view);
  CHECK(test.model.status().routes.selected_gateway == to_string(id_of(2)));
  CHECK_FALSE(test.model.status().kill_switch.engaged);
  view.gateway.reset();
  view.engaged = true;
  view.cause = control::BlockCause::gateway_lost;
  view.last_gateway = id_of(2);
  test.take(view);
  CHECK_FALSE(test.model.status().routes.selected_gateway.has_value());
  test.take(control::StatusEvent{control::StatusEventKind::kill_switch, std::nullopt});
  auto const detail = std::get<protocol::KillSwitch>(*test.only<protocol::StatusEvent>().detail);
  CHECK(detail.engaged);
  CHECK(*detail.cause == protocol::BlockCause::gateway_lost);
  CHECK(*detail.last_gateway == to_string(id_of(2)));
}

TEST_CASE("an_entry_that_is_answered_by_a_peer_leaves_one_line") {
  Fixture test;
  test.take(node_view());
  control::PeerView entry;
  entry.row = 1;
  entry.entry_id = "config:gate:9100";
  entry.address = "gate:9100";
  test.take(entry);
  REQUIRE(test.model.peers().size() == 1);
  CHECK(test.model.peers()[0].node_id == "");
  CHECK(*test.model.peers()[0].endpoint == "gate:9100");
  auto peer = peer_view(2, 0x22);
  peer.entry_id = entry.entry_id;
  test.take(control::PeerGone{1, std::nullopt});
  test.take(peer);
  REQUIRE(test.model.peers().size() == 1);
  CHECK(test.model.peers()[0].static_);
  CHECK(test.model.status().routes.active == 1);
  test.take(control::PeerGone{2, peer.id});
  CHECK(test.model.peers().empty());
  CHECK(test.model.status().routes.active == 0);
}

TEST_CASE("a_row_that_changes_its_identity_does_not_leave_the_old_one_behind") {
  Fixture test;
  test.take(peer_view(1, 0x22));
  test.take(peer_view(1, 0x33));
  REQUIRE(test.model.peers().size() == 1);
  CHECK(test.model.peers()[0].node_id == to_string(id_of(0x33)));
}

TEST_CASE("a_failed_pairing_says_the_exact_word_and_keeps_the_rest_as_detail") {
  Fixture test;
  trust::LedgerEntry entry;
  entry.address = "192.0.2.1:9100";
  entry.step = trust::Step::initiation_sent;
  entry.reason = trust::PairFailure::untrusted_peer_id;
  entry.expected = id_of(1);
  entry.seen = id_of(2);
  test.take(entry);
  auto const record = test.only<protocol::HandshakeRecord>();
  CHECK(record.outcome == protocol::HandshakeOutcome::failed);
  control::PeerEvent event;
  event.kind = control::PeerEventKind::pair_failed;
  event.reason = "untrusted peer ID: another identity is pinned to this address";
  test.take(event);
  auto const& told = test.only<protocol::PeerEvent>();
  CHECK(*told.reason == "untrusted peer ID");
  REQUIRE(told.detail.has_value());
  CHECK(*told.detail->address == "192.0.2.1:9100");
  CHECK(*told.detail->expected == to_string(id_of(1)));
  CHECK(*told.detail->seen == to_string(id_of(2)));
  CHECK(*told.detail->step == "initiation_sent");
}

TEST_CASE("counters_ages_and_drops_are_those_of_the_moment_and_totals_outlive_peers") {
  Fixture test;
  test.take(node_view());
  test.take(peer_view(1, 0x22));
  net::Counters counters;
  counters.set_peer(PeerSlot{1}, {1000, 50, 10, 5, Time{195s}});
  DropCounters drops{};
  drops[static_cast<std::size_t>(Drop::replayed)] = 3;
  count(drops, Drop::congestion);
  counters.set_drops(drops);
  test.feed.refresh(test.model, counters, {Time{200s}, test.now});
  CHECK(test.model.status().uptime_s == 100);
  CHECK(test.model.peers()[0].rx_bytes == 1000);
  CHECK(test.model.peers()[0].last_seen_s == 5);
  CHECK(test.model.status().stats.dropped == 4);
  CHECK(*test.model.status().stats.dropped_reason == "replayed");
  CHECK(test.model.status().drops.at("replayed") == 3);
  CHECK(test.model.totals().rx_bytes == 1000);
  test.take(control::PeerGone{1, id_of(0x22)});
  counters.set_peer(PeerSlot{1}, {});
  test.feed.refresh(test.model, counters, {Time{200s}, test.now});
  CHECK(test.model.totals().rx_bytes == 1000);
}

TEST_CASE("what_peers_claimed_in_vain_is_shown_by_reason_and_is_no_dropped_packet") {
  Fixture test;
  test.take(node_view());
  net::Counters counters;
  RefusedClaims refused{};
  count(refused, RefusedClaim::taken_alias);
  count(refused, RefusedClaim::false_key, 4);
  counters.set_refused_claims(refused);
  test.feed.refresh(test.model, counters, {Time{200s}, test.now});
  auto const& shown = test.model.status().refused_claims;
  CHECK(shown.at("taken_alias") == 1);
  CHECK(shown.at("false_key") == 4);
  CHECK(shown.size() == refused_claim_count);
  CHECK(test.model.status().stats.dropped == 0);
}

TEST_CASE("nodes_heard_nearby_are_listed_with_their_ages_until_they_are_gone") {
  Fixture test;
  control::NeighbourView near{1, id_of(0x22), *parse_endpoint("192.0.2.7:9100")};
  near.first_seen = Time{150s};
  near.last_seen = Time{160s};
  test.take(near);
  near.number = 2;
  near.mechanism = discovery::Mechanism::bluetooth;
  near.last_seen = Time{195s};
  test.take(near);
  test.feed.refresh(test.model, net::Counters{}, {Time{200s}, test.now});
  REQUIRE(test.model.discovered().size() == 2);
  CHECK(test.model.discovered()[0].node_id == to_string(id_of(0x22)));
  CHECK(test.model.discovered()[0].address == "192.0.2.7:9100");
  CHECK(test.model.discovered()[0].first_seen_s == 50);
  CHECK(test.model.discovered()[0].last_seen_s == 40);
  CHECK(test.model.discovered()[1].mechanism == protocol::DiscoveryMechanism::bluetooth);
  CHECK_FALSE(test.model.discovered()[0].label_announced);
  test.take(control::NeighbourGone{1});
  test.feed.refresh(test.model, net::Counters{}, {Time{201s}, test.now});
  REQUIRE(test.model.discovered().size() == 1);
  CHECK(test.model.discovered()[0].last_seen_s == 6);
}

TEST_CASE("gateways_are_those_that_the_user_named_and_others_only_offer") {
  Fixture test;
  auto named = peer_view(1, 0x22), stranger = peer_view(2, 0x33);
  named.named_gateway = true;
  named.offer = stranger.offer = control::GatewayOffer{.priority = 10, .load = 3, .v4 = true, .v6 = true};
  test.take(named);
  test.take(stranger);
  CHECK(test.model.peers()[0].is_gateway);
  CHECK_FALSE(test.model.peers()[1].is_gateway);
  CHECK(test.model.peers()[1].offers_internet);

  control::RoutesListed listed;
  listed.routes = {{*named.id, *stranger.id, 2, 300, true, true, false, Time{150s}}};
  control::GatewayView gateway{.id = *named.id, .via = stranger.id, .hops = 2, .named = true, .selected = true};
  gateway.usable = true;
  gateway.offer = named.offer;
  gateway.order = 1;
  gateway.metric = 300;
  gateway.usable_for = 61s;
  gateway.score = 1'010'00303;
  gateway.reason = "the only usable one";
  listed.gateways = {gateway, {.id = *stranger.id, .offer = stranger.offer}, {.id = id_of(0x44), .named = true}};
  auto const table = to_routes(listed, Time{200s});
  REQUIRE(table.routes.size() == 1);
  CHECK(table.routes[0].via == to_string(*stranger.id));
  CHECK(table.routes[0].hops == 2);
  CHECK(table.routes[0].feasible);
  CHECK(table.routes[0].doubted);
  CHECK_FALSE(table.routes[0].selected);
  CHECK(table.routes[0].age_s == 50);
  CHECK(table.routes[0].is_gateway);
  REQUIRE(table.gateways.size() == 2);
  auto const& used = table.gateways[0];
  CHECK(used.selected);
  CHECK(used.healthy);
  CHECK(used.score == 1'010'00303.0);
  CHECK(used.score_parts ==
        protocol::ScoreParts{1, 10U, true, true, 300U, std::uint8_t{7}, std::uint64_t{61}});  // 3 % of 255
  CHECK(used.reason == "the only usable one");
  CHECK(table.gateways[1].score_parts == protocol::ScoreParts{});  // what is not known is not said
  CHECK(table.gateways[1].via.empty());
  REQUIRE(table.offers.size() == 1);
  CHECK_FALSE(table.offers[0].selected);
}

TEST_CASE("what_was_relayed_is_told_with_the_names_of_those_who_are_known") {
  Fixture test;
  auto node = node_view();
  node.relays = true;
  test.take(node);
  auto known = peer_view(1, 0x22);
  known.id->bytes[15] = 0x99;  // beyond the 12 bytes that a frame tells
  test.take(known);
  net::Counters counters;
  net::Relayed relayed{12, 3400, 5, {}};
  relayed.most[0] = {id_of(0x33), id_of(0x22), 8, 3000, 0};
  relayed.most[1] = {id_of(0x33), id_of(0x44), 4, 400, 5};
  counters.set_relayed(relayed);
  test.feed.refresh(test.model, counters, {Time{201s}, test.now});
  auto const& status = test.model.status().relay;
  CHECK(status.enabled);
  CHECK(status.packets == 12);
  CHECK(status.bytes == 3400);
  CHECK(status.dropped == 5);
  REQUIRE(status.for_.size() == 2);
  CHECK(status.for_[0] == protocol::RelayedFor{to_string(*known.id), to_string(id_of(0x33)), 8, 3000, 0});
  CHECK(status.for_[1].node_id == "440000000000000000000000");
}

TEST_CASE("a_node_that_only_routing_tells_of_counts_as_reached_and_has_no_counters") {
  Fixture test;
  test.take(node_view());
  auto far = peer_view(1, 0x22);
  far.state = control::PeerState::relayed;
  far.slot.reset();
  far.hops = 3;
  far.via = id_of(0x33);
  far.trust = trust::Level::pending;
  test.take(far);
  test.feed.refresh(test.model, net::Counters{}, {Time{201s}, test.now});
  CHECK(test.model.full_status().routes.active == 1);
  auto const peers = test.model.peers();
  REQUIRE(peers.size() == 1);
  CHECK(peers[0].state == protocol::PeerState::relayed);
  CHECK(peers[0].transport == protocol::PeerTransport::relay);
  CHECK(peers[0].via == to_string(id_of(0x33)));
  CHECK_FALSE(peers[0].label);
  CHECK_FALSE(peers[0].last_handshake_s);
  CHECK(peers[0].rx_bytes == 0);
  CHECK(peers[0].trust == protocol::TrustLevel::pending);
}

TEST_CASE("a_direct_peer_has_the_transport_of_its_link_and_a_relayed_one_none_of_it") {
  auto view = peer_view(1, 0x22);
  CHECK(to_peer(view).transport == protocol::PeerTransport::udp);
  view.medium = plan::Medium::bluetooth;
  CHECK(to_peer(view).transport == protocol::PeerTransport::bluetooth);
  view.medium = plan::Medium::wifi_direct;
  CHECK(to_peer(view).transport == protocol::PeerTransport::wifi_direct);
  view.state = control::PeerState::relayed;
  CHECK(to_peer(view).transport == protocol::PeerTransport::relay);
}

TEST_CASE("what_control_finds_invalid_is_said_with_the_place_where_it_stands") {
  auto const error = to_error(control::Refused{control::Refusal::invalid_parameter, "no digits"}, "/target");
  CHECK(error.code == -32602);
  CHECK(error.data->text == R"({"path":"/target","message":"no digits"})");
}

TEST_CASE("an_ambiguous_id_lists_whom_it_fits_and_a_failed_preflight_its_checks") {
  auto const error = to_error(control::Refused{control::Refusal::ambiguous_id, "two", {id_of(1), id_of(2)}}, "");
  CHECK(error.code == -32013);
  CHECK(error.data->text.find(to_string(id_of(2))) != std::string::npos);
  linux_edge::Preflight preflight;
  preflight.checks = {{"nftables", false, true, "nft is missing", "apt install nftables"},
                      {"warning", false, false, "only a warning", ""}};
  auto const failed = to_error(preflight);
  CHECK(failed.code == -32030);
  CHECK(failed.data->text.find("apt install nftables") != std::string::npos);
  CHECK(failed.data->text.find("only a warning") == std::string::npos);
}
