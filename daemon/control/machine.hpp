// The inside of Control: its state, and its reactions split by input, a source file each. Everything
// runs in one turn at a time; settle() ends each turn by deriving what follows from the new state.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/refused_claim.hpp"
#include "control/control.hpp"
#include "control/entry.hpp"
#include "control/peer.hpp"
#include "control/phases.hpp"
#include "control/source_limiter.hpp"
#include "control/timers.hpp"
#include "discovery/discovery.hpp"
#include "gateways/choice.hpp"
#include "mesh/routing.hpp"
#include "noise/cookie.hpp"
#include "noise/handshake.hpp"
#include "noise/mac.hpp"
#include "session/timestamps.hpp"
#include "wire/control.hpp"
#include "wire/handshake.hpp"
#include "wire/key_query.hpp"

namespace pim::control {

class Machine final : private discovery::Judge {
 public:
  Machine(Settings settings, crypto::KeyPair identity, SavedState saved, trust::Snapshot trusted,
          dataplane::Dataplane& dataplane, Entropy& entropy, std::optional<Impairment> impaired);

  void on_start(Turn& turn);
  void on_frames(std::span<dataplane::ToControl const> frames, Turn& turn);
  void on_deadline(Turn& turn);
  void on_beacons(std::span<discovery::Received const> beacons, Turn& turn);
  void on_command(CommandId id, Command command, Turn& turn);
  void on_host(HostNote note, Turn& turn);
  [[nodiscard]] Time next_deadline() const { return timers_.next(); }
  [[nodiscard]] mesh::Routing const& routes() const { return mesh_; }
  [[nodiscard]] Peer const* peer(NodeId const& id) const;
  [[nodiscard]] wire::BootEpoch life() const { return boot_epoch_; }
  [[nodiscard]] RefusedClaims const& refused_claims() const { return refused_claims_; }
  [[nodiscard]] Sizes sizes() const {
    return {mesh_.size(), by_id_.size(), outgoing_.size(), indices_.size(), by_endpoint_.size()};
  }

 private:
  // -- machine.cpp: the turn
  void refuse_wanted(std::span<dataplane::ToControl const> frames, Turn& turn);
  void on_timer(TimerKey key, Turn& turn);
  void settle(Turn& turn);
  void log(Turn& turn, LogLevel level, std::string message, std::optional<NodeId> peer = std::nullopt) const;
  void send(Endpoint const& to, Bytes datagram, Turn& turn);

  // -- respond.cpp: handshakes and queries of others
  void on_frame(dataplane::HandshakeDatagram const& frame, Turn& turn);
  void on_initiation(dataplane::Origin const& from, Bytes datagram, Turn& turn);
  void answer_initiation(dataplane::Origin const& from, wire::Initiation const& frame, noise::Responder& responder,
                         wire::BootEpoch life, Peer& peer, Turn& turn);
  [[nodiscard]] bool may_handshake(dataplane::Origin const& from, Bytes datagram, ReceiverIndex sender, Turn& turn);
  void refuse_inbound(dataplane::Origin const& from, trust::Refused const& refused, Turn& turn);
  void on_key_query(Endpoint const& from, Bytes datagram, Turn& turn);

  // -- initiate.cpp: handshakes of ours
  void start_handshake(NodeId const& id, PublicKey const& key, std::vector<Endpoint> targets, bool urgent, Turn& turn,
                       Ways ways = Ways::all);
  void on_handshake_timer(std::uint32_t number, Turn& turn);
  void join(Outgoing& running, std::vector<Endpoint> const& targets, bool urgent, Turn& turn, Ways ways);
  void begin_anew(Outgoing& running, bool urgent, Turn& turn);
  void retry_handshake(NodeId const& id, Turn& turn);
  void send_initiation(Outgoing& outgoing, Turn& turn);
  [[nodiscard]] std::optional<Buffer> write_initiation(Outgoing& outgoing, wire::Timestamp const& at, bool is_relayed);
  void forget_initiations(NodeId const& id);
  void end_handshake(NodeId const& id);
  void on_response(dataplane::Origin const& from, Bytes datagram, Turn& turn);
  void accept_response(dataplane::Origin const& from, NodeId const& id, ReceiverIndex local, ReceiverIndex remote,
                       noise::Initiator& handshake, wire::BootEpoch life, Turn& turn);
  void on_cookie_reply(Bytes datagram, Turn& turn);
  void reconnect_to_known(Turn& turn);

