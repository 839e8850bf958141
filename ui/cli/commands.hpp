// What each `pim` command does: asks the daemon, prints, and answers with an exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pim::cli {

/// For scripts; --help prints them.
enum class Exit : int { ok = 0, refused = 1, usage = 2, blocked = 3, no_daemon = 4 };

/// What the command line said, whichever command it was.
struct Options {
  std::optional<std::string> socket;
  bool json = false;

  std::string target;  ///< a node_id prefix, an address, an interface, a method
  std::string params;  ///< JSON text for rpc
  std::string mechanism = "udp";
  std::string label;
  std::string node_id;
  std::string public_key;
  std::string format = "toml";
  std::string level;
  std::vector<std::string> sources;
  std::vector<std::string> topics;
  std::optional<std::uint32_t> max_connections;
  std::optional<std::uint8_t> priority;
  bool force = false;
  bool release = false;
  bool yes = false;
  bool follow = false;
  bool once = false;
};

using Command = int (*)(Options const&);

int status(Options const& options);
int peers_list(Options const& options);
int peers_discovered(Options const& options);
int peers_add(Options const& options);
int peers_remove(Options const& options);
int peers_forget(Options const& options);
int peers_verify(Options const& options);
int route_on(Options const& options);
int route_off(Options const& options);
int route_table(Options const& options);
int route_explain(Options const& options);
int gateway_preflight(Options const& options);
int gateway_on(Options const& options);
int gateway_off(Options const& options);
int gateway_status(Options const& options);
int gateway_allow(Options const& options);
int gateway_disallow(Options const& options);
int handshakes(Options const& options);
int config_get(Options const& options);
int shutdown(Options const& options);
int logs(Options const& options);
int events(Options const& options);
int rpc(Options const& options);

}  // namespace pim::cli
