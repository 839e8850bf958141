#include "ui/cli/text.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "protocol/codec.hpp"

using namespace pim::cli;
using namespace pim::protocol;

namespace {
bool has(std::string const& text, std::string_view part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("who_was_heard_nearby_stands_in_a_table_and_nobody_is_said_to_be_nobody") {
  CHECK(has(text_of(std::vector<PeerDiscovered>{}), "Nobody was heard"));
  PeerDiscovered one;
  one.node_id = "0123456789abcdef0123456789abcdef";
  one.address = "[fe80::7%2]:9100";
  one.mechanism = DiscoveryMechanism::wifi_direct;
  one.first_seen_s = 3700;
  one.last_seen_s = 12;
  auto const text = text_of(std::vector{one});
  for (auto const* const part : {"01234567", "[fe80::7%2]:9100", "wifi_direct", "1h 1m ago", "12s ago"})
    CHECK(has(text, part));
}

TEST_CASE("status_says_how_much_of_others_was_refused_and_how_old_the_count_is") {
  Status status;
  CHECK_FALSE(has(text_of(status), "refused"));
  status.refused_inbound = RefusedInbound{0, 5};
  CHECK_FALSE(has(text_of(status), "refused"));
  status.refused_inbound = RefusedInbound{12, 5};
  CHECK(has(text_of(status), "12 packets of others to this device (interface.accept_inbound)\n"));
  status.refused_inbound->age_ms = 61'000;
  CHECK(has(text_of(status), "counted 1m 1s ago"));
}

TEST_CASE("status_says_which_claims_were_not_believed_the_most_frequent_first") {
  Status status;
  status.refused_claims = {{"false_key", 0}, {"own_id", 2}, {"taken_alias", 30}};
  CHECK(has(text_of(status), "claims of other nodes: 30 taken alias, 2 own id\n"));
  status.refused_claims = {{"false_key", 0}};
  CHECK_FALSE(has(text_of(status), "claims"));
}

TEST_CASE("what_late_and_repeated_datagrams_bring_is_not_laid_to_anybodys_charge") {
  Status status;
  status.refused_claims = {{"from_nobody", 3}, {"outdated", 41}};
  CHECK_FALSE(has(text_of(status), "disbelieved"));
  status.refused_claims["taken_alias"] = 1;
  CHECK(has(text_of(status), "claims of other nodes: 1 taken alias\n"));
}

TEST_CASE("a_way_is_explained_in_one_line_with_its_reason") {
  RouteExplanation way;
  way.target = "203.0.113.7";
  way.course = RouteCourse::through_gateway;
  way.node_id = "0123456789abcdef0123456789abcdef";
  way.via = "fedcba98765432100123456789abcdef";
  way.hops = 2;
  CHECK(text_of(way) == "203.0.113.7: into the internet at 01234567, reached through fedcba98, 2 hops\n");
  way.hops = 1;
  CHECK(text_of(way) == "203.0.113.7: into the internet at 01234567, reached directly\n");
  way.course = RouteCourse::as_before;
  way.reason = "routing is off\x1b";
  CHECK(text_of(way).starts_with("203.0.113.7: not through the mesh (routing is off"));
  CHECK_FALSE(has(text_of(way), "\x1b"));
}

TEST_CASE("status_says_where_internet_goes") {
  Status status;
  status.node_id = "0123456789abcdef0123456789abcdef";
  CHECK(has(text_of(status), "goes directly, not through the mesh"));
  status.route_on = true;
  status.routes.selected_gateway = "fedcba9876543210fedcba9876543210";
  CHECK(has(text_of(status), "out at fedcba98"));
  status.kill_switch.engaged = true;
  status.kill_switch.cause = BlockCause::gateway_lost;
  auto const blocked = text_of(status);
  CHECK(has(blocked, "BLOCKED: the gateway stopped answering"));
  CHECK(has(blocked, "pim route off"));
  CHECK(has(blocked, "0123 4567 89ab cdef"));
}

TEST_CASE("a_peer_that_was_not_compared_says_so_and_its_label_cannot_move_the_cursor") {
  PeerSummary peer;
  peer.node_id = "0123456789abcdef";
  peer.label = "evil\x1b[2J\nlabel";
  auto const text = text_of(std::vector{peer});
  CHECK(has(text, "first use, not compared"));
  CHECK(has(text, "evil [2J label"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  CHECK(has(text_of(std::vector<PeerSummary>{}), "pim peers add"));
}

TEST_CASE("a_failed_preflight_shows_the_fix_of_each_check") {
  PreflightFailedData data{{{"forward policy", false, "Docker drops forwarded packets", "iptables -I DOCKER-USER"}}};
  auto const text = text_of(RpcError{-32030, "this device cannot share its internet", RawJson{to_json(data)}});
  CHECK(has(text, "(-32030)"));
  CHECK(has(text, "fix: iptables -I DOCKER-USER"));
}

TEST_CASE("status_says_what_passed_through_for_whom") {
  Status status;
  CHECK(has(text_of(status), "passes nothing of others (relay off)"));
  status.relay.enabled = true;
  CHECK(has(text_of(status), "none came yet (relay on)"));
  status.relay.packets = 9;
  status.relay.bytes = 5 * 1024;
  for (auto const* const id : {"11111111aa", "22222222aa", "33333333aa", "44444444aa"})
    status.relay.for_.push_back({id, id, 1, 1024, 0});
  auto const text = text_of(status);
  CHECK(has(text, "passed 5.0 KiB of others, most for 11111111 (1.0 KiB), 22222222 (1.0 KiB), 33333333 (1.0 KiB)\n"));
}

TEST_CASE("a_gateway_that_is_off_says_what_keeps_it_off") {
  CHECK(text_of(GatewayStatus{}, false) == "This device does not share its internet (gateway off).\n");
  CHECK(has(text_of(GatewayStatus{}, true), "it routes its own through the mesh; turn that off first: pim route off"));
}

TEST_CASE("gateways_stand_with_all_that_they_are_judged_by_and_the_reason") {
  RouteTable routes;
  KnownGateway used;
  used.node_id = "11111111aa";
  used.score = 10000259;
  used.score_parts = {0, 100U, true, false, 256U, std::uint8_t{8}, std::uint64_t{70}};
  used.selected = used.healthy = true;
  used.reason = "first usable in your order";
  KnownGateway silent;
  silent.node_id = "22222222aa";
  silent.score_parts.order = 1;
  silent.reason = "no way leads to it";
  routes.gateways = {used, silent};
  auto const text = text_of(routes);
  for (auto const* const part : {"ORDER", "PRIORITY", "CARRIES", "METRIC", "LOAD", "SCORE", "WHY"})
    CHECK(has(text, part));
  CHECK(has(text, "1      100       v4       256     3 %   10000259  in use: first usable in your order\n"));
  CHECK(has(text, "2      -         -        -       -     0         no way leads to it"));
  CHECK(has(text, "22222222  -    -     "));
  CHECK(text.find("11111111") < text.find("22222222"));
}
