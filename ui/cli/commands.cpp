#include "ui/cli/commands.hpp"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "ui/cli/daemon.hpp"
#include "ui/cli/release.hpp"
#include "ui/cli/ssh_guard.hpp"
#include "ui/cli/text.hpp"
#include "ui/model/format.hpp"

namespace pim::cli {

namespace method = protocol::method;

namespace {

std::optional<std::string> unless_empty(std::string const& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

bool is_id_prefix(std::string const& text) {
  return text.size() >= 8 && text.size() <= 32 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

bool confirm(std::string const& question) {
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

int usage(std::string const& message) {
  std::cerr << "pim: " << message << "\n";
  return code(Exit::usage);
}

/// The one peer whose id begins so, else none: the daemon judges what to do with the prefix itself.
protocol::PeerSummary const* find(std::vector<protocol::PeerSummary> const& peers, std::string const& prefix) {
  protocol::PeerSummary const* found = nullptr;
  for (auto const& peer : peers) {
    if (!peer.node_id.starts_with(prefix)) continue;
    if (found != nullptr) return nullptr;
    found = &peer;
  }
  return found;
}

}  // namespace

int status(Options const& options) {
  return ask<method::GetStatus>(options, {}, [&](protocol::Status const& status) {
    print_result(options, status, text_of(status));
    return code(status.kill_switch.engaged ? Exit::blocked : Exit::ok);
  });
}

int peers_list(Options const& options) {
  return ask<method::PeersList>(options, {}, [&](auto const& peers) {
    print_result(options, peers, text_of(peers));
    return code(Exit::ok);
  });
}

int peers_discovered(Options const& options) {
  return ask<method::PeersDiscovered>(options, {}, [&](auto const& discovered) {
    print_result(options, discovered, text_of(discovered));
    return code(Exit::ok);
  });
}

int peers_add(Options const& options) {
  auto const mechanism = protocol::parse_enum<protocol::Mechanism>(options.mechanism);
  if (!mechanism) return usage("--mechanism is udp");
  protocol::PeersAddStaticParams const params{options.target, *mechanism, unless_empty(options.label),
                                              unless_empty(options.node_id), unless_empty(options.public_key)};
  return ask<method::PeersAddStatic>(options, params, [&](auto const& added) {
    std::string text = "Added as " + added.config_entry_id + "; pim keeps trying " + options.target + ".\n";
    if (added.node_id) text += "It must answer as " + ui::grouped_text(*added.node_id) + ".\n";
    print_result(options, added, text + "It may be used as a gateway, since you named it.\n");
    return code(Exit::ok);
  });
}

int peers_remove(Options const& options) {
  bool const by_id = is_id_prefix(options.target);
  protocol::PeersRemoveParams const params{by_id ? unless_empty(options.target) : std::nullopt,
                                           by_id ? std::nullopt : unless_empty(options.target)};
  return ask<method::PeersRemove>(options, params, [&](auto const& null) {
    print_result(options, null, "Removed " + options.target + "; its identity stays known until: pim peers forget\n");
    return code(Exit::ok);
  });
}

int peers_forget(Options const& options) {
  return ask<method::PeersForget>(options, {options.target, {}}, [&](auto const& forgotten) {
    print_result(
        options, forgotten,
        forgotten.forgot_identity ? "Forgotten; the next contact is a first one.\n" : "There was nothing to forget.\n");
    return code(Exit::ok);
  });
}

// Comparing takes a person: the whole fingerprint is shown and asked about, unless --yes says it was done.
int peers_verify(Options const& options) {
  return with_daemon(options, [&](Daemon& daemon) {
    auto const listed = daemon.ask<method::PeersList>();
    if (auto const* failed = std::get_if<Failed>(&listed)) return complain(*failed, options);
    auto const* peer = find(std::get<0>(listed), options.target);
    if (!options.yes) {
      if (::isatty(STDIN_FILENO) == 0) return usage("compare the fingerprint first, then say --yes");
      std::string const id = peer != nullptr ? peer->node_id : options.target;
      if (!confirm("Does the other device show\n  " + ui::grouped_text(id) + "\nas its fingerprint?"))
        return usage("nothing was recorded");
    }
    auto const answer = daemon.ask<method::PeersVerify>({peer != nullptr ? peer->node_id : options.target});
    if (auto const* failed = std::get_if<Failed>(&answer)) return complain(*failed, options);
    auto const& verified = std::get<0>(answer);
    print_result(options, verified,
                 ui::grouped_text(verified.node_id) + " is now " + std::string(to_string(verified.trust)) + ".\n");
    return code(Exit::ok);
  });
}

int route_on(Options const& options) {
  char const* ssh = std::getenv("SSH_CONNECTION");
  if (!options.force && ssh != nullptr && would_cut_ssh(ssh, local_addresses())) {
    std::cerr << "pim: this ssh session comes from outside the LAN and would be cut, since its answers would leave "
                 "through the mesh; say --force to do it all the same\n";
    return code(Exit::refused);
  }
  return ask<method::RouteSetSplitDefault>(options, {true}, [&](auto const& result) {
    bool const is_blocked = result.on && !result.via_gateway_id;
    std::string const text =
        is_blocked ? "Routing is on and internet is BLOCKED until a gateway is usable; pim status says why.\n"
                   : "Internet goes through the mesh, out at " + result.via_gateway_id.value_or("") + ".\n";
    print_result(options, result, text);
    return code(is_blocked ? Exit::blocked : Exit::ok);
  });
}

int route_off(Options const& options) {
  auto dialled = link::dial(link::socket_places(options.socket));
  if (auto const* absent = std::get_if<link::NoDaemon>(&dialled)) {
    // Never beside a daemon that lives: it would put back what was taken away.
    if (!absent->may_exist) return release_without_daemon();
    std::cerr << "pim: say it as the daemon's user, or: sudo pim route off\n";
    return complain(*absent, options);
  }
  Daemon daemon(std::get<link::Dialled>(std::move(dialled)));
  auto const answer = daemon.ask<method::RouteSetSplitDefault>({false});
  if (auto const* failed = std::get_if<Failed>(&answer)) {
    // It died while it was asked: what it left behind is released without it.
    return failed->error ? complain(*failed, options) : release_without_daemon();
  }
  print_result(options, std::get<0>(answer), "Internet goes directly again, not through the mesh.\n");
  return code(Exit::ok);
}

int route_table(Options const& options) {
  return ask<method::GetRouteTable>(options, {}, [&](auto const& table) {
    print_result(options, table, text_of(table));
    return code(Exit::ok);
  });
}

int route_explain(Options const& options) {
  return ask<method::RouteExplain>(options, {options.target}, [&](auto const& explanation) {
    print_result(options, explanation, text_of(explanation));
    return code(explanation.course == protocol::RouteCourse::blocked ? Exit::blocked : Exit::ok);
  });
}

int gateway_preflight(Options const& options) {
  return ask<method::PreflightGateway>(options, {}, [&](protocol::GatewayPreflight const& preflight) {
    print_result(options, preflight, text_of(preflight));
    bool is_ready = preflight.supported;
    for (auto const& check : preflight.checks) is_ready = is_ready && check.ok;
    return code(is_ready ? Exit::ok : Exit::refused);
  });
}

int gateway_on(Options const& options) {
  return with_daemon(options, [&](Daemon& daemon) {
    auto uplink = options.target;
    if (uplink.empty()) {
      auto const answer = daemon.ask<method::PreflightGateway>();
      if (auto const* failed = std::get_if<Failed>(&answer)) return complain(*failed, options);
      auto const& suggested = std::get<0>(answer).suggested_nat_interfaces;
      if (suggested.empty()) return usage("no uplink was found; name one: pim gateway on INTERFACE");
      uplink = suggested.front();
    }
    auto const answer = daemon.ask<method::GatewayEnable>({uplink, options.max_connections, options.priority});
    if (auto const* failed = std::get_if<Failed>(&answer)) return complain(*failed, options);
    auto const& enabled = std::get<0>(answer);
    print_result(options, enabled,
                 "This device shares its internet over " + enabled.nat_interface + " (gateway on).\n");
    return code(Exit::ok);
  });
}

int gateway_off(Options const& options) {
  return ask<method::GatewayDisable>(options, {}, [&](auto const& result) {
    print_result(options, result, "This device no longer shares its internet (gateway off).\n");
    return code(Exit::ok);
  });
}

int gateway_status(Options const& options) {
  return with_daemon(options, [&](Daemon& daemon) {
    auto const answer = daemon.ask<method::GetGatewayStatus>();
    if (auto const* failed = std::get_if<Failed>(&answer)) return complain(*failed, options);
    auto const& gateway = std::get<0>(answer);
    bool routes_its_own = false;
    if (!gateway.active && !options.json) {
      auto const asked = daemon.ask<method::GetStatus>();
      if (auto const* failed = std::get_if<Failed>(&asked)) return complain(*failed, options);
      routes_its_own = std::get<0>(asked).route_on;
    }
    print_result(options, gateway, text_of(gateway, routes_its_own));
    return code(Exit::ok);
  });
}

int gateway_allow(Options const& options) {
  return ask<method::GatewaysAllow>(options, {options.target}, [&](auto const& consent) {
    print_result(options, consent, ui::grouped_text(consent.node_id) + " may be used as a gateway.\n");
    return code(Exit::ok);
  });
}

int gateway_disallow(Options const& options) {
  return ask<method::GatewaysDisallow>(options, {options.target}, [&](auto const& consent) {
    print_result(options, consent, ui::grouped_text(consent.node_id) + " is not used as a gateway any more.\n");
    return code(Exit::ok);
  });
}

int handshakes(Options const& options) {
  return ask<method::HandshakesList>(options, {unless_empty(options.target)}, [&](auto const& records) {
    print_result(options, records, text_of(records));
    return code(Exit::ok);
  });
}

int config_get(Options const& options) {
  auto const format = protocol::parse_enum<protocol::ConfigFormat>(options.format);
  if (!format) return usage("--format is toml or json");
  return ask<method::ConfigGet>(options, {format}, [&](protocol::ConfigGetResult const& config) {
    std::string toml;
    bool const is_toml = *format == protocol::ConfigFormat::toml &&
                         !protocol::decode_text(config.config.text, toml, protocol::UnknownFields::ignore);
    print_result(options, config, is_toml ? toml : config.config.text + "\n");
    return code(Exit::ok);
  });
}

int shutdown(Options const& options) {
  return ask<method::DaemonShutdown>(options, {options.release}, [&](auto const& result) {
    print_result(
        options, result,
        result.released ? "pim stops; every trace on this host is gone.\n" : "pim stops; a block in force stays.\n");
    return code(Exit::ok);
  });
}

}  // namespace pim::cli