  // -- dial.cpp: entries
  void add_entry(PeerEntry config, Turn& turn);
  void remove_entry(std::string const& entry_id, Turn& turn);
  void on_entry_timer(std::uint32_t row, Turn& turn);
  void begin_attempt(Entry& entry, Turn& turn);
  void on_candidates(Entry& entry, std::vector<IpAddress> const& addresses, Turn& turn);
  void on_key_known(Entry& entry, NodeId const& id, PublicKey const& key, Turn& turn);
  void query_key(Entry& entry, Turn& turn);
  void on_key_reply(Bytes datagram, Turn& turn);
  void connected(Entry& entry, Peer& peer, Turn& turn);
  void attempt_failed(Entry& entry, trust::Refused const& refused, Turn& turn);
  void give_up(Entry& entry, Turn& turn);
  void redial(Entry& entry, Time at, Turn const& turn);
  void hasten_entries(Time by);
  void call(Entry& entry, Turn& turn);
  void arm(Entry const& entry);
  [[nodiscard]] bool is_urgent(Entry const& entry) const;
  [[nodiscard]] std::optional<PublicKey> expected_key(Entry const& entry) const;
  void name(Entry& entry, NodeId const& id);
  void name_by_answer(Peer const& peer, Endpoint const& at);
  void connect_entries(Peer& peer, bool is_direct, Turn& turn);
  void dial_anew(NodeId const& id, Turn& turn);
  void on_name(NameResolved const& note, Turn& turn);

  // -- peers.cpp: sessions and those at their other end
  [[nodiscard]] Peer* find(NodeId const& id);
  [[nodiscard]] Peer* find(PeerSlot slot);
  [[nodiscard]] Peer* find(PeerSlot slot, ReceiverIndex local);
  Peer* make_peer(NodeId const& id, PublicKey const& key, Turn& turn);
  [[nodiscard]] bool make_room(Turn& turn);
  void remove_peer(Peer& peer, Turn& turn);
  void install(Peer& peer, ReceiverIndex local, ReceiverIndex remote, noise::TransportKeys keys, wire::BootEpoch life,
               bool initiator, Turn& turn);
  void apply(Peer& peer, session::KeyChange const& change, Turn& turn);
  void renew_if_due(Peer& peer, Turn& turn);
  [[nodiscard]] bool begin_life(Peer& peer, std::optional<wire::BootEpoch> life, Turn& turn);
  void come_alive(Peer& peer, std::optional<Endpoint> const& at, bool is_another_life, Turn& turn);
  void admit(Peer& peer, std::optional<Endpoint> const& at, Turn& turn);
  void lose(Peer& peer, std::string const& why, Turn& turn);
  void end_session(Peer& peer, std::string const& why, Turn& turn);
  void announce(Peer& peer, Turn& turn);
  void announce_to_all(Turn& turn);
  void announce_if_owed(Peer& peer, Turn& turn);
  void send_announcement(Peer& peer, Turn& turn);
  void probe(Peer& peer, Turn& turn);
  void begin_asking(Peer& peer, Turn& turn);
  void ask_whether_back(Peer& peer, Turn& turn);
  void on_peer_timer(Peer& peer, Turn& turn);
  void arm(Peer const& peer);
  void set_endpoint(Peer const& peer, Endpoint const& at);
  void leave_endpoint(Peer const& peer, std::optional<Endpoint> const& at);
  [[nodiscard]] ReceiverIndex fresh_index();
  [[nodiscard]] Entry* entry_of(NodeId const& id);

  // -- neighbours.cpp: direct links, and the routes that lead over them
  void watch_link(Peer& peer, Turn& turn);
  void hear_link(Peer& peer, Turn& turn);
  void poll_link(Peer& peer, Turn& turn);
  void probe_link(Peer& peer, Turn& turn);
  void on_link_answer(Peer& peer, Turn& turn);
  void remember_place(Peer const& peer, Turn& turn);
  void leave_neighbour(Peer& peer, Turn& turn);
  void prove_anew(Peer& peer, Turn& turn);
  void on_message(Peer& peer, wire::Update const& update, dataplane::Way came_by, Turn& turn);
  void on_message(Peer& peer, wire::UpdateAck const& ack, dataplane::Way came_by, Turn& turn);
  void on_message(Peer& peer, wire::SeqnoRequest const& request, dataplane::Way came_by, Turn& turn);
  void ask_retracted(Peer const& by, wire::Update const& update, Turn& turn);
  /// One call of routing's, and what follows from it.
  template <class Call>
  void with_mesh(Turn& turn, Call const& call) {
    mesh::RoutingOutbox out;
    call(out);
    take(out, turn);
  }
  void take(mesh::RoutingOutbox const& out, Turn& turn);
  void take(mesh::RouteChange const& change, Turn& turn);
  void give_up_if_due(Peer& peer, Turn& turn);
  void hasten_to_next_gateway(Time now);
  void follow_route(Peer& peer);
  void keep_alive(Peer& peer, Time now);
  void hear_complaint(Peer& peer, Turn& turn);
  [[nodiscard]] static Duration answer_takes(Peer const& peer);
  void doubt_way_if_due(Peer& peer, Turn& turn);
  [[nodiscard]] static std::optional<Duration> round_trip(Peer const& peer);

