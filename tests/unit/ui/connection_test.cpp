#include "ui/link/connection.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

#include "fixtures.hpp"

using namespace pim;
using namespace pim::ui;
using namespace pim::ui::test;

namespace {

struct Request {
  std::string method, id;
  boost::json::value params;
};

/// A connection with its clock, and the daemon's side of the socket.
struct Line {
  Connection connection{{"/run/a.sock", "/run/b.sock"}, "pim-dashboard test"};
  Now now{test::now};
  std::shared_ptr<Snapshot const> snapshot;
  std::vector<Request> requests;
  std::map<std::string, std::uint64_t> seq;

  Line() { connection.start(now); }

  void refresh() {
    if (auto newer = connection.take_snapshot()) snapshot = std::move(newer);
  }
  Link const& link() {
    refresh();
    return snapshot->link;
  }
  void pass(Duration time) {
    now.boot += time;
    now.wall += time;
    connection.on_deadline(now);
  }
  void absent() { connection.on_connect_failed({ConnectFailure::Kind::absent, "absent"}, now); }
  /// Every path of one attempt fails.
  void fail_attempt() {
    while (connection.take_connect()) absent();
  }
  void say(std::string const& line) { connection.on_bytes(line + "\n", now); }
  void answer(Request const& request, std::string const& result) {
    say(R"({"jsonrpc":"2.0","id":)" + request.id + R"(,"result":)" + result + "}");
  }
  void refuse(Request const& request, int code, std::string const& message) {
    say(R"({"jsonrpc":"2.0","id":)" + request.id + R"(,"error":{"code":)" + std::to_string(code) + R"(,"message":")" +
        message + "\"}}");
  }
  template <class Event>
  void notify(std::string const& topic, Event const& event) {
    auto params = protocol::to_json(event);
    say(R"({"jsonrpc":"2.0","method":")" + topic + R"(.event","params":{"seq":)" + std::to_string(++seq[topic]) + "," +
        params.substr(1) + "}");
  }
  /// New requests since the last call.
  std::vector<Request> read() {
    std::vector<Request> fresh;
    auto const text = connection.take_outgoing();
    for (std::size_t at = 0; at < text.size();) {
      auto const end = text.find('\n', at);
      auto const value = boost::json::parse(text.substr(at, end - at));
      fresh.push_back({std::string(value.at("method").as_string()), boost::json::serialize(value.at("id")),
                       value.as_object().contains("params") ? value.at("params") : boost::json::value()});
      at = end + 1;
    }
    requests.insert(requests.end(), fresh.begin(), fresh.end());
    return fresh;
  }
  std::string subscribed(std::string const& topic, std::string const& state) {
    seq[topic] = 4;
    return R"({"subscription_id":")" + topic + R"(-1","seq":4,"snapshot":)" + state + "}";
  }
  void serve(Request const& request) {
    protocol::Status const node = status();
    if (request.method == "rpc.hello")
      answer(request, R"({"daemon":"pim-daemon 1","rpc_version":1,"features":["seq"]})");
    if (request.method == "status.subscribe") answer(request, subscribed("status", protocol::to_json(node)));
    if (request.method == "peers.subscribe")
      answer(request, subscribed("peers", protocol::to_json(std::vector{peer(2, "home-server")})));
    if (request.method == "gateway.subscribe")
      answer(request, subscribed("gateway", protocol::to_json(protocol::GatewayStatus{})));
    if (request.method == "logs.subscribe")
      answer(request, subscribed("logs", protocol::to_json(protocol::LogSnapshot{})));
    if (request.method == "route.table") answer(request, protocol::to_json(protocol::RouteTable{}));
  }
  void serve_all() {
    for (auto fresh = read(); !fresh.empty(); fresh = read())
      for (auto const& request : fresh) serve(request);
  }
  void come_online() {
    while (connection.take_connect()) {
    }
    connection.on_connected(now);
    serve_all();
    refresh();
  }
  std::size_t count(std::string_view method) const {
    return static_cast<std::size_t>(
        std::count_if(requests.begin(), requests.end(), [&](Request const& r) { return r.method == method; }));
  }
};

}  // namespace

TEST_CASE("every socket is tried before pim counts as stopped") {
  Line line;
  CHECK(line.connection.take_connect() == "/run/a.sock");
  line.absent();
  CHECK(line.link().state == LinkState::connecting);
  CHECK(line.connection.take_connect() == "/run/b.sock");
  line.absent();
  CHECK_FALSE(line.connection.take_connect());
  CHECK(line.link().state == LinkState::lost);
  CHECK(line.link().detail.find("no pim-daemon") != std::string::npos);
}

