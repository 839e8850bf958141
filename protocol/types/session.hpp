// The conversation itself: hello, subscriptions, errors, and the methods about the daemon.
#pragma once

#include "protocol/types/gateway.hpp"
#include "protocol/types/logs.hpp"
#include "protocol/types/status.hpp"

namespace pim::protocol {

inline constexpr std::uint32_t rpc_version = 1;

struct HelloParams {
  std::string client;
  std::uint32_t rpc_version = 0;
};
PIM_STRUCT(HelloParams, "Who calls.", (client, "name and version, for the log"), (rpc_version, "1"))

struct HelloResult {
  std::string daemon;
  std::uint32_t rpc_version = 0;
  std::vector<std::string> features;
  bool operator==(HelloResult const&) const = default;
};
PIM_STRUCT(HelloResult, "Who answers.",  //
           (daemon, "name and version"), (rpc_version, "1"), (features, "what this build can do"))

struct DiscoverParams {};
PIM_EMPTY_STRUCT(DiscoverParams, "Nothing.")

struct StatusSubscribeParams {};
PIM_EMPTY_STRUCT(StatusSubscribeParams, "Nothing.")
struct PeersSubscribeParams {};
PIM_EMPTY_STRUCT(PeersSubscribeParams, "Nothing.")
struct GatewaySubscribeParams {};
PIM_EMPTY_STRUCT(GatewaySubscribeParams, "Nothing.")

struct UnsubscribeParams {
  std::string subscription_id;
};
PIM_STRUCT(UnsubscribeParams, "Which subscription ends.", (subscription_id, "as subscribe gave it"))

struct StatusSubscribed {
  std::string subscription_id;
  std::uint64_t seq = 0;
  Status snapshot;
};
PIM_STRUCT(StatusSubscribed, "The subscription and the state it starts from.",  //
           (subscription_id, "for unsubscribe"), (seq, "the next notification carries seq + 1"),
           (snapshot, "all of it"))

struct PeersSubscribed {
  std::string subscription_id;
  std::uint64_t seq = 0;
  std::vector<PeerSummary> snapshot;
};
PIM_STRUCT(PeersSubscribed, "The subscription and the state it starts from.",  //
           (subscription_id, "for unsubscribe"), (seq, "the next notification carries seq + 1"),
           (snapshot, "all peers"))

struct GatewaySubscribed {
  std::string subscription_id;
  std::uint64_t seq = 0;
  GatewayStatus snapshot;
};
PIM_STRUCT(GatewaySubscribed, "The subscription and the state it starts from.",  //
           (subscription_id, "for unsubscribe"), (seq, "the next notification carries seq + 1"),
           (snapshot, "all of it"))

struct LogsSubscribed {
  std::string subscription_id;
  std::uint64_t seq = 0;
  LogSnapshot snapshot;
};
PIM_STRUCT(LogsSubscribed, "The subscription and the lines it starts from.",  //
           (subscription_id, "for unsubscribe"), (seq, "the next notification carries seq + 1"),
           (snapshot, "the latest lines"))

PIM_ENUM(ConfigFormat, "How a configuration is written.", (toml, "the file as it is"), (json, "an object"))

struct ConfigGetParams {
  std::optional<ConfigFormat> format;
};
PIM_STRUCT(ConfigGetParams, "In which form.", (format, "toml when absent"))

struct ConfigGetResult {
  ConfigFormat format = ConfigFormat::toml;
  RawJson config;
  Nullable<std::string> source_path;
  Nullable<Timestamp> last_modified;
  bool operator==(ConfigGetResult const&) const = default;
};
PIM_STRUCT(ConfigGetResult, "The configuration in force, secrets left out.",  //
           (format, "as asked"), (config, "a string for toml, an object for json"),
           (source_path, "the file; null when there is none"), (last_modified, "of that file"))

struct DaemonShutdownParams {
  bool release = false;
};
PIM_STRUCT(DaemonShutdownParams, "How to stop.",  //
           (release, "true: open the block first; false: a block in force stays"))

struct DaemonShutdownResult {
  bool released = false;
  bool operator==(DaemonShutdownResult const&) const = default;
};
PIM_STRUCT(DaemonShutdownResult, "The daemon exits after this answer.",  //
           (released, "every trace on the host is gone"))

struct RpcError {
  std::int32_t code = 0;
  std::string message;
  std::optional<RawJson> data;
  bool operator==(RpcError const&) const = default;
};
PIM_STRUCT(RpcError, "Why a call failed.", (code, "see Errors"), (message, "one sentence"), (data, "by code"))

struct InvalidParamsData {
  std::string path;
  std::string message;
};
PIM_STRUCT(InvalidParamsData, "Data of -32602.", (path, "JSON pointer into params"), (message, "what is wrong there"))

struct AmbiguousIdData {
  std::vector<std::string> matches;
};
PIM_STRUCT(AmbiguousIdData, "Data of -32013.", (matches, "all node_ids that begin so"))

struct PreflightFailedData {
  std::vector<PreflightCheck> checks;
};
PIM_STRUCT(PreflightFailedData, "Data of -32030.", (checks, "those that failed"))

}  // namespace pim::protocol
