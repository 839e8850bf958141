// The configuration as one plain value. Every key, with its range, default and help, stands in the table
// of keys.hpp; decode.hpp makes a Config of a file's text. An absent file means Config{}.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "control/settings.hpp"
#include "trust/verdict.hpp"

namespace pim::config {

inline constexpr std::uint16_t default_listen_port = 9100;
inline constexpr std::uint16_t default_discovery_port = 9101;

/// Text that is never shown: no comparison, no printing, not part of what config.get renders.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] bool is_set() const { return !text_.empty(); }
  [[nodiscard]] std::string const& reveal() const { return text_; }

 private:
  std::string text_;
};

struct Node {
  std::string name{};      ///< empty: the host's name
  std::string data_dir{};  ///< empty: $XDG_STATE_HOME/pim
};

struct Interface {
  std::string name = "pim0";
  std::uint16_t mtu = 1344;
  std::optional<IpAddress> mesh_ip{};                                      ///< none: derived from the node id
  control::AcceptInbound accept_inbound = control::AcceptInbound::paired;  ///< ICMP echo always may
};

struct Transport {
  std::uint16_t listen_port = default_listen_port;
  std::chrono::milliseconds handshake_timeout{5000};
};

struct Mesh {
  std::string network = "pim";
  SecretText secret{};
};

struct Discovery {
  bool enabled = true;
  std::uint16_t port = default_discovery_port;  ///< the host plan lets the daemon's own datagrams of it pass
  std::chrono::milliseconds peer_timeout{180'000};
  control::Connect connect = control::Connect::automatic;
};

struct Peer {
  HostPort address{};
  std::optional<NodeId> node_id{};
  std::optional<PublicKey> public_key{};
  std::string label{};
  std::optional<IpAddress> mesh_ip{};
};

struct Trust {
  trust::Policy policy = trust::Policy::trust_on_first_use;
  std::vector<NodeId> allow_list{};
};

struct Relay {
  bool enabled = true;
};

struct Routing {
  bool split_default = false;      ///< at the first start only; later the user's last answer holds
  std::vector<NodeId> gateways{};  ///< in the order in which they are tried
  bool allow_lan = true;
  bool hold_on_exit = true;
};

struct Gateway {
  bool enabled = false;
  std::string nat_interface{};  ///< empty: the device of the default route
  std::uint32_t max_connections = 1024;
  std::uint8_t priority = 100;
  bool allow_private = false;
};

struct Rpc {
  std::string socket{};  ///< empty: the usual places, in order
  std::string group{};   ///< empty: this user alone
};

struct Log {
  LogLevel level = LogLevel::info;
  std::string file{};  ///< empty: standard error
};

struct Config {
  Node node;
  Interface interface;
  Transport transport;
  Mesh mesh;
  Discovery discovery;
  std::vector<Peer> peers;
  Trust trust;
  Relay relay;
  Routing routing;
  Gateway gateway;
  Rpc rpc;
  Log log;
};

}  // namespace pim::config