TEST_CASE("attempts back off to four seconds") {
  Line line;
  line.fail_attempt();
  for (auto const delay : {250ms, 500ms, 1000ms, 2000ms, 4000ms, 4000ms}) {
    CHECK(line.connection.next_deadline() == line.now.boot + delay);
    line.pass(delay - 1ms);
    CHECK_FALSE(line.connection.take_connect());
    line.pass(1ms);
    CHECK(line.connection.take_connect().has_value());
    line.absent();
    line.fail_attempt();
  }
}

TEST_CASE("a user who cannot wait tries at once") {
  Line line;
  line.fail_attempt();
  line.connection.on_action(action::RetryNow{}, line.now);
  CHECK(line.connection.take_connect().has_value());
}

TEST_CASE("it is online once the node's state is there, with everything subscribed") {
  Line line;
  line.come_online();
  CHECK(line.snapshot->is_live());
  CHECK(line.link().daemon == "pim-daemon 1");
  CHECK(line.snapshot->peers->size() == 1);
  for (auto const* method :
       {"rpc.hello", "status.subscribe", "peers.subscribe", "gateway.subscribe", "logs.subscribe", "route.table"})
    CHECK(line.count(method) == 1);
  CHECK(line.connection.next_deadline() == never);
}

TEST_CASE("a daemon that goes away is seen at once and found again with all of its state") {
  Line line;
  line.come_online();
  line.connection.on_closed(line.now);
  CHECK(line.link().state == LinkState::lost);
  CHECK(line.link().detail == "pim is stopped (pim-daemon exited)");
  CHECK(line.snapshot->status.has_value());
  CHECK(line.connection.take_close());
  line.pass(250ms);
  line.come_online();
  CHECK(line.snapshot->is_live());
  CHECK(line.count("status.subscribe") == 2);
  CHECK(line.link().attempt == 0);
}

TEST_CASE("another version locks the window out and says so") {
  Line line;
  while (line.connection.take_connect()) {
  }
  line.connection.on_connected(line.now);
  line.refuse(line.read().front(), -32001, "this daemon speaks rpc_version 2");
  CHECK(line.link().state == LinkState::version_mismatch);
  CHECK(line.link().detail.find("rpc_version 2") != std::string::npos);
  CHECK(line.connection.next_deadline() != never);
}

TEST_CASE("a daemon that is not ready is asked again") {
  Line line;
  while (line.connection.take_connect()) {
  }
  line.connection.on_connected(line.now);
  for (auto const& request : line.read()) {
    if (request.method == "rpc.hello") line.serve(request);
  }
  for (auto const& request : line.read())
    if (request.method == "status.subscribe") line.refuse(request, -32000, "the trust store cannot be read");
  CHECK(line.link().state == LinkState::lost);
  CHECK(line.link().detail == "pim is not ready (the trust store cannot be read)");
  CHECK(line.connection.take_close());
}

TEST_CASE("silence instead of a hello ends after five seconds") {
  Line line;
  while (line.connection.take_connect()) {
  }
  line.connection.on_connected(line.now);
  line.pass(4999ms);
  CHECK(line.link().state == LinkState::connecting);
  line.pass(1ms);
  CHECK(line.link().state == LinkState::lost);
}

TEST_CASE("nonsense from the daemon ends the connection, never the window") {
  for (auto const* nonsense : {"hello", "{}", R"({"jsonrpc":"2.0","id":99,"result":1})", "\xff\xfe",
                               R"({"jsonrpc":"2.0","method":"status.event","params":{"seq":77,"kind":"route_on"}})"}) {
    Line line;
    line.come_online();
    line.say(nonsense);
    CHECK(line.link().state == LinkState::lost);
    CHECK(line.connection.take_close());
  }
}

TEST_CASE("the switch reaches the daemon and believes only its events") {
  Line line;
  line.come_online();
  line.connection.on_action(action::ToggleRoute{}, line.now);
  line.connection.on_action(action::ConfirmRoute{}, line.now);
  auto const sent = line.read();
  REQUIRE(sent.size() == 1);
  CHECK(sent.front().method == "route.set_split_default");
  CHECK(sent.front().params.at("on").as_bool());
  line.answer(sent.front(), R"({"on":true,"via_gateway_id":null})");
  line.refresh();
  CHECK(line.snapshot->route.phase == RoutePhase::pending_on);
  line.notify("status", happened(protocol::StatusEventKind::route_on));
  line.refresh();
  CHECK(line.snapshot->route.phase == RoutePhase::on);
}

