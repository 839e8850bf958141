#include "config/keys.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "config/checks.hpp"

namespace pim::config {
namespace {

template <class T>
std::string shown(T const& value) {
  using pim::to_string;
  return to_string(value);
}
std::string shown(std::string const& value) { return value; }

template <class Field>
Key flag(std::string_view path, std::string_view help, Field field) {
  return {.path = path,
          .kind = Kind::boolean,
          .range = "true or false",
          .help = help,
          .set = [field](Config& config, std::size_t row, Value const& value) -> Result<void> {
            field(config, row) = std::get<bool>(value);
            return {};
          },
          .get = [field](Config const& config, std::size_t row) -> Value { return field(config, row); }};
}

/// `field` may be an integer or a duration.
template <class Field>
Key number(std::string_view path, std::int64_t min, std::int64_t max, std::string_view help, Field field) {
  auto const range = std::to_string(min) + " to " + std::to_string(max);
  return {.path = path,
          .kind = Kind::integer,
          .range = range,
          .help = help,
          .set = [=](Config& config, std::size_t row, Value const& value) -> Result<void> {
            auto const n = std::get<std::int64_t>(value);
            if (n < min || n > max) return fail("is out of range: " + range);
            auto& target = field(config, row);
            target = std::decay_t<decltype(target)>(n);
            return {};
          },
          .get = [field](Config const& config, std::size_t row) -> Value {
            auto const& source = field(config, row);
            if constexpr (requires { source.count(); })
              return std::int64_t{source.count()};
            else
              return std::int64_t{source};
          }};
}

/// `check` turns the text into what `field` holds. The text `unset`, where there is one, leaves it empty.
template <class Field, class Check>
Key text(std::string_view path, std::string_view range, std::string_view help, Field field, Check check,
         std::optional<std::string_view> unset = "") {
  return {.path = path,
          .kind = Kind::text,
          .range = std::string{range},
          .help = help,
          .set = [=](Config& config, std::size_t row, Value const& value) -> Result<void> {
            auto const& given = std::get<std::string>(value);
            auto& target = field(config, row);
            if (given == unset) {
              target = {};
              return {};
            }
            auto checked = check(given);
            if (!checked) return fail_with(checked.error());
            target = std::move(*checked);
            return {};
          },
          .get = [=](Config const& config, std::size_t row) -> Value {
            auto const& source = field(config, row);
            if constexpr (requires { source.has_value(); })
              return source ? shown(*source) : std::string{unset.value_or("")};
            else
              return shown(source);
          }};
}

template <class Names, class Field>
Key choice(std::string_view path, Names const& names, std::string_view help, Field field) {
  using Enum = std::decay_t<decltype(field(std::declval<Config&>(), 0))>;
  std::string range;
  for (auto const name : names) range += (range.empty() ? "" : ", ") + std::string{name};
  return {.path = path,
          .kind = Kind::text,
          .range = range,
          .help = help,
          .set = [=](Config& config, std::size_t row, Value const& value) -> Result<void> {
            auto const at = std::find(names.begin(), names.end(), std::get<std::string>(value));
            if (at == names.end()) return fail("must be one of: " + range);
            field(config, row) = static_cast<Enum>(at - names.begin());
            return {};
          },
          .get = [=](Config const& config, std::size_t row) -> Value {
            return std::string{names[static_cast<std::size_t>(field(config, row))]};
          }};
}

/// A key with one value today: files that say it keep working, and nothing else is promised.
Key constant(std::string_view path, std::string_view only, std::string_view help) {
  return {.path = path,
          .kind = Kind::text,
          .range = std::string{only},
          .help = help,
          .set = [=](Config&, std::size_t, Value const& value) -> Result<void> {
            if (std::get<std::string>(value) != only) return fail("can only be \"" + std::string{only} + "\"");
            return {};
          },
          .get = [=](Config const&, std::size_t) -> Value { return std::string{only}; }};
}

template <class Field>
Key node_ids(std::string_view path, std::string_view help, Field field) {
  return {.path = path,
          .kind = Kind::list,
          .range = "node ids of 32 hex digits, each once",
          .help = help,
          .set = [=](Config& config, std::size_t row, Value const& value) -> Result<void> {
            std::vector<NodeId> ids;
            for (auto const& item : std::get<std::vector<std::string>>(value)) {
              auto const id = check_node_id(item);
              if (!id) return fail("holds \"" + item + "\", which " + id.error().message);
              if (std::find(ids.begin(), ids.end(), *id) != ids.end()) return fail("holds " + item + " twice");
              ids.push_back(*id);
            }
            field(config, row) = std::move(ids);
            return {};
          },
          .get = [=](Config const& config, std::size_t row) -> Value {
            std::vector<std::string> items;
            for (auto const& id : field(config, row)) items.push_back(to_string(id));
            return items;
          }};
}

Key network_secret() {
  return {.path = "mesh.secret",
          .kind = Kind::text,
          .range = "empty, or 16 to 256 bytes",
          .help = "Shared by all nodes of a closed network, on top of their keys: who does not know it gets no answer.",
          .is_secret = true,
          .set = [](Config& config, std::size_t, Value const& value) -> Result<void> {
            auto const& given = std::get<std::string>(value);
            if (given.empty()) return config.mesh.secret = SecretText{}, Result<void>{};
            auto checked = check_secret(given);
            if (!checked) return fail_with(checked.error());
            config.mesh.secret = SecretText{std::move(*checked)};
            return {};
          },
          .get = [](Config const& config, std::size_t) -> Value {
            return std::string{config.mesh.secret.is_set() ? secret_shown : ""};
          }};
}

auto line_of(std::size_t max) {
  return [max](std::string const& given) { return check_line(given, max); };
}
Result<std::string> check_network(std::string const& given) {
  if (given.empty()) return fail("must not be empty");
  return check_line(given, 64);
}
auto path_of(std::size_t max) {
  return [max](std::string const& given) { return check_absolute_path(given, max); };
}

constexpr std::array accept_inbound_names = {std::string_view{"none"}, std::string_view{"paired"},
                                             std::string_view{"all"}};
constexpr std::array connect_names = {std::string_view{"auto"}, std::string_view{"known"}, std::string_view{"never"}};
constexpr std::array log_level_names = {std::string_view{"trace"}, std::string_view{"debug"}, std::string_view{"info"},
                                        std::string_view{"warn"}, std::string_view{"error"}};

#define PIM_AT(member) ([](auto& config, [[maybe_unused]] std::size_t row) -> auto& { return (config.member); })

void add_local_keys(std::vector<Key>& table) {
  table.push_back(text("node.name", "up to 64 bytes", "How this node calls itself; the host's name when empty.",
                       PIM_AT(node.name), line_of(64)));
  table.push_back(text("node.data_dir", "an absolute path",
                       "Identity, trust and state; $XDG_STATE_HOME/pim when empty. Must be 0700.",
                       PIM_AT(node.data_dir), path_of(4000)));

  table.push_back(text("interface.name", "up to 15 letters, digits, '_', '-', '.'",
                       "The tunnel device; marks, tables and rule numbers derive from it.", PIM_AT(interface.name),
                       check_interface_name, std::nullopt));
  table.push_back(number("interface.mtu", 1280, 1344,
                         "Largest packet inside the tunnel. Multiples of 64 are the cheapest to encrypt; 1344 fits "
                         "every path of 1500 bytes, relayed or not.",
                         PIM_AT(interface.mtu)));
  table.push_back(text("interface.mesh_ip", "auto, or an address in 10.77.0.0/16",
                       "The IPv4 alias of this node. A holder keeps its address, so a newcomer may get another.",
                       PIM_AT(interface.mesh_ip), check_mesh_ip, "auto"));
  table.push_back(constant("interface.mesh_ipv6", "auto",
                           "The IPv6 address follows from the node id and proves it, so it cannot be chosen."));
  table.push_back(
      choice("interface.accept_inbound", accept_inbound_names,
             "Who may open connections to this host through the tunnel: nobody, peers that you added, listed or "
             "verified, or everyone in the mesh. Ping is always answered.",
             PIM_AT(interface.accept_inbound)));

  table.push_back(
      number("transport.listen_port", 1, 65535, "UDP port for peers, IPv4 and IPv6.", PIM_AT(transport.listen_port)));
  table.push_back(number("transport.handshake_timeout_ms", 1000, 60000,
                         "After this long without a usable answer an attempt to reach a peer has failed.",
                         PIM_AT(transport.handshake_timeout)));
}

void add_discovery_keys(std::vector<Key>& table) {
  table.push_back(flag("discovery.enabled",
                       "Find nodes of the same network on the local links, and be found. Under allow_list this node "
                       "listens and says nothing of itself, unless [mesh] secret is set.",
                       PIM_AT(discovery.enabled)));
  table.push_back(
      number("discovery.port", 1, 65535, "UDP port for beacons; the same on all nodes.", PIM_AT(discovery.port)));
  table.push_back(
      number("discovery.peer_timeout_ms", 100'000, 86'400'000,
             "A node that was not heard for so long is no longer nearby. While no direct link to it is up, two "
             "of its beacons may be 90 seconds apart; while one is, it counts for 11 minutes at least.",
             PIM_AT(discovery.peer_timeout)));
  table.push_back(choice("discovery.connect", connect_names,
                         "Which of the nodes found are called: all that the trust policy admits, only those met "
                         "before or listed, or none.",
                         PIM_AT(discovery.connect)));
}

void add_peer_keys(std::vector<Key>& table) {
  table.push_back(text("mesh.network", "1 to 64 bytes", "Nodes of different networks do not see each other.",
                       PIM_AT(mesh.network), check_network, std::nullopt));
  table.push_back(network_secret());

  table.push_back(text("peers.address", "a name or an address, port 9100 when left out", "Where the peer is reached.",
                       PIM_AT(peers[row].address), check_peer_address, std::nullopt));
  table.push_back(
      text("peers.node_id", "32 hex digits", "The peer must be this node.", PIM_AT(peers[row].node_id), check_node_id));
  table.push_back(text("peers.public_key", "64 hex digits", "The peer must prove this key.",
                       PIM_AT(peers[row].public_key), check_public_key));
  table.push_back(text("peers.label", "up to 64 bytes", "Your name for the peer.", PIM_AT(peers[row].label),
                       line_of(trust::max_label_size)));
  table.push_back(text("peers.mesh_ip", "auto, or an address in 10.77.0.0/16",
                       "The IPv4 alias that this node uses for the peer.", PIM_AT(peers[row].mesh_ip), check_mesh_ip,
                       "auto"));

  table.push_back(choice("trust.policy", trust::policy_names,
                         "trust_on_first_use remembers who answered first at an address; allow_list admits those in "
                         "allow_list and peers with node_id or public_key alone and is silent to others; allow_all "
                         "admits everyone who proves a key.",
                         PIM_AT(trust.policy)));
  table.push_back(node_ids("trust.allow_list", "Nodes that allow_list admits.", PIM_AT(trust.allow_list)));
}

void add_route_keys(std::vector<Key>& table) {
  table.push_back(flag("relay.enabled",
                       "Pass on, still sealed, what peers send each other through this node. With false it announces "
                       "itself alone and forwards nothing.",
                       PIM_AT(relay.enabled)));
  table.push_back(flag("routing.split_default",
                       "Route the internet through the mesh at the very first start. Later the last answer given with "
                       "`pim route` holds.",
                       PIM_AT(routing.split_default)));
  table.push_back(node_ids("routing.gateways",
                           "Nodes that may carry this host's internet traffic, the preferred first.",
                           PIM_AT(routing.gateways)));
  table.push_back(flag("routing.allow_lan",
                       "While routing is on, private addresses of the local network stay reachable.",
                       PIM_AT(routing.allow_lan)));
  table.push_back(constant("routing.dns", "gateway", "While routing is on, names are asked at the gateway in use."));
  table.push_back(flag("routing.hold_on_exit",
                       "A daemon that ends while routing is on leaves the internet blocked, so that a restart leaks "
                       "nothing. With false it opens it.",
                       PIM_AT(routing.hold_on_exit)));

  table.push_back(flag("gateway.enabled", "Share this host's internet with peers.", PIM_AT(gateway.enabled)));
  table.push_back(text("gateway.nat_interface", "a network device",
                       "Where shared traffic leaves; the device of the default route when empty.",
                       PIM_AT(gateway.nat_interface), check_interface_name));
  table.push_back(number("gateway.max_connections", 1, 1'000'000,
                         "Connections of all peers together; one peer gets at most three quarters of them.",
                         PIM_AT(gateway.max_connections)));
  table.push_back(number("gateway.priority", 0, 255,
                         "Of gateways that a peer's own order does not tell apart it prefers the lower one. What "
                         "`pim gateway on` said last wins.",
                         PIM_AT(gateway.priority)));
  table.push_back(flag("gateway.allow_private", "Peers may also reach private addresses behind this gateway's uplink.",
                       PIM_AT(gateway.allow_private)));
}

void add_service_keys(std::vector<Key>& table) {
  table.push_back(text("rpc.socket", "an absolute path of up to 107 bytes",
                       "The control socket; when empty the first that can be made of $XDG_RUNTIME_DIR/pim.sock, "
                       "/run/pim/pim.sock and /tmp/pim-$UID/pim.sock. $PIM_RPC_SOCKET wins.",
                       PIM_AT(rpc.socket), path_of(107)));
  table.push_back(text("rpc.group", "a group of this system", "Its members may control the daemon, too.",
                       PIM_AT(rpc.group), line_of(64)));

  table.push_back(
      choice("log.level", log_level_names, "The least important records that are written.", PIM_AT(log.level)));
  table.push_back(text("log.file", "an absolute path", "Standard error when empty.", PIM_AT(log.file), path_of(4000)));
}

#undef PIM_AT

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::boolean: return "true or false";
    case Kind::integer: return "a whole number";
    case Kind::text: return "a text in quotes";
    case Kind::list: return "a list of texts";
  }
  return "";
}

std::vector<Key> const& keys() {
  static std::vector<Key> const table = [] {
    std::vector<Key> made;
    add_local_keys(made);
    add_peer_keys(made);
    add_discovery_keys(made);
    add_route_keys(made);
    add_service_keys(made);
    return made;
  }();
  return table;
}

Key const* find_key(std::string_view path) {
  auto const& table = keys();
  auto const at = std::find_if(table.begin(), table.end(), [=](Key const& key) { return key.path == path; });
  return at == table.end() ? nullptr : &*at;
}

std::vector<std::string_view> sections() {
  std::vector<std::string_view> names;
  for (auto const& key : keys())
    if (names.empty() || names.back() != key.section()) names.push_back(key.section());
  return names;
}

}  // namespace pim::config