  // -- beyond.cpp: nodes that are reached through others
  Peer* meet(NodeId const& id, Turn& turn);
  void call(Peer const& peer, bool urgent, Turn& turn);
  [[nodiscard]] bool is_beyond(NodeId const& id) const;
  [[nodiscard]] wire::Transit transit_to(NodeId const& id, Bytes datagram) const;
  bool send_beyond(NodeId const& to, Bytes datagram, Turn& turn);
  void answer(dataplane::Origin const& to, Bytes datagram, Turn& turn);
  [[nodiscard]] Endpoint source_of(dataplane::Origin const& from) const;
  [[nodiscard]] std::string describe(dataplane::Origin const& from) const;
  void on_frame(dataplane::AddressWanted const& frame, Turn& turn);
  void on_frame(dataplane::UnknownReceiver const& frame, Turn& turn);
  void call_from_earlier_run(Endpoint const& from, Turn& turn);
  void seek_gateways(Turn& turn);
  void call_gateways_beyond(Turn& turn);
  void call_lost_gateways(Turn& turn);

  // -- listing.cpp: lines of nodes that there is no session with
  void show_listed(Turn& turn);
  void show_listed(NodeId const& id, Turn& turn);
  void compare_listed();
  void take_over_line(Peer& peer, Turn& turn);
  void give_up_line(NodeId const& id, Turn& turn);
  [[nodiscard]] bool has_line_of_its_own(NodeId const& id) const;
  [[nodiscard]] bool may_be_met(NodeId const& id) const;
  [[nodiscard]] ListedLine line_of(NodeId const& id, mesh::SelectedRoute const& route) const;
  [[nodiscard]] PeerView view_of(NodeId const& id, ListedLine const& line) const;

  // -- messages.cpp: what the packet path hands up
  void on_frame(dataplane::ControlMessage const& frame, Turn& turn);
  void on_frame(dataplane::KeyConfirmed const& frame, Turn& turn);
  void on_frame(dataplane::EndpointMoved const& frame, Turn& turn);
  void on_frame(dataplane::AnswerAwaited const& frame, Turn& turn);
  void on_frame(dataplane::PathBusy const& frame, Turn& turn);
  void on_frame(dataplane::PathHeard const& frame, Turn& turn);
  void on_frame(dataplane::SessionWanted const& frame, Turn& turn);
  void on_frame(dataplane::RekeyWanted const& frame, Turn& turn);
  void on_message(Peer& peer, wire::Hello const& hello, dataplane::Way came_by, Turn& turn);
  void on_message(Peer& peer, wire::HelloAck const& ack, dataplane::Way came_by, Turn& turn);
  void on_message(Peer& peer, wire::Probe const& probe, dataplane::Way came_by, Turn& turn);
  void on_message(Peer& peer, wire::ProbeReply const& reply, dataplane::Way came_by, Turn& turn);
  void on_message(Peer& peer, wire::Goodbye const& goodbye, dataplane::Way came_by, Turn& turn);

  // -- claims.cpp: what of that is believed
  void refuse(RefusedClaim why, Peer const& peer, std::string const& detail, Turn& turn, std::uint64_t times = 1);
  void refuse_routes(mesh::Refusals const& before, Peer const& peer, Turn& turn);
  void set_offer(Peer& peer, std::optional<GatewayOffer> offer);
  void hear_offer(Peer& peer, std::optional<wire::GatewayOffer> const& offer, Turn& turn);
  void claim_alias(Peer& peer, std::optional<IpAddress> claim, Turn& turn);
  [[nodiscard]] bool holds_own_alias() const;
  void move_own_alias(Turn& turn);
  [[nodiscard]] std::optional<NodeId> alias_holder(IpAddress const& alias) const;
  [[nodiscard]] std::optional<std::string> holder_beside(Peer const& peer, IpAddress const& alias) const;

