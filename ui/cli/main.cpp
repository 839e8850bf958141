// `pim`: reads the command line and runs one command.
#include <CLI/CLI.hpp>

#include <csignal>

#include "ui/cli/commands.hpp"

namespace {

using namespace pim::cli;

constexpr char footer[] = R"(
Exit codes: 0 done; 1 the daemon refused (the message says why); 2 the command line is wrong;
            3 internet is blocked by the kill-switch; 4 no daemon answers.

The daemon's socket: --socket, $PIM_RPC_SOCKET, [rpc] socket in pim.toml, $XDG_RUNTIME_DIR/pim.sock,
/run/pim/pim.sock, /tmp/pim-$UID/pim.sock. An ID is the first 8 or more digits of a fingerprint.)";

class Program {
 public:
  Program() {
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.footer(footer);
    app_.set_version_flag("--version", "pim " PIM_VERSION);
    app_.add_option("--socket", options_.socket, "The daemon's socket")->type_name("PATH");
    app_.add_flag("--json", options_.json, "One JSON document instead of text");
    add("status", "Who this node is, whom it reaches, where its internet goes", status);
    add_peers();
    add_route();
    add_gateway();
    add_streams();
    add_rest();
  }

  int run(int count, char** arguments) {
    try {
      app_.parse(count, arguments);
    } catch (CLI::ParseError const& error) {
      return app_.exit(error) == 0 ? code_of(Exit::ok) : code_of(Exit::usage);
    }
    return command_(options_);
  }

 private:
  static int code_of(Exit exit) { return static_cast<int>(exit); }

  CLI::App* add(CLI::App& parent, std::string const& name, std::string const& help, Command command) {
    auto* added = parent.add_subcommand(name, help);
    added->fallthrough();
    added->callback([this, command] {
      if (command_ == nullptr) command_ = command;  // the innermost command is called first
    });
    return added;
  }
  CLI::App* add(std::string const& name, std::string const& help, Command command) {
    return add(app_, name, help, command);
  }

  void takes_target(CLI::App* command, std::string const& name, std::string const& help) {
    command->add_option(name, options_.target, help)->required();
  }

  void add_peers() {
    auto* peers = add("peers", "All known peers; see also its commands", peers_list);
    add(*peers, "discovered", "Nodes heard on the local links", peers_discovered);
    auto* add_peer = add(*peers, "add", "Name a peer by address; it may then be used as a gateway", peers_add);
    takes_target(add_peer, "ADDRESS", "IP address or name, with or without :port");
    add_peer->add_option("--label", options_.label, "A name for it");
    add_peer->add_option("--node-id", options_.node_id, "Who must answer there, 32 digits");
    add_peer->add_option("--public-key", options_.public_key, "The key that must answer there, 64 digits");
    add_peer->add_option("--mechanism", options_.mechanism, "How it is reached: udp")->capture_default_str();
    takes_target(add(*peers, "remove", "Remove an entry; its identity stays known", peers_remove), "ID|ENTRY",
                 "A peer's id, or an entry as add printed it");
    takes_target(add(*peers, "forget", "Forget an identity; the next contact is a first one", peers_forget), "ID",
                 "First digits of its fingerprint");
    auto* verify = add(*peers, "verify", "Record that you compared the fingerprint", peers_verify);
    takes_target(verify, "ID", "First digits of its fingerprint");
    verify->add_flag("--yes", options_.yes, "It was compared; do not ask");
  }

  void add_route() {
    auto* route = add("route", "Route internet through the mesh (split-default routing)", route_table);
    auto* on = add(*route, "on", "All internet goes through the mesh or not at all", route_on);
    on->add_flag("--force", options_.force, "Also when this would cut the ssh session that says it");
    add(*route, "off", "Internet goes directly again; works without a daemon too", route_off);
    add(*route, "table", "Routes, gateways and offers", route_table);
    takes_target(add(*route, "explain", "What becomes of a packet to a target, and why", route_explain), "TARGET",
                 "An IP address, or the first digits of a node's fingerprint");
  }

  void add_gateway() {
    auto* gateway = add("gateway", "Share this device's internet, or choose whose is used", gateway_status);
    add(*gateway, "preflight", "Check whether this device can share its internet", gateway_preflight);
    auto* on = add(*gateway, "on", "Share this device's internet", gateway_on);
    on->add_option("INTERFACE", options_.target, "The uplink; the best one when left out");
    on->add_option("--max-connections", options_.max_connections, "For all peers together");
    on->add_option("--priority", options_.priority,
                   "Peers prefer the lower one, where their own order does not decide; 0 to 255")
        ->check(CLI::Range(0, 255));
    add(*gateway, "off", "Stop sharing", gateway_off);
    add(*gateway, "status", "Whether it shares, for whom, how much", gateway_status);
    takes_target(add(*gateway, "allow", "Use a peer as a gateway", gateway_allow), "ID",
                 "First digits of its fingerprint");
    takes_target(add(*gateway, "disallow", "Do not use it any more", gateway_disallow), "ID",
                 "First digits of its fingerprint");
  }

  void add_streams() {
    auto* all = add("events", "Follow everything: one JSON object per line, snapshots first", events);
    all->add_option("--topic", options_.topics, "Only status, peers, gateway or logs; may be given more than once");
    all->add_flag("--follow", options_.follow, "Wait for the daemon and connect again when it goes");
    auto* log = add("logs", "Follow the log", logs);
    log->add_option("--level", options_.level, "This level and graver: trace, debug, info, warn, error");
    log->add_option("--source", options_.sources, "Only these parts; may be given more than once");
    log->add_flag("--once", options_.once, "Print the latest lines and end");
  }

  void add_rest() {
    auto* ledger = add("handshakes", "Attempts to pair, the step reached and the reason", handshakes);
    ledger->add_option("ID", options_.target, "Only this peer");
    auto* config = app_.add_subcommand("config", "The configuration in force");
    config->require_subcommand(1);
    auto* get = add(*config, "get", "Print it, secrets left out", config_get);
    get->add_option("--format", options_.format, "toml or json")->capture_default_str();
    auto* stop = add("shutdown", "Stop the daemon; a block in force stays", shutdown);
    stop->add_flag("--release", options_.release, "Open the block first");
    auto* call = add("rpc", "Call any method and print its result", rpc);
    takes_target(call, "METHOD", "See docs/RPC.md, or: pim rpc rpc.discover");
    call->add_option("PARAMS", options_.params, "A JSON object");
  }

  CLI::App app_{"pim shares internet over an encrypted mesh of the devices around you."};
  Options options_;
  Command command_ = nullptr;
};

}  // namespace

int main(int count, char** arguments) {
  // A reader that has seen enough (| head) ends this program; nothing else is worth saying then.
  std::signal(SIGPIPE, SIG_DFL);
  return Program().run(count, arguments);
}
