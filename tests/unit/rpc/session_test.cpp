#include "rpc/session.hpp"

#include <doctest/doctest.h>

#include "desk.hpp"

using namespace pim::rpc;
using namespace pim::protocol;
using pim::rpc::test::Desk, pim::rpc::test::FakeBackend, pim::rpc::test::happened;
namespace json = boost::json;

namespace {

using Page = std::vector<std::string>;

/// One page of peers.list: their ids, or ":" and the entry where there is none.
Page page_of(Desk& desk, std::string const& params) {
  Page page;
  auto const answer = desk.ask(R"("peers.list","params":)" + params);
  for (auto const& peer : answer.at("result").as_array()) {
    auto const id = std::string{peer.at("node_id").as_string()};
    page.push_back(id.empty() ? ":" + std::string{peer.at("config_entry_id").as_string()} : id);
  }
  return page;
}

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

TEST_CASE("peers_are_listed_page_by_page") {
  Desk desk;
  for (auto const* id : {"0c", "0a", "0b"}) {
    PeerSummary peer;
    peer.node_id = id;
    desk.hub.apply({peer});
  }
  CHECK(page_of(desk, "{}") == Page{"0a", "0b", "0c"});
  CHECK(page_of(desk, R"({"limit":2})") == Page{"0a", "0b"});
  CHECK(page_of(desk, R"({"after":"0b","limit":2})") == Page{"0c"});
}

TEST_CASE("whoever_goes_on_after_the_last_line_gets_every_peer_once_also_those_known_only_by_address") {
  Desk desk;
  for (auto const* id : {"0c", "fa", "0b"}) {
    PeerSummary peer;
    peer.node_id = id;
    desk.hub.apply({peer});
  }
  for (auto const* entry : {"config:b", "added-a", "added-c"}) {
    PeerSummary peer;
    peer.config_entry_id = entry;
    desk.hub.apply({peer});
  }
  for (std::string const limit : {"1", "2", "3", "4", "6", "7"}) {
    CAPTURE(limit);
    Page seen;
    auto page = page_of(desk, R"({"limit":)" + limit + "}");
    for (int pages = 0; !page.empty(); ++pages) {
      REQUIRE(pages < 6);
      seen.insert(seen.end(), page.begin(), page.end());
      auto const last = page.back().find(':') == std::string::npos ? page.back() : "";
      page = page_of(desk, R"({"limit":)" + limit + R"(,"after":")" + last + R"("})");
    }
    CHECK(seen == Page{"0b", "0c", "fa", ":added-a", ":added-c", ":config:b"});
  }
}

TEST_CASE("rpc_discover_is_the_document_of_this_build") {
  Desk desk;
  auto const document = desk.ask(R"("rpc.discover")").at("result");
  CHECK(document.at("openrpc") == "1.2.6");
  CHECK(document.at("methods").as_array().size() == boost::mp11::mp_size<Methods>::value);
}
