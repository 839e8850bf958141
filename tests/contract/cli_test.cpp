// The `pim` program against a real server: what it prints and its exit codes.
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "rpc_fixture.hpp"

using namespace pim;
using namespace pim::test;
using namespace pim::protocol;

namespace {

struct Ran {
  std::string output;  ///< both streams
  int code = -1;
};

Ran shell(std::string const& command) {
  FILE* pipe = ::popen(("exec 2>&1; " + command).c_str(), "r");
  REQUIRE(pipe != nullptr);
  Ran ran;
  std::array<char, 4096> bytes{};
  while (auto const size = std::fread(bytes.data(), 1, bytes.size(), pipe)) ran.output.append(bytes.data(), size);
  auto const status = ::pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

struct Cli : RunningServer {
  Ran pim(std::string const& arguments, std::string const& before = "") {
    return shell("unset SSH_CONNECTION; " + before + " timeout 20 " PIM_PROGRAM " --socket " + path + " " + arguments);
  }
  /// Runs `arguments` while the test plays the backend's part.
  template <class Play>
  Ran play(std::string const& arguments, Play part) {
    Ran ran;
    std::thread program([&] { ran = pim(arguments); });
    part(backend.wait_for_call());
    program.join();
    return ran;
  }
};

bool has(Ran const& ran, std::string_view part) { return ran.output.find(part) != std::string::npos; }

Status blocked_status() {
  Status status;
  status.node = "kitchen";
  status.node_id = "0123456789abcdef0123456789abcdef";
  status.route_on = true;
  status.kill_switch.engaged = true;
  status.kill_switch.cause = BlockCause::gateway_lost;
  return status;
}

}  // namespace

TEST_CASE("status_prints_and_its_exit_code_tells_of_a_block") {
  Cli cli;
  CHECK(cli.pim("status").code == 0);
  cli.server->deliver({blocked_status()});
  auto const text = cli.pim("status");
  CHECK(text.code == 3);
  CHECK(has(text, "0123 4567 89ab cdef 0123 4567 89ab cdef"));
  auto const json = cli.pim("--json status");
  CHECK(json.code == 3);
  CHECK(json::parse(json.output).at("kill_switch").at("cause") == "gateway_lost");
  CHECK(cli.pim("status --json").output == json.output);
}

TEST_CASE("each_command_says_what_it_means_to_the_daemon") {
  Cli cli;
  auto ran = cli.play("peers add 192.0.2.1:9100 --label attic", [](auto call) {
    auto const& params = std::get<PeersAddStaticParams>(call.first);
    CHECK(params.address == "192.0.2.1:9100");
    CHECK(params.label == "attic");
    CHECK(params.mechanism == Mechanism::udp);
    CHECK_FALSE(params.node_id);
    call.second(PeersAddStaticResult{std::nullopt, "peer-1"});
  });
  CHECK(ran.code == 0);
  CHECK(has(ran, "peer-1"));
  ran = cli.play("peers forget 01234567", [](auto call) {
    CHECK(std::get<PeersForgetParams>(call.first).node_id == "01234567");
    call.second(make_error(errors::ambiguous_id, "several ids begin so: 0123456789, 0123456780"));
  });
  CHECK(ran.code == 1);
  CHECK(ran.output == "pim: several ids begin so: 0123456789, 0123456780 (-32013)\n");
  ran = cli.play("peers remove peer-1", [](auto call) {
    CHECK(std::get<PeersRemoveParams>(call.first).config_entry_id == "peer-1");
    call.second(Null{});
  });
  CHECK(ran.code == 0);
  ran = cli.play("gateway on eth7 --max-connections 9 --priority 5", [](auto call) {
    CHECK(std::get<GatewayEnableParams>(call.first).nat_interface == "eth7");
    CHECK(std::get<GatewayEnableParams>(call.first).max_connections == 9);
    CHECK(std::get<GatewayEnableParams>(call.first).priority == std::uint8_t{5});
    call.second(GatewayEnableResult{true, "eth7", {"0.0.0.0/0"}});
  });
  CHECK(ran.code == 0);
  ran = cli.play("gateway allow 01234567", [](auto call) {
    call.second(GatewayConsent{std::get<GatewaysAllowParams>(call.first).node_id, true});
  });
  CHECK(ran.code == 0);
  ran = cli.play("shutdown --release", [](auto call) {
    CHECK(std::get<DaemonShutdownParams>(call.first).release);
    call.second(DaemonShutdownResult{true});
  });
  CHECK(ran.code == 0);
}

TEST_CASE("gateway_status_says_why_it_cannot_share") {
  Cli cli;
  auto const off = cli.pim("gateway status");
  CHECK(off.code == 0);
  CHECK_FALSE(has(off, "pim route off"));
  cli.server->deliver({blocked_status()});
  auto const routed = cli.pim("gateway status");
  CHECK(routed.code == 0);
  CHECK(has(routed, "it routes its own through the mesh; turn that off first: pim route off"));
  CHECK_FALSE(has(cli.pim("--json gateway status"), "pim route off"));
}

TEST_CASE("routes_are_listed_and_explained_and_a_blocked_way_ends_with_3") {
  Cli cli;
  RouteTable table;
  table.routes.push_back({.destination = "0123456789abcdef0123456789abcdef",
                          .via = "feedfacefeedfacefeedfacefeedface",
                          .hops = 2,
                          .metric = 300,
                          .selected = true});
  auto ran = cli.play("route table", [&](auto call) {
    CHECK(std::holds_alternative<RouteTableParams>(call.first));
    call.second(table);
  });
  CHECK(ran.code == 0);
  CHECK(has(ran, "01234567"));
  CHECK(has(ran, "feedface"));
  RouteExplanation way{
      .target = "198.51.100.7", .course = RouteCourse::blocked, .reason = "no gateway was reached yet"};
  auto const explain = [&] {
    return cli.play("route explain 198.51.100.7", [&](auto call) {
      CHECK(std::get<RouteExplainParams>(call.first).target == "198.51.100.7");
      call.second(way);
    });
  };
  ran = explain();
  CHECK(ran.code == 3);
  CHECK(has(ran, "198.51.100.7: BLOCKED (no gateway was reached yet)"));
  way.course = RouteCourse::as_before;
  CHECK(explain().code == 0);
  CHECK(cli.pim("route explain").code == 2);
}

TEST_CASE("route_on_tells_routed_from_blocked") {
  Cli cli;
  auto const routed = cli.play("route on", [](auto call) {
    CHECK(std::get<RouteSetSplitDefaultParams>(call.first).on);
    call.second(RouteSetSplitDefaultResult{true, "fedc"});
  });
  CHECK(routed.code == 0);
  auto const blocked =
      cli.play("route on", [](auto call) { call.second(RouteSetSplitDefaultResult{true, std::nullopt}); });
  CHECK(blocked.code == 3);
  CHECK(has(blocked, "BLOCKED"));
}

TEST_CASE("verify_needs_a_person_or_their_word") {
  Cli cli;
  PeerSummary peer;
  peer.node_id = "0123456789abcdef0123456789abcdef";
  cli.server->deliver({peer});
  CHECK(cli.pim("peers verify 01234567 </dev/null").code == 2);
  auto const ran = cli.play("peers verify 01234567 --yes", [](auto call) {
    auto const& id = std::get<PeersVerifyParams>(call.first).node_id;
    CHECK(id == "0123456789abcdef0123456789abcdef");
    call.second(PeersVerifyResult{id, TrustLevel::verified});
  });
  CHECK(ran.code == 0);
}

TEST_CASE("events_are_one_json_object_per_line_with_snapshots_first_and_end_with_the_daemon") {
  Folder folder;
  auto const file = folder.path + "/events";
  auto const text = [&] {
    std::ifstream input(file);
    return std::string{std::istreambuf_iterator<char>(input), {}};
  };
  auto const wait_for = [&](std::string_view part) {
    for (int i = 0; i < 1000 && text().find(part) == std::string::npos; ++i) std::this_thread::sleep_for(10ms);
  };
  Ran ran;
  std::thread program;
  {
    Cli cli;
    program = std::thread(
        [&, path = cli.path] { ran = shell("timeout 20 " PIM_PROGRAM " --socket " + path + " events >" + file); });
    wait_for(R"({"topic":"logs","seq":0,"snapshot":)");
    cli.server->deliver({StatusEvent{StatusEventKind::route_on, {}, {}}, PeerEvent{}});
    cli.server->deliver({StatusEvent{StatusEventKind::route_off, {}, {}}});
    wait_for("route_off");  // each line is flushed
  }
  program.join();
  CHECK(ran.code == 4);
  CHECK(ran.output == "pim: pim is stopped (pim-daemon exited)\n");
  std::vector<std::string> seen;
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) {
    auto const parsed = json::parse(line);
    auto const* event = parsed.as_object().if_contains("event");
    auto const topic = std::string(parsed.at("topic").as_string());
    if (event == nullptr)
      seen.push_back(topic + " snapshot");
    else if (event->at("kind") != "sample")
      seen.push_back(topic + " " + std::string(event->at("kind").as_string()));
  }
  CHECK(seen == std::vector<std::string>{"status snapshot", "peers snapshot", "gateway snapshot", "logs snapshot",
                                         "status route_on", "peers state_changed", "status route_off"});
}

