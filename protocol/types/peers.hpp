// Peers: who they are, how they are reached, how far they are trusted, and what happened to them.
#pragma once

#include "protocol/types/common.hpp"

namespace pim::protocol {

PIM_ENUM(PeerTransport, "What carries the direct link to a peer.",  //
         (tcp, "accepted from clients as \"by IP address\"; reported as udp"), (udp, "UDP over IP"),
         (bluetooth, "a Bluetooth network"), (wifi_direct, "a Wi-Fi Direct link"),
         (relay, "through other nodes, end-to-end encrypted"))

PIM_ENUM(Mechanism, "How a peer that the user adds is addressed.",  //
         (tcp, "by IP address (the same as udp)"), (udp, "by IP address"), (bluetooth, "over Bluetooth"),
         (wifi_direct, "over Wi-Fi Direct"))

PIM_ENUM(PeerState, "Where the session with a peer stands.",  //
         (active, "a session over a direct link"),
         (relayed, "reached through relays; without last_handshake_s the first packet begins the session"),
         (connecting, "a handshake is under way or about to be tried again"), (failed, "the last attempt failed"))

PIM_ENUM(TrustLevel, "How far a peer's identity is known.",  //
         (pending, "not met yet"), (first_use, "pinned at first contact, not compared"),
         (once, "accepted for this session only; nothing sets it yet"),
         (listed, "named in the configuration or by an invite"), (verified, "the user compared the fingerprint"),
         (open, "accepted because everyone is (allow_all)"),
         (blocked, "refused under every policy; nothing sets it yet"))

PIM_ENUM(PeerEventKind, "What happened to a peer.",  //
         (connected, "a session is up"), (disconnected, "the session is gone"),
         (state_changed, "anything else of it changed but counters and measurements"),
         (discovered, "heard nearby for the first time"), (pair_failed, "an attempt to pair failed; reason says why"),
         (pair_requested, "a peer waits for approval; not sent yet"),
         (trusted, "an identity was pinned or its trust was raised"), (forgotten, "an identity was removed"),
         (left, "it is not in the list any more: no way leads to it"))

struct PeerSummary {
  std::string node_id;
  std::string node_id_short;
  Nullable<std::string> label;
  std::string mesh_ip;
  PeerTransport transport = PeerTransport::udp;
  PeerState state = PeerState::connecting;
  std::uint32_t route_hops = 1;
  Nullable<std::string> via;
  std::uint64_t last_seen_s = 0;
  Nullable<double> latency_ms;
  bool is_gateway = false;
  bool static_ = false;
  Nullable<std::string> x25519_pubkey;
  Nullable<std::string> config_entry_id;
  double loss_percent = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
  Nullable<std::string> endpoint;
  Nullable<std::uint64_t> last_handshake_s;
  TrustLevel trust = TrustLevel::first_use;
  bool offers_internet = false;
  bool operator==(PeerSummary const&) const = default;
};
PIM_STRUCT(PeerSummary, "One peer as this node sees it, or a node that only routing tells of.",  //
           (node_id, "32 hex digits; empty while a peer known only by address has not answered"),
           (node_id_short, "the first 8 digits, for display only"), (label, "the user's name for it"),
           (mesh_ip, "its IPv4 address on the mesh, a hint before there was a session; empty while unknown"),
           (transport, "what carries the link"), (state, "where the session stands"), (route_hops, "1 is direct"),
           (via, "node_id of the relay that is the first hop; null where there is none"),
           (last_seen_s, "seconds since its last authenticated packet; since start when there was none"),
           (latency_ms, "round trip, smoothed"), (is_gateway, "offers internet and the user named it"),
           (static_, "added by the user or the configuration"), (x25519_pubkey, "its public key, 64 hex digits"),
           (config_entry_id, "the entry that names it, for peers.remove"),
           (loss_percent, "share of probes lost lately"), (rx_bytes, "received from it, payload bytes"),
           (tx_bytes, "sent to it, payload bytes"), (endpoint, "address and port of the direct link"),
           (last_handshake_s, "seconds since the current key was agreed"), (trust, "how far its identity is known"),
           (offers_internet, "offers internet, also when the user did not name it"))

struct PairDetail {
  std::optional<std::string> address;
  std::optional<std::string> expected;
  std::optional<std::string> seen;
  std::optional<std::string> step;
  bool operator==(PairDetail const&) const = default;
};
PIM_STRUCT(PairDetail, "What a failed attempt to pair expected and what it saw.",  //
           (address, "where it was tried or where it came from"), (expected, "the node_id or key that should answer"),
           (seen, "the node_id that did"), (step, "the last step of the handshake that was reached"))

struct PeerEvent {
  PeerEventKind kind = PeerEventKind::state_changed;
  PeerSummary peer;
  Timestamp at{};
  std::optional<std::string> reason;
  std::optional<PairDetail> detail;
  bool operator==(PeerEvent const&) const = default;
};
PIM_STRUCT(PeerEvent, "Something happened to a peer.",  //
           (kind, "what happened"), (peer, "the peer after it"), (at, "when"),
           (reason, "for pair_failed exactly one of: untrusted peer ID, noise handshake rejected, timeout"),
           (detail, "for pair_failed: expected against seen"))

struct PeersListParams {
  std::optional<std::string> after;
  std::optional<std::uint32_t> limit;
};
PIM_STRUCT(PeersListParams, "A page of the list.",  //
           (after,
            "the node_id of the line after which to go on, nothing when it is empty; all from the start when absent"),
           (limit, "at most so many, beside those known only by address; all when absent"))

PIM_ENUM(DiscoveryMechanism, "On what kind of link a node was heard.",  //
         (broadcast, "a network of the usual kind, by multicast and broadcast"), (bluetooth, "a Bluetooth network"),
         (wifi_direct, "a Wi-Fi Direct link"))

struct PeersDiscoveredParams {};
PIM_EMPTY_STRUCT(PeersDiscoveredParams, "Nothing.")

struct PeerDiscovered {
  Nullable<std::string> node_id;
  std::string address;
  DiscoveryMechanism mechanism = DiscoveryMechanism::broadcast;
  std::uint64_t first_seen_s = 0;
  std::uint64_t last_seen_s = 0;
  Nullable<std::string> label_announced;
  bool operator==(PeerDiscovered const&) const = default;
};
PIM_STRUCT(PeerDiscovered, "A node heard on a local link; until there is a session with it, a claim.",  //
           (node_id, "who it says it is, 32 hex digits"), (address, "where it says that it answers, with port"),
           (mechanism, "the kind of link"), (first_seen_s, "seconds since it was heard first"),
           (last_seen_s, "seconds since it was heard last"),
           (label_announced, "null: names are told inside sessions alone"))

struct PeersAddStaticParams {
  std::string address;
  Mechanism mechanism = Mechanism::udp;
  std::optional<std::string> label;
  std::optional<std::string> node_id;
  std::optional<std::string> public_key;
};
PIM_STRUCT(PeersAddStaticParams, "A peer that the user names.",  //
           (address, "IP address or name, with or without port"), (mechanism, "how the address is meant"),
           (label, "a name of the user's"), (node_id, "who must answer there, 32 hex digits"),
           (public_key, "the key that must answer there, 64 hex digits"))

struct PeersAddStaticResult {
  Nullable<std::string> node_id;
  std::string config_entry_id;
  bool operator==(PeersAddStaticResult const&) const = default;
};
PIM_STRUCT(PeersAddStaticResult, "The entry that was stored.",  //
           (node_id, "null until the address has answered"), (config_entry_id, "names the entry for peers.remove"))

struct PeersRemoveParams {
  std::optional<std::string> node_id;
  std::optional<std::string> config_entry_id;
};
PIM_STRUCT(PeersRemoveParams, "Exactly one of the two.",  //
           (node_id, "the peer, by id or unique prefix"), (config_entry_id, "the entry"))

struct PeersForgetParams {
  std::string node_id;
  std::optional<bool> also_delete_messages;
};
PIM_STRUCT(PeersForgetParams, "Whom to forget.",  //
           (node_id, "the peer, by id or unique prefix"),
           (also_delete_messages, "nothing: there are no conversations yet"))

struct PeersForgetResult {
  bool forgot_identity = false;
  std::uint64_t deleted_messages = 0;
  bool deleted_conversation = false;
  bool operator==(PeersForgetResult const&) const = default;
};
PIM_STRUCT(PeersForgetResult, "What was removed.",  //
           (forgot_identity, "a pin existed and is gone"), (deleted_messages, "how many"),
           (deleted_conversation, "a conversation existed and is gone"))

struct PeersVerifyParams {
  std::string node_id;
};
PIM_STRUCT(PeersVerifyParams, "Whose fingerprint the user compared.", (node_id, "the peer, by id or unique prefix"))

struct PeersVerifyResult {
  std::string node_id;
  TrustLevel trust = TrustLevel::verified;
  bool operator==(PeersVerifyResult const&) const = default;
};
PIM_STRUCT(PeersVerifyResult, "The trust that is now recorded.", (node_id, "the whole id"), (trust, "verified"))

}  // namespace pim::protocol
