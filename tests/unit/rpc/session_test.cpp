#include "rpc/session.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "rpc/queries.hpp"

using namespace pim::rpc;
using namespace pim::protocol;
namespace json = boost::json;

namespace {

/// Holds every command until the test answers it.
struct FakeBackend : Backend {
  std::vector<std::pair<Command, Reply>> calls;
  int refreshes = 0;
  void submit(Command command, Reply reply) override { calls.emplace_back(std::move(command), std::move(reply)); }
  void refresh_counters(Model& model) override {
    ++refreshes;
    model.status().uptime_s = static_cast<std::uint64_t>(refreshes);
  }
};

struct Desk {
  FakeBackend backend;
  Hub hub{backend, {"pim-daemon test", {"seq"}}, [](std::function<void()> run) { run(); }};
  std::shared_ptr<Session> session;

  explicit Desk(bool with_hello = true, Session::Limits limits = {}) {
    hub.apply({Status{}});
    session = std::make_shared<Session>(hub, limits, nullptr);
    if (!with_hello) return;
    ask(R"("rpc.hello","params":{"client":"t","rpc_version":1})");
  }

  void send(std::string const& line) { session->on_line(line); }
  std::vector<json::value> read() {
    std::vector<json::value> lines;
    auto const text = session->take_output(SIZE_MAX);
    session->outbox().on_written();
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      lines.push_back(json::parse(text.substr(at, text.find('\n', at) - at)));
    return lines;
  }
  /// `call` is the text behind `"method":`.
  json::value ask(std::string const& call) {
    send(R"({"jsonrpc":"2.0","id":1,"method":)" + call + "}");
    auto lines = read();
    REQUIRE(lines.size() == 1);
    return lines.front();
  }
  std::int64_t code(std::string const& call) {
    auto const answer = ask(call);
    auto const* error = answer.as_object().if_contains("error");
    return error != nullptr ? error->at("code").as_int64() : 0;
  }
};

std::vector<std::string> kinds_and_seqs(std::vector<json::value> const& lines) {
  std::vector<std::string> text;
  for (auto const& line : lines)
    text.push_back(std::string(line.at("params").at("kind").as_string()) + " " +
                   std::to_string(line.at("params").at("seq").as_int64()));
  return text;
}

StatusEvent happened(StatusEventKind kind) { return {kind, {}, {}}; }

}  // namespace

TEST_CASE("counters_are_looked_up_at_hello_ahead_of_the_question") {
  Desk const desk;
  CHECK(desk.backend.refreshes == 1);
}

TEST_CASE("nothing_is_answered_before_hello") {
  Desk desk(false);
  CHECK(desk.code(R"("status")") == -32600);
  CHECK(desk.code(R"("no.such.method")") == -32600);
  CHECK(desk.code(R"("rpc.hello","params":{"client":"t","rpc_version":2})") == -32001);
  CHECK(desk.code(R"("status")") == -32600);
  CHECK_FALSE(desk.session->has_said_hello());
  auto const hello = desk.ask(R"("rpc.hello","params":{"client":"t","rpc_version":1})");
  CHECK(hello.at("result").at("daemon") == "pim-daemon test");
  CHECK(desk.code(R"("status")") == 0);
}

TEST_CASE("methods_that_this_build_does_not_have_are_not_found") {
  Desk desk;
  for (auto const* name : {"messages.send", "peers.pair", "metrics.get", "Status", "status "})
    CHECK(desk.code("\"" + std::string(name) + "\"") == -32601);
}

TEST_CASE("a_query_answers_at_once_with_counters_of_this_moment") {
  Desk desk;
  auto const first = desk.ask(R"("status")").at("result").at("uptime_s").as_int64();
  CHECK(desk.ask(R"("status","params":null)").at("result").at("uptime_s").as_int64() == first + 1);
  CHECK(desk.ask(R"("status","params":{})").at("result").at("uptime_s").as_int64() == first + 2);
  CHECK(desk.code(R"("status","params":{"x":1})") == -32602);
}

