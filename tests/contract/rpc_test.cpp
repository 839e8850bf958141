#include "rpc_fixture.hpp"
#include "vectors/vectors.hpp"

using namespace pim;
using namespace pim::test;
using namespace pim::protocol;

namespace {

std::string call(std::string const& method, std::string const& params = "{}") {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params + "}\n";
}

LogEvent log_line(std::size_t size) { return {{}, Level::info, "test", {}, std::string(size, 'x'), {}}; }

}  // namespace

TEST_CASE("socat_is_a_usable_client") {
  RunningServer running;
  auto const command =
      R"(printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"rpc.hello","params":{"client":"x","rpc_version":1}}' )"
      R"('{"jsonrpc":"2.0","id":2,"method":"status"}' | timeout 10 socat -t 3 - UNIX-CONNECT:)" +
      running.path;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> bytes{};
  while (auto const size = std::fread(bytes.data(), 1, bytes.size(), pipe)) output.append(bytes.data(), size);
  CHECK(::pclose(pipe) == 0);
  CHECK(output.starts_with(R"({"jsonrpc":"2.0","id":1,"result":{"daemon":"pim-daemon test")"));
  CHECK(output.find(R"({"jsonrpc":"2.0","id":2,"result":{"node":)") != std::string::npos);
}

TEST_CASE("a_command_goes_to_the_backend_and_its_answer_comes_from_any_thread") {
  RunningServer running;
  Client client(running.path);
  client.send(call("route.set_split_default", R"({"on":true})"));
  auto [command, reply] = running.backend.wait_for_call();
  CHECK(std::get<RouteSetSplitDefaultParams>(command).on);
  reply(RouteSetSplitDefaultResult{true, std::nullopt});
  CHECK(client.read().at("result").at("via_gateway_id").is_null());
}

TEST_CASE("a_client_that_closed_its_sending_half_still_gets_its_answers_and_then_the_end") {
  RunningServer running;
  Client client(running.path);
  client.send(call("gateway.disable"));
  client.finish_sending();
  running.backend.wait_for_call().second(GatewayDisableResult{});
  CHECK(client.read().at("result").at("active") == false);
  CHECK(client.is_cut());
}

TEST_CASE("a_client_that_closed_its_sending_half_still_gets_its_events") {
  RunningServer running;
  Client client(running.path);
  client.send(call("status.subscribe"));
  client.finish_sending();
  client.read();
  running.server->deliver({StatusEvent{StatusEventKind::route_on, {}, {}}});
  CHECK(client.read().at("params").at("kind") == "route_on");
}

TEST_CASE("a_line_of_one_mebibyte_is_answered_and_a_longer_one_is_an_error_that_ends_nothing") {
  RunningServer running;
  Client client(running.path);
  std::string request = R"({"jsonrpc":"2.0","id":1,"method":"status"})";
  client.send(request + std::string(max_line - request.size(), ' ') + "\n");
  CHECK(client.read().as_object().contains("result"));
  client.send(request + std::string(max_line - request.size() + 1, ' ') + "\n");
  CHECK(client.read().at("error").at("code") == -32600);
  CHECK(client.code(R"("status")") == 0);
}

TEST_CASE("each_broken_line_gets_its_error_and_the_connection_lives") {
  RunningServer running;
  Client client(running.path);
  auto const code = [&](std::string const& line) {
    client.send(line + "\n");
    return client.read().at("error").at("code").as_int64();
  };
  CHECK(code("{") == -32700);
  CHECK(code("\"\xC3\x28\"") == -32700);
  CHECK(code("1") == -32600);
  CHECK(code("[]") == -32600);
  CHECK(code(std::string(33, '[') + std::string(33, ']')) == -32600);
  CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"status","method":"status"})") == -32600);
  CHECK(code(R"({"jsonrpc":"2.0","id":1.5,"method":"status"})") == -32600);
  CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"status","params":[]})") == -32602);
  CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"status","params":{"x":1}})") == -32602);
  CHECK(code(R"({"jsonrpc":"2.0","id":1,"method":"messages.send"})") == -32601);
  CHECK(client.code(R"("status")") == 0);
}

