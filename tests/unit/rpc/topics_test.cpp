#include <doctest/doctest.h>

#include "desk.hpp"

using namespace pim::rpc;
using namespace pim::protocol;
using pim::rpc::test::Desk, pim::rpc::test::happened;
namespace json = boost::json;

namespace {

std::vector<std::string> kinds_and_seqs(std::vector<json::value> const& lines) {
  std::vector<std::string> text;
  for (auto const& line : lines)
    text.push_back(std::string(line.at("params").at("kind").as_string()) + " " +
                   std::to_string(line.at("params").at("seq").as_int64()));
  return text;
}

}  // namespace

TEST_CASE("between_snapshot_and_events_there_is_no_gap") {
  Desk desk;
  desk.hub.apply({happened(StatusEventKind::route_on)});
  Status blocked;
  blocked.route_on = true;
  desk.hub.apply({blocked, happened(StatusEventKind::kill_switch)});
  auto const answer = desk.ask(R"("status.subscribe")");
  CHECK(answer.at("result").at("seq") == 2);
  CHECK(answer.at("result").at("snapshot").at("route_on") == true);
  desk.hub.apply({happened(StatusEventKind::gateway_selected), happened(StatusEventKind::route_off)});
  CHECK(kinds_and_seqs(desk.read()) == std::vector<std::string>{"gateway_selected 3", "route_off 4"});
}

TEST_CASE("a_batch_of_deltas_is_in_the_model_before_anyone_hears_of_it") {
  Desk desk(false);
  desk.session = std::make_shared<Session>(desk.hub, Session::Limits{32, 200, {0, 0}}, nullptr);
  desk.ask(R"("rpc.hello","params":{"client":"t","rpc_version":1})");
  desk.ask(R"("status.subscribe")");
  Status on;
  on.route_on = true;
  desk.hub.apply({happened(StatusEventKind::route_on), on});
  auto const lines = desk.read();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at("params").at("kind") == "lagged");
  CHECK(lines[0].at("params").at("dropped") == 1);
  CHECK(lines[0].at("params").at("snapshot").at("route_on") == true);
}

TEST_CASE("one_subscription_per_topic_and_none_without_asking") {
  Desk desk;
  desk.hub.apply({happened(StatusEventKind::route_on)});
  CHECK(desk.read().empty());
  auto const id = std::string(desk.ask(R"("status.subscribe")").at("result").at("subscription_id").as_string());
  CHECK(desk.code(R"("status.subscribe")") == -32050);
  CHECK(desk.code(R"("peers.subscribe")") == 0);
  CHECK(desk.code(R"("status.unsubscribe","params":{"subscription_id":"other"})") == -32051);
  CHECK(desk.code(R"("gateway.unsubscribe","params":{"subscription_id":")" + id + "\"}") == -32051);
  CHECK(desk.ask(R"("status.unsubscribe","params":{"subscription_id":")" + id + "\"}").at("result").is_null());
  desk.hub.apply({happened(StatusEventKind::route_off)});
  CHECK(desk.read().empty());
  CHECK(desk.code(R"("status.subscribe")") == 0);
}

TEST_CASE("two_clients_share_one_encoding_and_see_the_same_seq") {
  Desk desk;
  auto const other = std::make_shared<Session>(desk.hub, Session::Limits{}, nullptr);
  other->on_line(R"({"jsonrpc":"2.0","id":1,"method":"rpc.hello","params":{"client":"t","rpc_version":1}})");
  other->on_line(R"({"jsonrpc":"2.0","id":1,"method":"status.subscribe"})");
  desk.ask(R"("status.subscribe")");
  (void)other->take_output(SIZE_MAX);
  desk.hub.apply({happened(StatusEventKind::route_on)});
  CHECK(desk.session->take_output(SIZE_MAX) == other->take_output(SIZE_MAX));
}

TEST_CASE("the_daemon_filters_log_lines_and_their_seq_has_no_gaps") {
  Desk desk;
  auto const line = [](Level level, std::string source) { return LogEvent{{}, level, std::move(source), {}, "m", {}}; };
  desk.hub.apply({line(Level::warn, "mesh"), line(Level::info, "mesh"), line(Level::error, "rpc")});
  auto const answer = desk.ask(R"("logs.subscribe","params":{"min_level":"warn","sources":["mesh","trust"]})");
  CHECK(answer.at("result").at("snapshot").at("lines").as_array().size() == 1);
  auto const seq = answer.at("result").at("seq").as_int64();
  desk.hub.apply({line(Level::info, "mesh"), line(Level::warn, "rpc"), line(Level::error, "trust"),
                  line(Level::debug, "x"), line(Level::warn, "mesh")});
  auto const lines = desk.read();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].at("params").at("source") == "trust");
  CHECK(lines[0].at("params").at("seq").as_int64() == seq + 1);
  CHECK(lines[1].at("params").at("seq").as_int64() == seq + 2);
}