TEST_CASE("logs_are_filtered_by_the_daemon") {
  Cli cli;
  cli.server->deliver(
      {LogEvent{{}, Level::info, "mesh", {}, "quiet", {}}, LogEvent{{}, Level::warn, "mesh", {}, "loud", {}}});
  auto const ran = cli.pim("logs --once --level warn");
  CHECK(ran.code == 0);
  CHECK(ran.output == "00:00:00 warn mesh: loud\n");
}

TEST_CASE("rpc_passes_anything_on_and_prints_the_raw_result") {
  Cli cli;
  CHECK(cli.pim("rpc gateway.status").output == "{\"active\":false,\"nat_interface\":null}\n");
  auto const unknown = cli.pim("rpc no.such.method '{}'");
  CHECK(unknown.code == 1);
  CHECK(has(unknown, "-32601"));
  CHECK(cli.pim("rpc status '{'").code == 2);
  CHECK(cli.pim(R"(rpc route.set_split_default '{"on":1}')").code == 1);
}

TEST_CASE("a_wrong_command_line_is_2_and_no_daemon_is_4") {
  Cli cli;
  CHECK(cli.pim("").code == 2);
  CHECK(cli.pim("nonsense").code == 2);
  CHECK(cli.pim("peers forget").code == 2);
  CHECK(cli.pim("events --topic nonsense").code == 2);
  CHECK(cli.pim("logs --level nonsense").code == 2);
  CHECK(cli.pim("--help").code == 0);
  CHECK(has(cli.pim("--help"), "3 internet is blocked"));
  CHECK(cli.pim("--version").code == 0);
  auto const absent = shell("timeout 20 " PIM_PROGRAM " --socket " + cli.folder.path + "/nobody.sock status");
  CHECK(absent.code == 4);
  CHECK(has(absent, "nobody.sock"));
}

