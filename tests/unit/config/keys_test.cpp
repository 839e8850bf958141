#include "config/keys.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "config/decode.hpp"
#include "config/render.hpp"

using namespace pim;
using namespace pim::config;

namespace {

std::string slurp(std::string const& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

Config with_secret() {
  Config config;
  config.mesh.secret = SecretText{"correct horse battery staple"};
  config.peers.push_back({.address = {"gw.example", 9100}, .label = "quote \" and \\ and \x01"});
  return config;
}

}  // namespace

TEST_CASE("every key has a unique path, help, a range and a default of its kind") {
  std::set<std::string_view> paths;
  Config defaults;
  defaults.peers.emplace_back();
  for (auto const& key : keys()) {
    CHECK_MESSAGE(paths.insert(key.path).second, key.path);
    CHECK_MESSAGE(!key.help.empty(), key.path);
    CHECK_MESSAGE(!key.range.empty(), key.path);
    CHECK_MESSAGE(kind_of(key.get(defaults, 0)) == key.kind, key.path);
    CHECK(find_key(key.path) == &key);
    CHECK(std::string{key.section()} + "." + std::string{key.name()} == key.path);
  }
}

TEST_CASE("the keys of a section stand together") {
  auto const names = sections();
  CHECK(std::set(names.begin(), names.end()).size() == names.size());
}

TEST_CASE("every default is a value that its own key takes") {
  Config config;
  config.peers.push_back({.address = {"gw.example", 9100}});
  for (auto const& key : keys()) CHECK_MESSAGE(key.set(config, 0, key.get(config, 0)).ok(), key.path);
}

TEST_CASE("no key turns encryption off, weakens it or opens the block") {
  // Whoever adds a key judges it here, too.
  std::set<std::string_view> const judged = {"node.name",
                                             "node.data_dir",
                                             "interface.name",
                                             "interface.mtu",
                                             "interface.mesh_ip",
                                             "interface.mesh_ipv6",
                                             "interface.accept_inbound",
                                             "transport.listen_port",
                                             "transport.handshake_timeout_ms",
                                             "mesh.network",
                                             "mesh.secret",
                                             "discovery.enabled",
                                             "discovery.port",
                                             "discovery.peer_timeout_ms",
                                             "discovery.connect",
                                             "peers.address",
                                             "peers.node_id",
                                             "peers.public_key",
                                             "peers.label",
                                             "peers.mesh_ip",
                                             "trust.policy",
                                             "trust.allow_list",
                                             "relay.enabled",
                                             "routing.split_default",
                                             "routing.gateways",
                                             "routing.allow_lan",
                                             "routing.dns",
                                             "routing.hold_on_exit",
                                             "gateway.enabled",
                                             "gateway.nat_interface",
                                             "gateway.max_connections",
                                             "gateway.priority",
                                             "gateway.allow_private",
                                             "rpc.socket",
                                             "rpc.group",
                                             "log.level",
                                             "log.file"};
  for (auto const& key : keys()) {
    CHECK_MESSAGE(judged.contains(key.path), key.path);
    for (auto const* word : {"plain", "clear", "crypt", "cipher", "insecure", "unsafe", "tls", "null", "debug_"})
      CHECK_MESSAGE(std::string{key.path}.find(word) == std::string::npos, key.path);
  }
  CHECK(keys().size() == judged.size());
  // And the words that someone would try are no keys.
  for (auto const* text :
       {"[transport]\nencryption = false", "[mesh]\nencrypt = false", "[transport]\ncipher = \"none\"",
        "[transport]\nplaintext = true", "[mesh]\nsecret = \"short\""})
    CHECK_FALSE(decode(text).ok());
}

TEST_CASE("a secret is never shown, in no form") {
  auto const config = with_secret();
  for (auto const& text : {render_toml(config), render_json(config)}) {
    CHECK(text.find("horse") == std::string::npos);
    CHECK(text.find("(set)") != std::string::npos);
  }
  // What is shown is not taken for the secret when it comes back.
  auto const back = decode(render_toml(config));
  REQUIRE_FALSE(back.ok());
  CHECK(back.error().front().message == "`mesh.secret` is what config.get shows instead of the secret");
  CHECK(render_toml(Config{}).find("secret = \"\"") != std::string::npos);
}

TEST_CASE("the rendered configuration reads back as the same, and as JSON holds the same keys") {
  auto config = with_secret();
  config.mesh.secret = {};
  config.peers[0].label = "quote \" and \\";
  auto const back = decode(render_toml(config));
  REQUIRE(back.ok());
  CHECK(render_toml(*back) == render_toml(config));

  auto const json = boost::json::parse(render_json(config)).as_object();
  CHECK(json.size() == sections().size());
  for (auto const& key : keys()) {
    auto const& section = key.section() == peers_section ? json.at("peers").as_array().at(0) : json.at(key.section());
    CHECK_MESSAGE(section.as_object().contains(key.name()), key.path);
  }
  CHECK(json.at("transport").at("listen_port").as_int64() == 9100);
  CHECK(json.at("routing").at("allow_lan").as_bool());
}

TEST_CASE("docs/config.md is what the table says today") {
  CHECK(slurp(PIM_SOURCE_ROOT "/docs/config.md") == render_reference());
}