TEST_CASE("a refusal of the switch is shown with its reason") {
  Line line;
  line.come_online();
  line.connection.on_action(action::ToggleRoute{}, line.now);
  line.connection.on_action(action::ConfirmRoute{}, line.now);
  line.refuse(line.read().front(), -32040, "the block does not load");
  line.refresh();
  CHECK(line.snapshot->route.phase == RoutePhase::off);
  CHECK(line.snapshot->route.problem == "the block does not load");
  CHECK(line.snapshot->toasts.back().text == "Couldn't turn routing on: the block does not load");
}

TEST_CASE("five seconds without the event end the waiting") {
  Line line;
  line.come_online();
  line.connection.on_action(action::ToggleRoute{}, line.now);
  line.connection.on_action(action::ConfirmRoute{}, line.now);
  line.answer(line.read().front(), R"({"on":true,"via_gateway_id":null})");
  CHECK(line.connection.next_deadline() == line.now.boot + 5s);
  line.pass(5s);
  line.refresh();
  CHECK_FALSE(line.snapshot->route.is_pending());
}

TEST_CASE("events of many peers ask for the routes a few times, not once each") {
  Line line;
  line.come_online();
  auto const before = line.count("route.table");
  for (unsigned i = 0; i < 100; ++i)
    line.notify("peers", protocol::PeerEvent{protocol::PeerEventKind::connected, peer(i + 2, "x"), {}, {}, {}});
  for (auto i = 0; i < 50; ++i) {
    line.pass(10ms);
    line.serve_all();
  }
  CHECK(line.count("route.table") - before >= 1);
  CHECK(line.count("route.table") - before <= 3);
}

TEST_CASE("a client that lagged takes the fresh state") {
  Line line;
  line.come_online();
  auto node = status();
  node.node = "renamed";
  line.say(R"({"jsonrpc":"2.0","method":"status.event","params":{"seq":5,"kind":"lagged","dropped":9,"snapshot":)" +
           protocol::to_json(node) + "}}");
  line.refresh();
  CHECK(line.snapshot->status->node == "renamed");
}

TEST_CASE("finer logs are followed by a new subscription in place of the old") {
  Line line;
  line.come_online();
  line.connection.on_action(action::FollowLogs{LogLevel::debug}, line.now);
  auto const sent = line.read();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].method == "logs.unsubscribe");
  CHECK(sent[0].params.at("subscription_id").as_string() == "logs-1");
  CHECK(sent[1].params.at("min_level").as_string() == "debug");
}

TEST_CASE("a call that is never answered fails after ten seconds") {
  Line line;
  line.come_online();
  line.connection.on_action(Call{protocol::PeersVerifyParams{id_of(2)}}, line.now);
  line.refresh();
  CHECK(line.snapshot->under_way.size() == 1);
  line.pass(10s);
  line.refresh();
  CHECK(line.snapshot->under_way.empty());
  CHECK(line.snapshot->toasts.size() == 1);
}

TEST_CASE("a failed attempt to share is followed by the checks") {
  Line line;
  line.come_online();
  line.connection.on_action(Call{protocol::GatewayEnableParams{"eth0", {}}}, line.now);
  line.refuse(line.read().front(), -32030, "no uplink");
  auto const sent = line.read();
  REQUIRE(sent.size() == 1);
  CHECK(sent.front().method == "gateway.preflight");
}

TEST_CASE("a way that was asked for comes as the daemon explains it, or with the daemon's reason") {
  Line line;
  line.come_online();
  line.connection.on_action(Call{protocol::RouteExplainParams{"203.0.113.7"}}, line.now);
  auto const asked = line.read();
  REQUIRE(asked.size() == 1);
  CHECK(asked.front().params.at("target").as_string() == "203.0.113.7");
  line.answer(asked.front(), protocol::to_json(explained()));
  line.refresh();
  CHECK(line.snapshot->explained->way == explained());
  line.connection.on_action(Call{protocol::RouteExplainParams{"example.org"}}, line.now);
  line.refuse(line.read().front(), -32602, "not an address and not an id: example.org");
  line.refresh();
  CHECK(line.snapshot->explained->problem == "not an address and not an id: example.org");
}
