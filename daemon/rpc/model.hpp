// What the RPC thread knows: the contract's own values, fed by deltas and read by queries and snapshots.
// Nothing here waits for another thread; counters come in when somebody asks (Backend::refresh_counters).
#pragma once

#include <deque>
#include <map>
#include <variant>

#include "protocol/contract.hpp"

namespace pim::rpc {

struct PeerRemoved {
  std::string node_id;          ///< empty for a peer known only by address
  std::string config_entry_id;  ///< names it then
};

/// The configuration in both forms, without secrets.
struct ConfigChanged {
  protocol::ConfigGetResult toml;
  protocol::ConfigGetResult json;
};

/// One change. States come before the events that tell of them, in one batch, so that a snapshot taken
/// between two batches never lacks what an earlier event said. `Status` counts without its peers.
using Delta = std::variant<protocol::Status, protocol::PeerSummary, PeerRemoved, std::vector<protocol::PeerDiscovered>,
                           protocol::GatewayStatus, protocol::HandshakeRecord, ConfigChanged, protocol::StatusEvent,
                           protocol::PeerEvent, protocol::GatewayEvent, protocol::LogEvent>;

/// Payload bytes over all peers since start, those that left included.
struct TrafficTotals {
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
  bool operator==(TrafficTotals const&) const = default;
};

class Model {
 public:
  static constexpr std::size_t max_handshakes = 512;
  static constexpr std::size_t max_log_lines = 1000;
  static constexpr std::size_t max_log_bytes = std::size_t{256} << 10;

  /// With it begin the keys of peers known only by address: after all node_ids.
  static constexpr char const* key_without_id = "~";

  void apply(Delta const& delta);

  /// False until the first Status came: queries answer "not ready" then.
  [[nodiscard]] bool is_ready() const { return is_ready_; }
  /// The node with all its peers.
  [[nodiscard]] protocol::Status full_status() const;
  /// Sorted by node_id; those known only by address last.
  [[nodiscard]] std::vector<protocol::PeerSummary> peers() const;
  [[nodiscard]] std::map<std::string, protocol::PeerSummary> const& peers_by_key() const { return peers_; }
  [[nodiscard]] std::vector<protocol::PeerDiscovered> const& discovered() const { return discovered_; }
  [[nodiscard]] std::deque<protocol::HandshakeRecord> const& handshakes() const { return handshakes_; }
  [[nodiscard]] std::optional<ConfigChanged> const& config() const { return config_; }
  [[nodiscard]] std::deque<protocol::LogEvent> const& log() const { return log_; }

  /// For refresh_counters: what moves without being an event.
  [[nodiscard]] protocol::Status& status() { return status_; }
  [[nodiscard]] protocol::Status const& status() const { return status_; }
  [[nodiscard]] protocol::GatewayStatus& gateway() { return gateway_; }
  [[nodiscard]] protocol::GatewayStatus const& gateway() const { return gateway_; }
  [[nodiscard]] TrafficTotals& totals() { return totals_; }
  [[nodiscard]] TrafficTotals const& totals() const { return totals_; }
  /// Null when nobody has this id.
  [[nodiscard]] protocol::PeerSummary* find_peer(std::string const& node_id);

 private:
  void on(protocol::Status const& status);
  void on(protocol::PeerSummary const& peer);
  void on(PeerRemoved const& removed);
  void on(std::vector<protocol::PeerDiscovered> const& discovered) { discovered_ = discovered; }
  void on(protocol::GatewayStatus const& gateway) { gateway_ = gateway; }
  void on(protocol::HandshakeRecord const& record);
  void on(ConfigChanged const& config) { config_ = config; }
  void on(protocol::StatusEvent const&) {}
  void on(protocol::PeerEvent const&) {}
  void on(protocol::GatewayEvent const&) {}
  void on(protocol::LogEvent const& line);

  bool is_ready_ = false;
  protocol::Status status_;  ///< its peers are empty; they live in peers_
  std::map<std::string, protocol::PeerSummary> peers_;
  std::vector<protocol::PeerDiscovered> discovered_;
  protocol::GatewayStatus gateway_;
  TrafficTotals totals_;
  std::deque<protocol::HandshakeRecord> handshakes_;  ///< newest first
  std::optional<ConfigChanged> config_;
  std::deque<protocol::LogEvent> log_;  ///< oldest first
  std::size_t log_bytes_ = 0;
};

}  // namespace pim::rpc