TEST_CASE("without_a_daemon_route_off_executes_the_release_and_passes_its_exit_code_on") {
  Folder folder;
  auto const program = folder.path + "/pim-daemon";
  auto const pim = folder.path + "/pim";  // a copy, so that the daemon beside it is the test's own
  std::filesystem::copy_file(PIM_PROGRAM, pim);
  auto const say = [&](std::string const& body) {
    std::ofstream(program) << "#!/bin/sh\necho \"ran $*\"\n" << body << "\n";
    ::chmod(program.c_str(), 0755);
  };
  auto const off = "timeout 20 " + pim + " --socket " + folder.path + "/nobody.sock route off";
  say("exit 0");
  auto const released = shell(off);
  CHECK(released.code == 0);
  CHECK(has(released, "ran --release"));
  CHECK(has(released, "Released"));
  say("exit 77");
  auto const failed = shell(off);
  CHECK(failed.code == 77);
  CHECK(has(failed, program + " --release"));
  ::chmod(program.c_str(), 0644);
  CHECK(shell("PATH=/nonexistent " + off).code != 0);
}

TEST_CASE("route_off_never_releases_beside_a_daemon_that_may_live") {
  Folder folder;
  auto const path = folder.path + "/pim.sock";
  std::ofstream(path) << "not a socket, but something";
  ::chmod(path.c_str(), 0000);
  auto const ran = shell("timeout 20 " PIM_PROGRAM " --socket " + path + "/below route off");
  CHECK(ran.code == 4);
  CHECK_FALSE(has(ran, "--release"));
  CHECK(has(ran, "sudo pim route off"));
}

TEST_CASE("route_on_over_ssh_from_outside_is_refused_without_force") {
  Cli cli;
  // 127.0.0.1 stands for an address of this host; the client's is public.
  auto const refused = cli.pim("route on", "SSH_CONNECTION='198.51.100.7 50000 127.0.0.1 22'");
  CHECK(refused.code == 1);
  CHECK(has(refused, "--force"));
}
