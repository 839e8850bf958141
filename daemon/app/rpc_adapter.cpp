#include "app/rpc_adapter.hpp"

#include <algorithm>

#include "app/rpc_errors.hpp"
#include "app/translate.hpp"
#include "net/clock.hpp"

namespace pim::app {
namespace {

protocol::GatewayPreflight to_preflight(linux_edge::Preflight const& preflight) {
  protocol::GatewayPreflight result;
  result.supported = true;
  for (auto const& check : preflight.checks) result.checks.push_back(to_check(check));
  result.suggested_nat_interfaces = preflight.suggested_nat_interfaces;
  return result;
}

std::vector<std::string> advertised(linux_edge::Preflight const& preflight) {
  auto const passes = [&](std::string_view name) {
    return std::ranges::any_of(preflight.checks, [&](auto const& check) { return check.ok && check.name == name; });
  };
  std::vector<std::string> routes;
  if (passes("address_v4") && passes("default_route_v4")) routes.emplace_back("0.0.0.0/0");
  if (passes("address_v6") && passes("default_route_v6")) routes.emplace_back("::/0");
  return routes;
}

}  // namespace

void RpcAdapter::publish(std::vector<control::Note> notes) {
  server_->post([this, notes = std::move(notes)] { on_notes(notes); });
}

void RpcAdapter::publish_log(LogRecord record) {
  server_->deliver({to_log_event(record, to_timestamp(net::wall_now()))});
}

void RpcAdapter::on_notes(std::vector<control::Note> const& notes) {
  auto const now = net::wall_now();
  feed_.see(parts_.host.readings());
  std::vector<rpc::Delta> deltas;
  for (auto const& note : notes) {
    feed_.take(note, now, deltas);
    if (auto const* const record = std::get_if<LogRecord>(&note)) parts_.log.write(*record);
  }
  if (!deltas.empty()) server_->deliver(std::move(deltas));
  // Behind the deltas in the server's queue: who is told that something is done finds it done.
  for (auto const& note : notes)
    if (auto const* const reply = std::get_if<control::Reply>(&note)) answer(*reply);
}

void RpcAdapter::answer(control::Reply const& reply) {
  auto pending = pending_.extract(reply.id);
  if (pending.empty()) return;
  auto answer = reply.answer;
  auto const* const refused = std::get_if<control::Refused>(&answer);
  auto const& [tell, finish, parameter] = pending.mapped();
  tell(refused ? rpc::Outcome{to_error(*refused, parameter)} : finish(answer));
}

void RpcAdapter::ask(control::Command command, rpc::Reply reply, Finish finish, std::string parameter) {
  auto const id = ++last_id_;
  pending_.emplace(id, Pending{std::move(reply), std::move(finish), std::move(parameter)});
  parts_.inbox.post(net::CommandInput{id, std::move(command)});
}

void RpcAdapter::submit(rpc::Command command, rpc::Reply reply) {
  std::visit([&](auto& params) { on(params, std::move(reply)); }, command);
}

void RpcAdapter::refresh_counters(rpc::Model& model) {
  feed_.see(parts_.host.readings());
  parts_.host.read_anew();
  feed_.refresh(model, parts_.counters, net::read_clocks());
}

void RpcAdapter::on(protocol::PeersAddStaticParams& params, rpc::Reply reply) {
  using protocol::Mechanism;
  if (params.mechanism != Mechanism::udp && params.mechanism != Mechanism::tcp)
    return reply(make_error(protocol::errors::not_supported, "only peers with an IP address or a name can be added"));
  control::AddPeer command{std::move(params.address), params.label.value_or("")};
  if (params.node_id) command.node_id = parse_node_id(*params.node_id);
  if (params.node_id && !command.node_id) return reply(invalid_params("/node_id", "32 hex digits"));
  if (params.public_key) command.public_key = parse_public_key(*params.public_key);
  if (params.public_key && !command.public_key) return reply(invalid_params("/public_key", "64 hex digits"));
  ask(std::move(command), std::move(reply), [](control::Answer& answer) -> rpc::Outcome {
    auto* const added = std::get_if<control::PeerAdded>(&answer);
    if (added == nullptr) return unexpected_answer();
    protocol::PeersAddStaticResult result;
    if (added->node_id) result.node_id = to_string(*added->node_id);
    result.config_entry_id = std::move(added->entry_id);
    return result;
  });
}

void RpcAdapter::on(protocol::PeersRemoveParams& params, rpc::Reply reply) {
  if (params.node_id.has_value() == params.config_entry_id.has_value())
    return reply(invalid_params("", "exactly one of node_id and config_entry_id"));
  control::RemovePeer command;
  std::string parameter = params.node_id ? "/node_id" : "/config_entry_id";
  if (params.node_id) command.node = control::NodeName{std::move(*params.node_id)};
  command.entry_id = std::move(params.config_entry_id);
  ask(
      std::move(command), std::move(reply), [](control::Answer&) -> rpc::Outcome { return protocol::Null{}; },
      std::move(parameter));
}

void RpcAdapter::on(protocol::PeersForgetParams& params, rpc::Reply reply) {
  ask(
      control::ForgetPeer{{std::move(params.node_id)}}, std::move(reply),
      [](control::Answer& answer) -> rpc::Outcome {
        auto const* const forgotten = std::get_if<control::PeerForgotten>(&answer);
        if (forgotten == nullptr) return unexpected_answer();
        protocol::PeersForgetResult result;
        result.forgot_identity = forgotten->forgot_identity;
        return result;
      },
      "/node_id");
}

void RpcAdapter::on(protocol::PeersVerifyParams& params, rpc::Reply reply) {
  auto id = feed_.whole_id(params.node_id);
  ask(
      control::VerifyPeer{{std::move(params.node_id)}}, std::move(reply),
      [id = std::move(id)](control::Answer&) -> rpc::Outcome {
        return protocol::PeersVerifyResult{id, protocol::TrustLevel::verified};
      },
      "/node_id");
}

void RpcAdapter::on(protocol::GatewaysAllowParams& params, rpc::Reply reply) {
  set_consent(std::move(params.node_id), true, std::move(reply));
}

void RpcAdapter::on(protocol::GatewaysDisallowParams& params, rpc::Reply reply) {
  set_consent(std::move(params.node_id), false, std::move(reply));
}

void RpcAdapter::set_consent(std::string node_id, bool allowed, rpc::Reply reply) {
  auto id = feed_.whole_id(node_id);
  ask(
      control::AllowGateway{{std::move(node_id)}, allowed}, std::move(reply),
      [id = std::move(id), allowed](control::Answer&) -> rpc::Outcome { return protocol::GatewayConsent{id, allowed}; },
      "/node_id");
}

void RpcAdapter::on(protocol::RouteSetSplitDefaultParams& params, rpc::Reply reply) {
  ask(control::SetSplitDefault{params.on}, std::move(reply), [](control::Answer& answer) -> rpc::Outcome {
    auto const* const set = std::get_if<control::SplitDefaultSet>(&answer);
    if (set == nullptr) return unexpected_answer();
    protocol::RouteSetSplitDefaultResult result;
    result.on = set->on;
    if (set->via) result.via_gateway_id = to_string(*set->via);
    return result;
  });
}

void RpcAdapter::on(protocol::RouteTableParams&, rpc::Reply reply) {
  ask(control::ListRoutes{}, std::move(reply), [](control::Answer& answer) -> rpc::Outcome {
    auto const* const listed = std::get_if<control::RoutesListed>(&answer);
    if (listed == nullptr) return unexpected_answer();
    return to_routes(*listed, net::read_clocks().boot);
  });
}

void RpcAdapter::on(protocol::RouteExplainParams& params, rpc::Reply reply) {
  ask(
      control::ExplainRoute{params.target}, std::move(reply),
      [target = params.target](control::Answer& answer) -> rpc::Outcome {
        auto const* const explained = std::get_if<control::RouteExplained>(&answer);
        if (explained == nullptr) return unexpected_answer();
        return to_explanation(*explained, target);
      },
      "/target");
}

void RpcAdapter::on(protocol::GatewayPreflightParams&, rpc::Reply reply) {
  parts_.host.preflight(
      {}, [reply = std::move(reply)](linux_edge::Preflight const& preflight) { reply(to_preflight(preflight)); });
}

void RpcAdapter::on(protocol::GatewayEnableParams& params, rpc::Reply reply) {
  auto const nat_interface = params.nat_interface;
  parts_.host.preflight(nat_interface, [this, params, reply = std::move(reply)](linux_edge::Preflight preflight) {
    server_->post([this, params, preflight = std::move(preflight), reply] { enable(params, preflight, reply); });
  });
}

void RpcAdapter::enable(protocol::GatewayEnableParams const& params, linux_edge::Preflight const& preflight,
                        rpc::Reply reply) {
  if (!preflight.passed()) return reply(to_error(preflight));
  auto settings = parts_.gateway;
  settings.nat_interface = params.nat_interface;
  if (params.max_connections) settings.max_connections = *params.max_connections;
  if (params.priority) settings.priority = *params.priority;
  protocol::GatewayEnableResult result{true, params.nat_interface, advertised(preflight)};
  ask(control::EnableGateway{settings}, std::move(reply),
      [result = std::move(result)](control::Answer&) -> rpc::Outcome { return result; });
}

void RpcAdapter::on(protocol::GatewayDisableParams&, rpc::Reply reply) {
  ask(control::DisableGateway{}, std::move(reply),
      [](control::Answer&) -> rpc::Outcome { return protocol::GatewayDisableResult{}; });
}

void RpcAdapter::on(protocol::DaemonShutdownParams& params, rpc::Reply reply) {
  ask(control::Shutdown{params.release}, std::move(reply),
      [release = params.release](control::Answer&) -> rpc::Outcome { return protocol::DaemonShutdownResult{release}; });
}

}  // namespace pim::app