TEST_CASE("before_the_first_status_queries_say_that_the_daemon_is_starting") {
  FakeBackend backend;
  Hub hub(backend, {}, [](std::function<void()> run) { run(); });
  auto const session = std::make_shared<Session>(hub, Session::Limits{}, nullptr);
  session->on_line(R"({"jsonrpc":"2.0","id":1,"method":"rpc.hello","params":{"client":"t","rpc_version":1}})");
  session->on_line(R"({"jsonrpc":"2.0","id":2,"method":"status"})");
  CHECK(session->take_output(SIZE_MAX).find("-32000") != std::string::npos);
}

TEST_CASE("a_parameter_that_does_not_fit_is_named_by_a_pointer") {
  Desk desk;
  auto const answer = desk.ask(R"("route.set_split_default","params":{})");
  CHECK(answer.at("error").at("code") == -32602);
  CHECK(answer.at("error").at("data").at("path") == "/on");
  CHECK(desk.code(R"("route.set_split_default","params":{"on":"off"})") == -32602);
  CHECK(desk.code(R"("route.set_split_default","params":{"on":0})") == -32602);
  CHECK(desk.code(R"("route.set_split_default")") == -32602);
  CHECK(desk.backend.calls.empty());
}

TEST_CASE("a_command_is_answered_when_the_backend_answers") {
  Desk desk;
  desk.send(R"({"jsonrpc":"2.0","id":"k","method":"route.set_split_default","params":{"on":true}})");
  CHECK(desk.read().empty());
  REQUIRE(desk.backend.calls.size() == 1);
  CHECK(std::get<RouteSetSplitDefaultParams>(desk.backend.calls[0].first).on);
  desk.backend.calls[0].second(RouteSetSplitDefaultResult{true, "ab"});
  auto const lines = desk.read();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at("id") == "k");
  CHECK(lines[0].at("result").at("via_gateway_id") == "ab");
}

TEST_CASE("a_command_is_answered_exactly_once_whatever_the_backend_does") {
  Desk desk;
  auto const send = [&] { desk.send(R"({"jsonrpc":"2.0","id":1,"method":"gateway.disable"})"); };
  send();
  desk.backend.calls[0].second(make_error(errors::internal_error, "x"));
  desk.backend.calls[0].second(GatewayDisableResult{});
  CHECK(desk.read().size() == 1);
  send();
  desk.backend.calls[1].second(PeersForgetResult{});
  CHECK(desk.read().at(0).at("error").at("code") == -32603);
  send();
  desk.backend.calls.clear();
  CHECK(desk.read().at(0).at("error").at("code") == -32603);
  CHECK(desk.session->calls_in_flight() == 0);
}

TEST_CASE("an_answer_that_comes_after_the_client_left_harms_nobody") {
  Desk desk;
  desk.send(R"({"jsonrpc":"2.0","id":1,"method":"gateway.disable"})");
  desk.session.reset();
  desk.backend.calls[0].second(GatewayDisableResult{});
}

TEST_CASE("at_most_32_commands_are_in_flight") {
  Desk desk;
  for (int i = 0; i < 32; ++i) desk.send(R"({"jsonrpc":"2.0","id":1,"method":"gateway.disable"})");
  CHECK(desk.read().empty());
  CHECK(desk.code(R"("gateway.disable")") == -32000);
  CHECK(desk.code(R"("status")") == 0);
  desk.backend.calls[3].second(GatewayDisableResult{});
  CHECK(desk.read().size() == 1);
  desk.send(R"({"jsonrpc":"2.0","id":1,"method":"gateway.disable"})");
  CHECK(desk.backend.calls.size() == 33);
}

TEST_CASE("a_notification_is_carried_out_and_never_answered") {
  Desk desk;
  desk.send(R"({"jsonrpc":"2.0","method":"gateway.disable"})");
  desk.send(R"({"jsonrpc":"2.0","method":"no.such"})");
  REQUIRE(desk.backend.calls.size() == 1);
  desk.backend.calls[0].second(GatewayDisableResult{});
  CHECK(desk.read().empty());
}