TEST_CASE("samples_come_only_while_someone_follows_and_carry_rates") {
  Desk desk;
  CHECK_FALSE(desk.hub.wants_seconds());
  desk.ask(R"("status.subscribe")");
  CHECK(desk.hub.wants_seconds());
  PeerSummary peer;
  peer.node_id = "ab";
  desk.hub.apply({peer});
  desk.hub.on_second({}, std::chrono::milliseconds{1000});
  desk.hub.on_second({}, std::chrono::milliseconds{1000});
  auto const lines = desk.read();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at("params").at("kind") == "sample");
  CHECK(lines[0].at("params").at("detail").at("peers").as_array().empty());
}

TEST_CASE("a_sample_names_whose_counters_moved_and_nobody_that_nothing_was_counted_of") {
  Desk desk;
  desk.ask(R"("status.subscribe")");
  PeerSummary silent, busy;
  silent.node_id = "aa";
  busy.node_id = "bb";
  busy.rx_bytes = 7;
  desk.hub.apply({silent, busy});
  desk.hub.on_second({}, std::chrono::milliseconds{1000});
  auto const lines = desk.read();
  REQUIRE(lines.size() == 1);
  auto const& detail = lines[0].at("params").at("detail").as_object();
  REQUIRE(detail.at("peers").as_array().size() == 1);
  CHECK(detail.at("peers").at(0).at("node_id") == "bb");
  CHECK_FALSE(detail.contains("relay"));
}

TEST_CASE("a_sample_tells_what_was_passed_on_when_that_moved") {
  Desk desk;
  desk.ask(R"("status.subscribe")");
  Status status;
  status.relay = {true, 3, 400, 0, {{"aa", "bb", 3, 400, 0}}};
  desk.hub.apply({status});
  desk.hub.on_second({}, std::chrono::milliseconds{1000});
  auto const first = desk.read();
  REQUIRE(first.size() == 1);
  auto const& relay = first[0].at("params").at("detail").at("relay");
  CHECK(relay.at("bytes").as_int64() == 400);
  CHECK(relay.at("for").at(0).at("handed_over_by") == "bb");
  desk.hub.on_second({}, std::chrono::milliseconds{1000});
  auto const second = desk.read();
  REQUIRE(second.size() == 1);
  CHECK_FALSE(second[0].at("params").at("detail").as_object().contains("relay"));
}

TEST_CASE("a_sample_tells_what_was_refused_and_when_the_block_was_last_seen") {
  Desk desk;
  desk.ask(R"("status.subscribe")");
  Status status;
  status.refused_claims = {{"outdated", 3}};
  status.refused_inbound = RefusedInbound{7, 100};
  status.kill_switch.verified_at = Timestamp{std::chrono::seconds{1}};
  desk.hub.apply({status});
  desk.hub.on_second({}, std::chrono::milliseconds{1000});
  auto const lines = desk.read();
  REQUIRE(lines.size() == 1);
  auto const& detail = lines[0].at("params").at("detail").as_object();
  CHECK(detail.at("refused_claims").at("outdated").as_int64() == 3);
  CHECK(detail.at("refused_inbound").at("packets").as_int64() == 7);
  CHECK(detail.at("verified_at") == "1970-01-01T00:00:01.000Z");
}

TEST_CASE("who_follows_a_gateway_is_told_its_throughput_each_second_and_scarce_connections_once") {
  Desk desk;
  desk.ask(R"("gateway.subscribe")");
  GatewayStatus gateway;
  gateway.active = true;
  gateway.throughput = Throughput{8, 16, 1, 2};
  gateway.conntrack = Conntrack{90, 100};
  desk.hub.apply({gateway});
  desk.read();
  desk.hub.on_second({}, std::chrono::milliseconds{1000});
  auto lines = desk.read();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].at("params").at("kind") == "throughput_sample");
  CHECK(lines[1].at("params").at("kind") == "conntrack_pressure");
  CHECK(lines[1].at("params").at("detail").at("level").as_int64() == 1);
  desk.hub.on_second({}, std::chrono::milliseconds{1000});
  lines = desk.read();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at("params").at("kind") == "throughput_sample");
  desk.hub.apply({GatewayStatus{}});
  desk.hub.on_second({}, std::chrono::milliseconds{1000});
  CHECK(desk.read().empty());
}
