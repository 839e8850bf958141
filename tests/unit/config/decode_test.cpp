#include "config/decode.hpp"

#include <doctest/doctest.h>

#include <random>

#include "config/keys.hpp"
#include "config/render.hpp"
#include "config/settings.hpp"
#include "config/suggest.hpp"

using namespace pim;
using namespace pim::config;

namespace {

std::string const id_a(32, 'a'), id_b(32, 'b'), key_a(64, 'a');

Config good(std::string_view toml) {
  auto config = decode(toml);
  REQUIRE_MESSAGE(config.ok(), (config.ok() ? "" : to_string(config.error().front())));
  return *config;
}

Problem problem(std::string_view toml) {
  auto const config = decode(toml);
  REQUIRE_FALSE(config.ok());
  REQUIRE_FALSE(config.error().empty());
  return config.error().front();
}

std::string message(std::string_view toml) { return problem(toml).message; }

/// A file in which every key has a value other than its default.
std::string const everything = R"(
[node]
name = "caf\u00e9"
data_dir = "/var/lib/pim"
[interface]
name = "pim-7.x_"
mtu = 1280
mesh_ip = "10.77.3.4/16"
mesh_ipv6 = "auto"
accept_inbound = "all"
[transport]
listen_port = 65535
handshake_timeout_ms = 1000
[mesh]
network = "home"
secret = "a secret of enough bytes"
[discovery]
enabled = false
port = 7001
peer_timeout_ms = 200000
connect = "known"
[[peers]]
address = "[2001:db8::1]"
node_id = ")" + id_a + R"("
public_key = ")" + key_a + R"("
label = "a \"label\""
mesh_ip = "10.77.9.9"
[[peers]]
address = "gw.example:7000"
[trust]
policy = "allow_all"
allow_list = [")" + id_a + R"("]
[relay]
enabled = false
[routing]
split_default = true
gateways = [")" + id_b + R"(", ")" +
                               id_a + R"("]
allow_lan = false
dns = "gateway"
hold_on_exit = false
[gateway]
enabled = true
nat_interface = "eth0"
max_connections = 20
priority = 7
allow_private = true
[rpc]
socket = "/run/pim.sock"
group = "pim"
[log]
level = "trace"
file = "/var/log/pim.log"
)";

}  // namespace

TEST_CASE("an empty file means the built-in defaults") {
  CHECK(render_toml(good("")) == render_toml(Config{}));
  CHECK(render_toml(good("# nothing\n[routing]\n")) == render_toml(Config{}));
}

TEST_CASE("every key is decoded into its place") {
  auto const config = good(everything);
  CHECK(config.node.name == "caf\u00e9");
  CHECK(config.node.data_dir == "/var/lib/pim");
  CHECK(config.interface.name == "pim-7.x_");
  CHECK(config.interface.mtu == 1280);
  CHECK(config.interface.mesh_ip == parse_ip("10.77.3.4"));
  CHECK(config.interface.accept_inbound == control::AcceptInbound::all);
  CHECK(config.transport.listen_port == 65535);
  CHECK(config.transport.handshake_timeout == std::chrono::seconds{1});
  CHECK(config.mesh.network == "home");
  CHECK(config.mesh.secret.reveal() == "a secret of enough bytes");
  REQUIRE(config.peers.size() == 2);
  CHECK(config.peers[0].address == HostPort{"2001:db8::1", 9100});
  CHECK(config.peers[0].node_id == parse_node_id(id_a));
  CHECK(config.peers[0].public_key == parse_public_key(key_a));
  CHECK(config.peers[0].label == "a \"label\"");
  CHECK(config.peers[0].mesh_ip == parse_ip("10.77.9.9"));
  CHECK(config.peers[1].address == HostPort{"gw.example", 7000});
  CHECK_FALSE(config.peers[1].node_id);
  CHECK(config.trust.policy == trust::Policy::allow_all);
  CHECK(config.trust.allow_list == std::vector{*parse_node_id(id_a)});
  CHECK_FALSE(config.relay.enabled);
  CHECK(config.routing.split_default);
  CHECK(config.routing.gateways == std::vector{*parse_node_id(id_b), *parse_node_id(id_a)});
  CHECK_FALSE(config.routing.allow_lan);
  CHECK_FALSE(config.routing.hold_on_exit);
  CHECK(config.gateway.enabled);
  CHECK(config.gateway.nat_interface == "eth0");
  CHECK(config.gateway.max_connections == 20);
  CHECK(config.gateway.priority == 7);
  CHECK(config.gateway.allow_private);
  CHECK(config.rpc.socket == "/run/pim.sock");
  CHECK(config.rpc.group == "pim");
  CHECK(config.log.level == LogLevel::trace);
  CHECK(config.log.file == "/var/log/pim.log");
}