  // -- routing.cpp: the internet through a gateway
  void set_split_default(CommandId id, bool on, Turn& turn);
  void on_routing_applied(PlanApplied const& applied, Turn& turn);
  void choose_gateway(Turn& turn);
  void show_routing(Turn& turn);
  [[nodiscard]] RoutingView routing_view(Turn const& turn) const;
  [[nodiscard]] std::vector<gateways::Candidate> candidates() const;
  [[nodiscard]] std::uint32_t gateway_order(NodeId const& id) const;
  [[nodiscard]] bool is_named_gateway(NodeId const& id) const;
  [[nodiscard]] std::optional<BlockCause> block_cause() const;
  [[nodiscard]] bool names_a_gateway() const;
  [[nodiscard]] std::optional<NodeId> gateway_being_tried() const;
  void reply_routing(std::vector<CommandId>& waiting, Answer const& answer, Turn& turn);
  void reply_stored(std::vector<CommandId>& waiting, Answer const& answer);

  // -- serving.cpp: the internet for others
  void enable_gateway(CommandId id, GatewaySettings const& settings, Turn& turn);
  void disable_gateway(CommandId id, Turn& turn);
  void end_serving();
  void on_serving_applied(PlanApplied const& applied, Turn& turn);
  void on_serving_failed(std::string const& error, Turn& turn);
  void on_serving_timer(Turn& turn);
  void show_serving(Turn& turn);
  [[nodiscard]] bool serves() const;
  [[nodiscard]] std::optional<wire::GatewayOffer> own_offer() const;
  void tell_offer(Turn& turn);

  // -- discover.cpp: neighbours on the local links
  void prepare_discovery();
  [[nodiscard]] discovery::Standing judge(NodeId const& id, PublicKey const& key) const override;
  void follow_links(Turn& turn);
  void on_discovery_timer(Turn& turn);
  void call_again(NodeId const& id, Turn& turn);
  void after_discovery(Turn& turn);
  void show(discovery::Out::Heard const& heard, Turn& turn);
  [[nodiscard]] bool may_tell_discovered(Turn const& turn);
  [[nodiscard]] PeerView view_of(discovery::Neighbour const& neighbour) const;

  // -- commands.cpp
  void on(CommandId id, AddPeer& command, Turn& turn);
  void on(CommandId id, RemovePeer& command, Turn& turn);
  void on(CommandId id, ForgetPeer& command, Turn& turn);
  void on(CommandId id, VerifyPeer& command, Turn& turn);
  void on(CommandId id, AllowGateway& command, Turn& turn);
  void on(CommandId id, SetSplitDefault& command, Turn& turn);
  void on(CommandId id, EnableGateway& command, Turn& turn);
  void on(CommandId id, DisableGateway& command, Turn& turn);
  void on(CommandId id, Shutdown& command, Turn& turn);
  [[nodiscard]] Result<NodeId, Refused> resolve(NodeName const& name) const;
  [[nodiscard]] std::optional<std::string> why_not_allowed(NodeId const& id) const;
  void reply(CommandId id, Answer answer, Turn& turn) const;
  void reply_when_stored(CommandId id, Answer answer, Kept kept, std::string added_entry = {});
  [[nodiscard]] bool may_store(CommandId id, Turn& turn) const;
  void finish(Turn& turn);

  // -- explain.cpp: which way
  void on(CommandId id, ListRoutes& command, Turn& turn);
  void on(CommandId id, ExplainRoute& command, Turn& turn);
  [[nodiscard]] RouteExplained explain(IpAddress const& address) const;
  [[nodiscard]] RouteExplained explain(NodeId const& node) const;
  [[nodiscard]] RouteExplained explain_armed(IpAddress const& address) const;
  [[nodiscard]] RouteExplained explain_internet() const;
  [[nodiscard]] std::optional<NodeId> holder_of(IpAddress const& address) const;

  // -- gateway_list.cpp: which gateways there are, and what becomes of each
  [[nodiscard]] std::vector<GatewayView> list_gateways(Time now) const;
  [[nodiscard]] std::set<NodeId> known_gateways() const;
  [[nodiscard]] GatewayView view_of_gateway(NodeId const& id, Time now) const;
  [[nodiscard]] std::string why_unusable(NodeId const& id) const;

  // -- host.cpp: what the host thread reports
  void on(PlanApplied& note, Turn& turn);
  void on(TunnelReady& note, Turn& turn);
  void on(TunnelUnavailable& note, Turn& turn);
  void on(NameResolved& note, Turn& turn);
  void on(LinksChanged& note, Turn& turn);
  void on(GatewayLoad& note, Turn& turn);
  void on(Stored& note, Turn& turn);

