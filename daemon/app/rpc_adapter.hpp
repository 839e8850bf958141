// Joins clients to the rest: commands of the RPC contract become control's, control's notes become the
// model's deltas, and each reply finds whom it belongs to. Lives on the RPC thread.
#pragma once

#include <functional>
#include <map>

#include "app/note_feed.hpp"
#include "base/log.hpp"
#include "host/host_thread.hpp"
#include "net/packet_loop.hpp"
#include "rpc/backend.hpp"
#include "rpc/server.hpp"

namespace pim::app {

class RpcAdapter final : public rpc::Backend, public net::NotePort {
 public:
  struct Parts {
    net::PacketInbox& inbox;
    host::HostThread& host;
    net::Counters const& counters;
    LogSink& log;                      ///< control's records are written there; called on the RPC thread
    control::GatewaySettings gateway;  ///< for what gateway.enable leaves open
  };
  RpcAdapter(Parts const& parts, NoteFeed feed) : parts_(parts), feed_(std::move(feed)) {}

  /// Where deltas go. Before any thread runs.
  void connect(rpc::Server& server) { server_ = &server; }
  /// For records that do not come from control; from any thread.
  void publish_log(LogRecord record);

  // net::NotePort, on the packet thread
  void publish(std::vector<control::Note> notes) override;

  // rpc::Backend, on the RPC thread
  void submit(rpc::Command command, rpc::Reply reply) override;
  void refresh_counters(rpc::Model& model) override;

 private:
  /// What control's answer to one command means to the client.
  using Finish = std::function<rpc::Outcome(control::Answer&)>;

  void on_notes(std::vector<control::Note> const& notes);
  void answer(control::Reply const& reply);
  /// `parameter`: JSON pointer to what control could find invalid.
  void ask(control::Command command, rpc::Reply reply, Finish finish, std::string parameter = {});

  void on(protocol::PeersAddStaticParams& params, rpc::Reply reply);
  void on(protocol::PeersRemoveParams& params, rpc::Reply reply);
  void on(protocol::PeersForgetParams& params, rpc::Reply reply);
  void on(protocol::PeersVerifyParams& params, rpc::Reply reply);
  void on(protocol::GatewaysAllowParams& params, rpc::Reply reply);
  void on(protocol::GatewaysDisallowParams& params, rpc::Reply reply);
  void on(protocol::RouteSetSplitDefaultParams& params, rpc::Reply reply);
  void on(protocol::RouteTableParams& params, rpc::Reply reply);
  void on(protocol::RouteExplainParams& params, rpc::Reply reply);
  void on(protocol::GatewayPreflightParams& params, rpc::Reply reply);
  void on(protocol::GatewayEnableParams& params, rpc::Reply reply);
  void on(protocol::GatewayDisableParams& params, rpc::Reply reply);
  void on(protocol::DaemonShutdownParams& params, rpc::Reply reply);
  void set_consent(std::string node_id, bool allowed, rpc::Reply reply);
  void enable(protocol::GatewayEnableParams const& params, linux_edge::Preflight const& preflight, rpc::Reply reply);

  Parts parts_;
  NoteFeed feed_;
  rpc::Server* server_ = nullptr;
  struct Pending {
    rpc::Reply reply;
    Finish finish;
    std::string parameter;
  };
  std::map<control::CommandId, Pending> pending_;
  control::CommandId last_id_ = 0;
};

}  // namespace pim::app