TEST_CASE("the file above gives every key another value than its default, and reading it again the same") {
  auto const config = good(everything);
  Config defaults;
  defaults.peers.emplace_back();
  for (auto const& key : keys()) {
    if (key.path == "interface.mesh_ipv6" || key.path == "routing.dns") continue;  // they have one value
    CHECK_MESSAGE(key.get(config, 0) != key.get(defaults, 0), key.path);
  }
  auto text = render_toml(config);
  text.replace(text.find("(set)"), 5, config.mesh.secret.reveal());
  auto const again = good(text);
  CHECK(render_toml(again) == render_toml(config));
  CHECK(again.mesh.secret.reveal() == config.mesh.secret.reveal());
}

TEST_CASE("an unknown key is an error at its place, with what was probably meant") {
  CHECK(problem("[node]\n\n[routing]\n  split_defualt = true\n") ==
        Problem{4, 3, "routing.split_defualt",
                "unknown key `routing.split_defualt`, did you mean `routing.split_default`?"});
  CHECK(to_string(problem("[routing]\nx = 1")) == "2:1: unknown key `routing.x`");
  CHECK(message("[node]\nlisten_port = 1") == "unknown key `node.listen_port`, did you mean `transport.listen_port`?");
  CHECK(message("listen_port = 1") == "unknown section `listen_port`, did you mean `transport.listen_port`?");
  CHECK(message("[routng]\n") == "unknown section `routng`, did you mean `routing`?");
  CHECK(message("[frobnicate]\n") == "unknown section `frobnicate`");
  CHECK(message("[[peers]]\naddress = \"a\"\n[[peers]]\naddress = \"b\"\nlable = \"x\"\n") ==
        "unknown key `peers[1].lable`, did you mean `peers.label`?");
}

TEST_CASE("a value out of its range or of another kind is an error that names the range or the kind") {
  CHECK(problem("[transport]\nlisten_port = 70000") ==
        Problem{2, 15, "transport.listen_port", "`transport.listen_port` is out of range: 1 to 65535"});
  CHECK(message("[transport]\nlisten_port = \"9100\"") == "`transport.listen_port` must be a whole number");
  CHECK(message("[transport]\nlisten_port = 9100.0") == "`transport.listen_port` must be a whole number");
  CHECK(message("[transport]\nlisten_port = -9223372036854775808") ==
        "`transport.listen_port` is out of range: 1 to 65535");
  CHECK(message("[routing]\nsplit_default = 1") == "`routing.split_default` must be true or false");
  CHECK(message("[routing]\ngateways = [1]") == "`routing.gateways` must be a list of texts");
  CHECK(message("[trust]\npolicy = \"TOFU\"") ==
        "`trust.policy` must be one of: trust_on_first_use, allow_list, allow_all");
  CHECK(message("node = 1") == "`node` must be a section: [node]");
  CHECK(message("peers = 1") == "`peers` must be written as [[peers]]");
  CHECK(message("[peers]\naddress = \"a\"") == "`peers` must be written as [[peers]]");
  CHECK(message("peers = [1]") == "`peers` must be written as [[peers]]");
}

TEST_CASE("texts that would do harm later are refused") {
  for (auto const* name : {"", "lo", "all", "with space", "a/b", "-x", ".x", "sixteen-letters-", "a\\\"b", "pim;drop"})
    CHECK_FALSE(decode("[interface]\nname = \"" + std::string{name} + "\"").ok());
  for (auto const* ip : {"10.77.0.0", "10.77.255.53", "10.78.0.1", "fd00::1", "10.77.1.1/24", "", "x"})
    CHECK_FALSE(decode("[interface]\nmesh_ip = \"" + std::string{ip} + "\"").ok());
  for (auto const* address : {"", ":9100", "host:0", "a b", "[::1"})
    CHECK_FALSE(decode("[[peers]]\naddress = \"" + std::string{address} + "\"").ok());
  for (auto const* path : {"relative", "./pim"})
    CHECK_FALSE(decode("[node]\ndata_dir = \"" + std::string{path} + "\"").ok());
  CHECK_FALSE(decode("[rpc]\nsocket = \"/" + std::string(107, 'x') + "\"").ok());
  CHECK_FALSE(decode("[node]\nname = \"a\\nb\"").ok());
  CHECK_FALSE(decode("[mesh]\nnetwork = \"\"").ok());
  CHECK(message("[interface]\nmesh_ipv6 = \"fd00::1\"") == "`interface.mesh_ipv6` can only be \"auto\"");
}