  // -- publish.cpp: what follows from the state, for the packet path, the host, the store and clients
  void publish_table();
  [[nodiscard]] dataplane::PeerPolicy policy_of(Peer const& peer) const;
  [[nodiscard]] bool is_chosen(NodeId const& id) const;
  void publish_plan(Turn& turn);
  [[nodiscard]] std::optional<plan::Input> desired_plan() const;
  void publish_store(Turn& turn);
  void reserve_seqno();
  void await_stores(SaveNumbers const& before, Turn& turn);
  void show_node(Turn& turn);
  [[nodiscard]] bool seeks_way(Peer const& peer) const;
  void show(Peer& peer, Turn& turn);
  void show(Entry& entry, Turn& turn);
  void show_all(Turn& turn);
  [[nodiscard]] PeerView view_of(Peer const& peer) const;
  [[nodiscard]] PeerView view_of(Entry const& entry) const;
  void emit(PeerEventKind kind, PeerView view, Turn& turn, std::string reason = {});
  void note(trust::LedgerEntry const* entry, Turn& turn);
  void report_failure(trust::FailureLimiter& limiter, std::string const& address, PeerView view,
                      trust::Refused const& refused, Turn& turn);

  // -- what was given
  Settings settings_;
  crypto::KeyPair identity_;
  SavedState saved_;
  dataplane::Dataplane& dataplane_;
  Entropy& entropy_;
  std::optional<Impairment> impaired_;

  // -- who we are
  NodeId self_;
  Prefix mesh_v4_, mesh_v6_;
  IpAddress own_v4_, own_v6_;
  unsigned alias_attempt_ = 0;
  HashKey hash_key_;  ///< of all tables whose keys others choose
  wire::BootEpoch boot_epoch_{};
  WallTime started_at_{};

  // -- handshakes
  Buffer prologue_;
  std::optional<crypto::Key> psk_;
  noise::MacKey own_mac_;
  noise::CookieJar cookies_;
  wire::KeyQueries queries_;
  session::Timestamps timestamps_;
  SourceLimiter limiter_;
  Time load_window_{};
  unsigned load_count_ = 0;
  std::map<NodeId, Outgoing> outgoing_;
  std::unordered_map<std::uint32_t, NodeId> indices_;  ///< every receiver index in use, and whose it is

  // -- trust
  trust::Trust trust_;
  trust::Ledger ledger_;
  trust::FailureLimiter own_failures_, stranger_failures_;
  RefusedClaims refused_claims_{};
  trust::FailureLimiter claims_told_;
  Storing storing_;

  // -- peers
  std::vector<std::unique_ptr<Peer>> slots_;  ///< by PeerSlot; empty places are reused
  std::vector<std::uint32_t> free_slots_;
  std::unordered_map<NodeId, PeerSlot> by_id_;
  std::unordered_map<Endpoint, PeerSlot> by_endpoint_;
  std::multimap<IpAddress, NodeId> at_start_;  ///< where those met in earlier runs were last
  std::map<std::string, Entry> entries_;
  std::uint32_t last_row_ = 0, last_outgoing_ = 0;
  std::uint64_t last_hello_ = 0;
  std::set<PeerSlot> offering_;  ///< whose node record offers its internet
  std::size_t provisional_ = 0;

  // -- the mesh
  mesh::Routing mesh_;
  Time gateways_sought_{};  ///< Time{}: they are to be sought again
  Listing listing_;

  // -- routing
  Routing routing_;
  Serving serving_;

  // -- the host
  bool tunnel_up_ = false;
  std::string tunnel_reason_ = "the tunnel device is being made";
  plan::Links links_;
  std::vector<IpAddress> resolvers_;
  Planning planning_;
  std::optional<NodeView> shown_node_;

  // -- discovery; absent when it is off
  std::optional<discovery::Discovery> discovery_;
  discovery::Out discovered_;
  std::map<std::uint32_t, NeighbourView> shown_neighbours_;  ///< by number
  trust::FailureLimiter changed_hands_;
  Time discovered_window_{};
  unsigned discovered_count_ = 0;

  // -- stopping
  std::optional<Stopping> stopping_;
  bool finished_ = false;
  Timers timers_;
  bool table_dirty_ = true;
  std::set<std::uint32_t> dirty_policies_;  ///< slots, where the table changed for some alone
  std::set<std::uint32_t> dirty_peers_;     ///< slots whose view may have changed
  std::set<std::string> dirty_entries_;
};

}  // namespace pim::control