TEST_CASE("half_a_line_times_out_and_only_that_client_suffers") {
  rpc::ServerOptions options;
  options.line_time = 300ms;
  RunningServer running(options);
  Client slow(running.path);
  Client other(running.path);
  slow.send(R"({"jsonrpc":)");
  CHECK(slow.read().at("error").at("code") == -32600);
  CHECK(slow.is_cut());
  CHECK(other.code(R"("status")") == 0);
}

TEST_CASE("lines_that_end_in_time_are_never_cut_however_long_the_client_stays") {
  rpc::ServerOptions options;
  options.line_time = 300ms;
  RunningServer running(options);
  Client client(running.path);
  for (int i = 0; i < 4; ++i) {  // the second half of one line and the first of the next share a packet
    client.send(i == 0 ? "" : R"("2.0","id":1,"method":"status"}
)");
    if (i > 0) client.read();
    client.send(R"({"jsonrpc":)");
    std::this_thread::sleep_for(150ms);
  }
  client.send("\"2.0\",\"id\":1,\"method\":\"status\"}\n");
  client.read();
  CHECK_FALSE(client.is_cut(500ms));
}

TEST_CASE("a_slow_reader_is_told_what_it_missed_and_gets_a_fresh_snapshot") {
  RunningServer running;
  Client client(running.path);
  auto const first = client.ask(R"("logs.subscribe")").at("result").at("seq").as_int64();
  std::int64_t const sent = 3000;
  for (std::int64_t i = 0; i < sent; ++i) running.server->deliver({log_line(1000)});
  std::this_thread::sleep_for(300ms);
  running.server->deliver({LogEvent{{}, Level::warn, "test", {}, "the last one", {}}});
  auto last = first;
  std::int64_t received = 0;
  std::int64_t dropped = 0;
  bool has_the_last_one = false;
  while (auto const line = client.line(1000ms)) {
    auto const params = json::parse(*line).at("params");
    REQUIRE(params.at("seq").as_int64() == last + 1);
    ++last;
    auto const* kind = params.as_object().if_contains("kind");
    if (kind == nullptr) {
      ++received;
      has_the_last_one = params.at("message") == "the last one";
    } else {
      CHECK(*kind == "lagged");
      dropped += params.at("dropped").as_int64();
      auto const& lines = params.at("snapshot").at("lines").as_array();
      has_the_last_one = lines.back().at("message") == "the last one";
    }
  }
  CHECK(dropped > 0);
  CHECK(received + dropped == sent + 1);
  CHECK(has_the_last_one);
}

TEST_CASE("states_never_reorder_while_samples_coalesce") {
  RunningServer running;
  Client client(running.path);
  client.ask(R"("status.subscribe")");
  for (int round = 0; round < 100; ++round) {
    for (auto const kind : {StatusEventKind::gateway_lost, StatusEventKind::sample, StatusEventKind::gateway_selected})
      running.server->deliver({StatusEvent{kind, {}, GatewayDetail{std::to_string(round)}}});
  }
  running.server->deliver({StatusEvent{StatusEventKind::route_off, {}, {}}});
  std::vector<std::string> states;
  for (;;) {
    auto const params = client.read().at("params");
    auto const kind = std::string(params.at("kind").as_string());
    if (kind == "route_off") break;
    if (kind != "sample") states.push_back(kind + std::string(params.at("detail").at("node_id").as_string()));
  }
  REQUIRE(states.size() == 200);
  for (std::size_t round = 0; round < 100; ++round) {
    CHECK(states[2 * round] == "gateway_lost" + std::to_string(round));
    CHECK(states[2 * round + 1] == "gateway_selected" + std::to_string(round));
  }
}

TEST_CASE("a_client_that_never_reads_is_cut") {
  rpc::ServerOptions options;
  options.unread_time = 300ms;
  RunningServer running(options);
  Client silent(running.path);
  Client other(running.path);
  silent.ask(R"("logs.subscribe")");
  bool is_cut = false;
  for (int i = 0; i < 200 && !is_cut; ++i) {
    running.server->deliver(std::vector<rpc::Delta>(300, log_line(1000)));
    is_cut = silent.is_hung_up(50ms);
  }
  CHECK(is_cut);
  CHECK(other.code(R"("status")") == 0);
}