TEST_CASE("a peer needs an address, and each its own") {
  CHECK(problem("\n[[peers]]\nlabel = \"x\"") == Problem{2, 1, "peers[0].address", "`peers[0].address` is missing"});
  CHECK(message("[[peers]]\naddress = \"a\"\n[[peers]]\naddress = \"a:9100\"") ==
        "`peers[1].address` is the address of peers[0], too");
  CHECK_FALSE(decode("[[peers]]\naddress = \"a\"\nnode_id = \"abc\"").ok());
  CHECK_FALSE(decode("[[peers]]\naddress = \"a\"\npublic_key = \"" + id_a + "\"").ok());
  CHECK(message("[trust]\nallow_list = [\"" + id_a + "\", \"" + id_a + "\"]") ==
        "`trust.allow_list` holds " + id_a + " twice");
}

TEST_CASE("all problems are told, from the top of the file to its end") {
  auto const config = decode("[transport]\nlisten_port = 0\n[gateway]\nenabld = true\n[node]\nname = 1\n");
  REQUIRE_FALSE(config.ok());
  REQUIRE(config.error().size() == 3);
  CHECK(config.error()[0].line == 2);
  CHECK(config.error()[1].line == 4);
  CHECK(config.error()[2].line == 6);
}

TEST_CASE("what is not TOML is an error at its place, on one line") {
  for (auto const* text : {"[node", "a = ", "a = 1\na = 2", "\"", "= 1", "[a]\n[a]", "x = \"\xff\"", "\x01"}) {
    auto const found = problem(text);
    CHECK(found.line >= 1);
    CHECK(found.message.find('\n') == std::string::npos);
    CHECK_FALSE(found.message.empty());
  }
  CHECK_FALSE(decode(std::string(max_file_size + 1, '#')).ok());
  CHECK_FALSE(decode("a = " + std::string(100'000, '[')).ok());
}

TEST_CASE("problems and peers are bounded") {
  std::string text = "[node]\n";
  for (int i = 0; i < 5000; ++i) text += "unknown" + std::to_string(i) + " = 1\n";
  CHECK(decode(text).error().size() == max_problems);
  text.clear();
  for (std::size_t i = 0; i <= max_peers; ++i) text += "[[peers]]\naddress = \"h" + std::to_string(i) + "\"\n";
  CHECK(message(text) == "more than 1024 peers");
}

TEST_CASE("a file with bytes changed is decoded or refused, never worse") {
  std::mt19937 random{3};
  for (int round = 0; round < 3000; ++round) {
    auto text = everything;
    for (auto count = 1 + random() % 5; count > 0; --count)
      text[random() % text.size()] = static_cast<char>(random() % 256);
    if (auto const config = decode(text); !config.ok()) CHECK_FALSE(config.error().empty());
  }
  for (std::size_t size = 0; size < everything.size(); ++size) (void)decode(everything.substr(0, size)).ok();
}

TEST_CASE("a typing mistake is near, another word is not") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("defualt", "default") == 1);
  std::vector<std::string_view> const words{"routing", "rpc"};
  CHECK(nearest("ruoting", words) == "routing");
  CHECK_FALSE(nearest("gateway", words));
  CHECK_FALSE(nearest(std::string(10'000, 'r'), words));
}

TEST_CASE("control starts with what the file says") {
  auto const settings = settings_of(good(everything), "host");
  CHECK(settings.name == "caf\u00e9");
  CHECK(settings.secret == "a secret of enough bytes");
  REQUIRE(settings.peers.size() == 2);
  CHECK(settings.peers[0].entry_id == "config:[2001:db8::1]:9100");
  CHECK(settings.peers[0].from_config);
  CHECK(settings.discovery_port == 7001);
  CHECK_FALSE(settings.discovery);
  CHECK(settings.split_default_at_first);
  CHECK(settings.gateway->nat_interface == "eth0");
  CHECK(settings_of({}, "host").name == "host");
  CHECK_FALSE(settings_of({}, "host").gateway);
  CHECK(settings_of({}, "host").discovery_port == 9101);
  CHECK(settings_of({}, "host").discovery->connect == control::Connect::automatic);
  CHECK(settings_of({}, "host").discovery->peer_timeout == std::chrono::minutes{3});
}
