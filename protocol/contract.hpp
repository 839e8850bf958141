// The contract: every method, topic and error as three type lists. The daemon's dispatch, the clients'
// calls, the documentation and the schema all fold over these, so a line here reaches all of them and a
// method without a handler does not compile.
#pragma once

#include <boost/mp11/list.hpp>

#include <span>

#include "protocol/types/handshakes.hpp"
#include "protocol/types/routes.hpp"
#include "protocol/types/session.hpp"

namespace pim::protocol {

/// Who answers a method.
enum class Kind : std::uint8_t {
  session,  ///< the connection itself: hello, discover, subscriptions
  query,    ///< the model on the RPC thread
  command,  ///< the backend: something changes or is really checked
};

struct ErrorCode {
  std::int32_t code;
  std::string_view name;
  std::string_view help;
};

namespace errors {
#define PIM_ERROR(identifier, code, help) inline constexpr ErrorCode identifier{code, #identifier, help};
PIM_ERROR(parse_error, -32700, "the line is not JSON, or not UTF-8")
PIM_ERROR(invalid_request, -32600, "not a request, a limit was passed, or no hello came first")
PIM_ERROR(method_not_found, -32601, "no such method in this build")
PIM_ERROR(invalid_params, -32602, "the parameters do not fit; data is InvalidParamsData")
PIM_ERROR(internal_error, -32603, "a fault of the daemon; its log says more")
PIM_ERROR(not_ready, -32000, "cannot be answered now; the message says why")
PIM_ERROR(version_mismatch, -32001, "another rpc_version is spoken here")
PIM_ERROR(not_supported, -32002, "not on this platform")
PIM_ERROR(peer_not_found, -32010, "nobody has this id or entry")
PIM_ERROR(peer_already_exists, -32011, "an entry says the same already")
PIM_ERROR(invalid_peer_address, -32012, "the address cannot be read or used")
PIM_ERROR(ambiguous_id, -32013, "the short id fits several peers; data is AmbiguousIdData")
PIM_ERROR(config_invalid, -32020, "the configuration does not hold")
PIM_ERROR(config_not_saved, -32021, "the configuration was not written")
PIM_ERROR(preflight_failed, -32030, "this device cannot share its internet now; data is PreflightFailedData")
PIM_ERROR(gateway_not_supported, -32031, "this system cannot be a gateway")
PIM_ERROR(route_failed, -32040, "routing was not changed; the message says why")
PIM_ERROR(identity_mismatch, -32041, "this node_id does not belong to this public_key")
PIM_ERROR(already_subscribed, -32050, "one subscription per topic and connection")
PIM_ERROR(not_subscribed, -32051, "no such subscription on this connection")
#undef PIM_ERROR

/// Errors that every method may answer with, beside its own.
inline constexpr std::array common{parse_error,    invalid_request, method_not_found, invalid_params,
                                   internal_error, not_ready,       version_mismatch};
inline constexpr std::array all{parse_error,    invalid_request,     method_not_found,     invalid_params,
                                internal_error, not_ready,           version_mismatch,     not_supported,
                                peer_not_found, peer_already_exists, invalid_peer_address, ambiguous_id,
                                config_invalid, config_not_saved,    preflight_failed,     gateway_not_supported,
                                route_failed,   identity_mismatch,   already_subscribed,   not_subscribed};
}  // namespace errors

namespace method {

/// PIM_METHOD(Tag, "name", kind, Params, Result, "help", errors of its own...)
#define PIM_METHOD(Tag, wire, method_kind, ParamsType, ResultType, help_text, ...)          \
  struct Tag {                                                                              \
    static constexpr std::string_view name = wire;                                          \
    static constexpr std::string_view help = help_text;                                     \
    static constexpr Kind kind = Kind::method_kind;                                         \
    static constexpr std::array<ErrorCode, PIM_COUNT(__VA_ARGS__)> own_errors{__VA_ARGS__}; \
    using Params = ParamsType;                                                              \
    using Result = ResultType;                                                              \
  };
#define PIM_COUNT(...) std::initializer_list<ErrorCode>{__VA_ARGS__}.size()

using namespace errors;
PIM_METHOD(Hello, "rpc.hello", session, HelloParams, HelloResult,
           "Opens the conversation; before it succeeds every other method is refused.")
PIM_METHOD(Discover, "rpc.discover", session, DiscoverParams, RawJson, "The OpenRPC document of this very build.")

PIM_METHOD(GetStatus, "status", query, StatusParams, Status, "The node as a whole.")
PIM_METHOD(StatusSubscribe, "status.subscribe", session, StatusSubscribeParams, StatusSubscribed,
           "Follows the node: the state now, then status.event.", already_subscribed)
PIM_METHOD(StatusUnsubscribe, "status.unsubscribe", session, UnsubscribeParams, Null, "Ends the subscription.",
           not_subscribed)

PIM_METHOD(PeersList, "peers.list", query, PeersListParams, std::vector<PeerSummary>,
           "All known peers and every node that routing reaches, sorted by node_id; those known only by address come "
           "last, all of them on the last page.")
PIM_METHOD(PeersDiscovered, "peers.discovered", query, PeersDiscoveredParams, std::vector<PeerDiscovered>,
           "Nodes heard on the local links, one line per node and interface.")
PIM_METHOD(PeersAddStatic, "peers.add_static", command, PeersAddStaticParams, PeersAddStaticResult,
           "Names a peer by address; it is tried from now on and may be used as a gateway.", peer_already_exists,
           invalid_peer_address, identity_mismatch)
PIM_METHOD(PeersRemove, "peers.remove", command, PeersRemoveParams, Null,
           "Removes an entry; what is known of the identity stays.", peer_not_found, ambiguous_id)
PIM_METHOD(PeersForget, "peers.forget", command, PeersForgetParams, PeersForgetResult,
           "Removes what is known of an identity, so that the next contact is a first one.", peer_not_found,
           ambiguous_id)
PIM_METHOD(PeersVerify, "peers.verify", command, PeersVerifyParams, PeersVerifyResult,
           "Records that the user compared the fingerprint.", peer_not_found, ambiguous_id)
PIM_METHOD(PeersSubscribe, "peers.subscribe", session, PeersSubscribeParams, PeersSubscribed,
           "Follows the peers: all of them now, then peers.event.", already_subscribed)
PIM_METHOD(PeersUnsubscribe, "peers.unsubscribe", session, UnsubscribeParams, Null, "Ends the subscription.",
           not_subscribed)

PIM_METHOD(GatewaysAllow, "gateways.allow", command, GatewaysAllowParams, GatewayConsent,
           "Names a node as a gateway that may be used.", peer_not_found, ambiguous_id)
PIM_METHOD(GatewaysDisallow, "gateways.disallow", command, GatewaysDisallowParams, GatewayConsent, "Takes that back.",
           peer_not_found, ambiguous_id)

PIM_METHOD(RouteSetSplitDefault, "route.set_split_default", command, RouteSetSplitDefaultParams,
           RouteSetSplitDefaultResult,
           "Turns routing of all internet traffic through the mesh on or off. With no usable gateway, on is not an "
           "error: the block is armed, via_gateway_id is null and kill_switch.cause says why.",
           route_failed)
PIM_METHOD(GetRouteTable, "route.table", command, RouteTableParams, RouteTable,
           "Routes, gateways that the user named, and offers of others.")
PIM_METHOD(RouteExplain, "route.explain", command, RouteExplainParams, RouteExplanation,
           "What becomes of a packet to one target now, and why.", peer_not_found, ambiguous_id)

PIM_METHOD(PreflightGateway, "gateway.preflight", command, GatewayPreflightParams, GatewayPreflight,
           "Checks whether this device can share its internet.")
PIM_METHOD(GatewayEnable, "gateway.enable", command, GatewayEnableParams, GatewayEnableResult,
           "Shares this device's internet with peers.", preflight_failed, gateway_not_supported)
PIM_METHOD(GatewayDisable, "gateway.disable", command, GatewayDisableParams, GatewayDisableResult, "Stops sharing.")
PIM_METHOD(GetGatewayStatus, "gateway.status", query, GatewayStatusParams, GatewayStatus, "This node as a gateway.")
PIM_METHOD(GatewaySubscribe, "gateway.subscribe", session, GatewaySubscribeParams, GatewaySubscribed,
           "Follows the gateway: its state now, then gateway.event.", already_subscribed)
PIM_METHOD(GatewayUnsubscribe, "gateway.unsubscribe", session, UnsubscribeParams, Null, "Ends the subscription.",
           not_subscribed)

PIM_METHOD(ConfigGet, "config.get", query, ConfigGetParams, ConfigGetResult,
           "The configuration in force, secrets left out.")
PIM_METHOD(HandshakesList, "handshakes.list", query, HandshakesListParams, std::vector<HandshakeRecord>,
           "The ledger of handshakes, newest first.", peer_not_found, ambiguous_id)
PIM_METHOD(LogsSubscribe, "logs.subscribe", session, LogsSubscribeParams, LogsSubscribed,
           "Follows the log: the latest lines that pass the filters, then logs.event.", already_subscribed)
PIM_METHOD(LogsUnsubscribe, "logs.unsubscribe", session, UnsubscribeParams, Null, "Ends the subscription.",
           not_subscribed)
PIM_METHOD(DaemonShutdown, "daemon.shutdown", command, DaemonShutdownParams, DaemonShutdownResult,
           "Stops the daemon, with or without opening a block in force.", route_failed)
#undef PIM_METHOD
#undef PIM_COUNT

}  // namespace method

using Methods = boost::mp11::mp_list<
    method::Hello, method::Discover, method::GetStatus, method::StatusSubscribe, method::StatusUnsubscribe,
    method::PeersList, method::PeersDiscovered, method::PeersAddStatic, method::PeersRemove, method::PeersForget,
    method::PeersVerify, method::PeersSubscribe, method::PeersUnsubscribe, method::GatewaysAllow,
    method::GatewaysDisallow, method::RouteSetSplitDefault, method::GetRouteTable, method::RouteExplain,
    method::PreflightGateway, method::GatewayEnable, method::GatewayDisable, method::GetGatewayStatus,
    method::GatewaySubscribe, method::GatewayUnsubscribe, method::ConfigGet, method::HandshakesList,
    method::LogsSubscribe, method::LogsUnsubscribe, method::DaemonShutdown>;

/// What can be followed. `event_method` names the notification; `coalesces` tells which events only carry
/// the newest of something that is counted.
namespace topic {

struct StatusTopic {
  static constexpr std::string_view name = "status";
  static constexpr std::string_view event_method = "status.event";
  static constexpr std::string_view help = "The node: roles, interface, gateway, routing switch, kill-switch, samples.";
  using Event = StatusEvent;
  using Snapshot = Status;
  using Subscribe = method::StatusSubscribe;
  using Unsubscribe = method::StatusUnsubscribe;
  static constexpr bool coalesces(Event const& event) { return event.kind == StatusEventKind::sample; }
};

struct PeersTopic {
  static constexpr std::string_view name = "peers";
  static constexpr std::string_view event_method = "peers.event";
  static constexpr std::string_view help = "Peers: sessions, paths, trust, failed attempts to pair.";
  using Event = PeerEvent;
  using Snapshot = std::vector<PeerSummary>;
  using Subscribe = method::PeersSubscribe;
  using Unsubscribe = method::PeersUnsubscribe;
  static constexpr bool coalesces(Event const&) { return false; }
};

struct GatewayTopic {
  static constexpr std::string_view name = "gateway";
  static constexpr std::string_view event_method = "gateway.event";
  static constexpr std::string_view help = "This node as a gateway: on, off, who uses it, how full it is.";
  using Event = GatewayEvent;
  using Snapshot = GatewayStatus;
  using Subscribe = method::GatewaySubscribe;
  using Unsubscribe = method::GatewayUnsubscribe;
  static constexpr bool coalesces(Event const& event) { return event.kind == GatewayEventKind::throughput_sample; }
};

struct LogsTopic {
  static constexpr std::string_view name = "logs";
  static constexpr std::string_view event_method = "logs.event";
  static constexpr std::string_view help = "Log lines that pass the subscription's filters.";
  using Event = LogEvent;
  using Snapshot = LogSnapshot;
  using Subscribe = method::LogsSubscribe;
  using Unsubscribe = method::LogsUnsubscribe;
  static constexpr bool coalesces(Event const&) { return false; }
};

}  // namespace topic

using Topics = boost::mp11::mp_list<topic::StatusTopic, topic::PeersTopic, topic::GatewayTopic, topic::LogsTopic>;

/// Sent instead of events that a slow client missed: the state again, and how many events it replaces.
template <class Topic>
struct Lagged {
  std::uint64_t dropped = 0;
  typename Topic::Snapshot snapshot;
};

}  // namespace pim::protocol