TEST_CASE("a_client_that_asks_and_does_not_read_is_not_read_either") {
  rpc::ServerOptions options;
  options.unread_time = 60s;
  RunningServer running(options);
  std::vector<rpc::Delta> peers(500);
  for (std::size_t i = 0; i < peers.size(); ++i) {
    PeerSummary peer;
    peer.node_id = std::to_string(10000 + i);
    peers[i] = peer;
  }
  running.server->deliver(peers);
  Client greedy(running.path);
  Client other(running.path);
  std::string flood;
  while (flood.size() < max_line) flood += call("status");
  for (int i = 0; i < 4; ++i) greedy.send_some(flood);
  CHECK(other.code(R"("status")") == 0);
  for (int i = 0; i < 200; ++i) CHECK(greedy.read().as_object().contains("result"));
}

TEST_CASE("of_1024_clients_the_oldest_without_hello_gives_way") {
  RunningServer running;
  std::vector<std::unique_ptr<Client>> clients;
  clients.push_back(std::make_unique<Client>(running.path));
  for (int i = 1; i < 1024; ++i) clients.push_back(std::make_unique<Client>(running.path, i % 2 == 0));
  Client late(running.path);
  CHECK(late.code(R"("status")") == 0);
  CHECK(clients[1]->read().at("error").at("code") == -32600);
  CHECK(clients[1]->is_cut());
  CHECK_FALSE(clients[3]->is_cut(50ms));
  CHECK(clients[0]->code(R"("status")") == 0);
}

TEST_CASE("when_every_client_said_hello_the_newcomer_is_turned_away") {
  rpc::ServerOptions options;
  options.max_clients = 2;
  RunningServer running(options);
  Client first(running.path);
  Client second(running.path);
  Client late(running.path, false);
  CHECK(late.read().at("error").at("message") == "too many clients");
  CHECK(late.is_cut());
  CHECK(first.code(R"("status")") == 0);
}

TEST_CASE("stopping_lets_the_last_answer_leave") {
  auto running = std::make_unique<RunningServer>();
  Client client(running->path);
  client.send(call("daemon.shutdown", R"({"release":true})"));
  auto [command, reply] = running->backend.wait_for_call();
  reply(DaemonShutdownResult{true});
  auto const path = running->path;
  running.reset();
  CHECK(client.read().at("result").at("released") == true);
  CHECK(client.is_cut());
  CHECK(::access(path.c_str(), F_OK) != 0);
  reply = nullptr;
}

TEST_CASE("the_examples_of_the_json_rpc_specification") {
  auto const document = test::published_vectors("jsonrpc2_spec_cases.json");
  if (!document) return;
  RunningServer running;
  // The specification's own methods do not exist here, so where it shows a result we answer "not found" or,
  // for positional parameters, "by name only"; ids, codes, batches and silences are as it shows them.
  auto const same = [](json::value const& expected, json::value const& got) {
    CHECK(got.at("jsonrpc") == "2.0");
    CHECK(got.at("id") == expected.at("id"));
    auto const code = got.at("error").at("code").as_int64();
    if (auto const* error = expected.as_object().if_contains("error"))
      CHECK(code == error->at("code").as_int64());
    else
      CHECK((code == errors::method_not_found.code || code == errors::invalid_params.code));
  };
  for (auto const& example : document->at("cases").as_array()) {
    CAPTURE(std::string(example.at("name").as_string()));
    Client client(running.path);
    std::string request(example.at("request_raw").as_string());
    std::erase(request, '\n');
    client.send(request + "\n");
    auto const& expected = example.at("expected");
    if (expected.is_null()) {
      CHECK_FALSE(client.line(100ms).has_value());
      continue;
    }
    auto const got = client.read();
    if (expected.is_object()) {
      same(expected, got);
      continue;
    }
    REQUIRE(got.as_array().size() == expected.as_array().size());
    for (std::size_t i = 0; i < expected.as_array().size(); ++i) same(expected.at(i), got.at(i));
  }
}