TEST_CASE("a_batch_is_answered_whole_and_in_its_order") {
  Desk desk;
  desk.send(R"([{"jsonrpc":"2.0","id":1,"method":"gateway.disable"},1,{"jsonrpc":"2.0","method":"status"},)"
            R"({"jsonrpc":"2.0","id":2,"method":"gateway.status"}])");
  CHECK(desk.read().empty());
  desk.backend.calls[0].second(GatewayDisableResult{});
  auto const lines = desk.read();
  REQUIRE(lines.size() == 1);
  REQUIRE(lines[0].as_array().size() == 3);
  CHECK(lines[0].at(0).at("id") == 1);
  CHECK(lines[0].at(1).at("error").at("code") == -32600);
  CHECK(lines[0].at(2).at("id") == 2);
}

TEST_CASE("in_a_batch_that_waits_no_event_overtakes_its_subscription") {
  Desk desk;
  desk.send(
      R"([{"jsonrpc":"2.0","id":1,"method":"status.subscribe"},{"jsonrpc":"2.0","id":2,"method":"gateway.disable"}])");
  desk.hub.apply({happened(StatusEventKind::route_on)});
  CHECK(desk.read().empty());
  desk.backend.calls[0].second(GatewayDisableResult{});
  desk.hub.apply({happened(StatusEventKind::route_off)});
  auto const lines = desk.read();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].at(0).at("result").at("seq") == 1);
  CHECK(lines[1].at("params").at("kind") == "route_off");
  CHECK(lines[1].at("params").at("seq") == 2);
}

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

TEST_CASE("peers_are_listed_page_by_page") {
  Desk desk;
  for (auto const* id : {"0c", "0a", "0b"}) {
    PeerSummary peer;
    peer.node_id = id;
    desk.hub.apply({peer});
  }
  auto const ids = [&](std::string const& params) {
    std::string text;
    auto const answer = desk.ask(R"("peers.list","params":)" + params);
    for (auto const& peer : answer.at("result").as_array())
      text.append(std::string(peer.at("node_id").as_string())).append(" ");
    return text;
  };
  CHECK(ids("{}") == "0a 0b 0c ");
  CHECK(ids(R"({"limit":2})") == "0a 0b ");
  CHECK(ids(R"({"after":"0b","limit":2})") == "0c ");
}

TEST_CASE("a_peer_known_by_address_becomes_the_one_that_answered") {
  Model model;
  PeerSummary peer;
  peer.config_entry_id = "entry-1";
  model.apply(peer);
  peer.node_id = "ab";
  model.apply(peer);
  CHECK(model.peers().size() == 1);
  model.apply(PeerRemoved{"ab", "entry-1"});
  CHECK(model.peers().empty());
}

TEST_CASE("the_ledger_and_the_log_are_bounded") {
  Model model;
  for (int i = 0; i < 3000; ++i) model.apply(HandshakeRecord{});
  CHECK(model.handshakes().size() == Model::max_handshakes);
  for (int i = 0; i < 3000; ++i) model.apply(LogEvent{{}, Level::info, "x", {}, std::string(1000, 'x'), {}});
  CHECK(model.log().size() * 1000 <= Model::max_log_bytes);
  CHECK(model.log().size() > 100);
}

TEST_CASE("a_short_id_names_one_peer_or_says_which_ones_it_could_be") {
  std::vector<std::string> const ids{"0011223344556677", "0011223399999999", "aabbccddeeff0011", ""};
  CHECK(std::get<std::string>(resolve_id("AABBCCDD", ids)) == "aabbccddeeff0011");
  auto const error = [&](std::string const& prefix) { return std::get<RpcError>(resolve_id(prefix, ids)); };
  CHECK(error("00112233").code == -32013);
  CHECK(error("00112233").data->text == R"({"matches":["0011223344556677","0011223399999999"]})");
  CHECK(error("aabb").code == -32013);
  CHECK(error("ffffffff").code == -32010);
}

TEST_CASE("rpc_discover_is_the_document_of_this_build") {
  Desk desk;
  auto const document = desk.ask(R"("rpc.discover")").at("result");
  CHECK(document.at("openrpc") == "1.2.6");
  CHECK(document.at("methods").as_array().size() == boost::mp11::mp_size<Methods>::value);
}
