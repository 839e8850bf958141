#include "ui/link/connection.hpp"

#include <algorithm>
#include <array>

namespace pim::ui {
namespace {

using namespace std::chrono_literals;
namespace method = protocol::method;
namespace topic = protocol::topic;

constexpr std::array<std::chrono::milliseconds, 5> back_off = {250ms, 500ms, 1s, 2s, 4s};
constexpr auto greeting_patience = 5s;
constexpr auto call_patience = 10s;
/// Routes are asked for again after events, never more often than this however many come.
constexpr auto routes_pause = 250ms;

template <class Params>
struct TakesParams {
  template <class Method>
  using fn = std::is_same<typename Method::Params, Params>;
};
/// The method that a request belongs to: each has parameters of its own type.
template <class Params>
using MethodOf =
    boost::mp11::mp_at<protocol::Methods, boost::mp11::mp_find_if_q<protocol::Methods, TakesParams<Params>>>;

std::string lost_detail(std::vector<ConnectFailure> const& failures, std::vector<std::string> const& paths,
                        bool was_online) {
  auto const of = [&](ConnectFailure::Kind kind) {
    return std::find_if(failures.begin(), failures.end(), [&](auto const& failure) { return failure.kind == kind; });
  };
  if (auto const denied = of(ConnectFailure::Kind::denied); denied != failures.end())
    return "pim's socket may not be used by you (" + denied->message + ")";
  if (auto const other = of(ConnectFailure::Kind::other); other != failures.end())
    return "pim cannot be reached (" + other->message + ")";
  if (was_online) return "pim is stopped (pim-daemon exited)";
  return "pim is not running (no pim-daemon at " + (paths.size() == 1 ? paths.front() : "any of its sockets") + ")";
}

bool moves_routes(protocol::StatusEvent const& event) { return event.kind != protocol::StatusEventKind::sample; }
bool moves_routes(protocol::PeerEvent const&) { return true; }
bool moves_routes(protocol::GatewayEvent const&) { return false; }
bool moves_routes(protocol::LogEvent const&) { return false; }

Event whole(protocol::Status const& status) { return event::StatusIs{status}; }
Event whole(std::vector<protocol::PeerSummary> const& peers) { return event::PeersAre{peers}; }
Event whole(protocol::GatewayStatus const& gateway) { return event::GatewayIs{gateway}; }
Event whole(protocol::LogSnapshot const& logs) { return event::LogsAre{logs.lines}; }

}  // namespace

Connection::Connection(std::vector<std::string> paths, std::string client)
    : paths_(std::move(paths)), client_(std::move(client)) {}

void Connection::apply(Event const& event, Now now) {
  snapshot_ = reduce(std::move(snapshot_), event, now);
  is_changed_ = true;
}

void Connection::start(Now now) {
  Link link;
  link.since = now.boot;
  link.socket = paths_.front();
  apply(event::LinkChanged{std::move(link)}, now);
  begin_attempt(now);
}

void Connection::begin_attempt(Now now) {
  phase_ = Phase::connecting;
  phase_since_ = now.boot;
  retry_at_ = never;
  path_ = 0;
  failures_.clear();
  connect_ = paths_.front();
}

void Connection::on_connect_failed(ConnectFailure failure, Now now) {
  if (phase_ != Phase::connecting) return;
  failures_.push_back(std::move(failure));
  if (++path_ < paths_.size()) {
    connect_ = paths_[path_];
    return;
  }
  auto const had_daemon = !snapshot_.link.daemon.empty();
  lose(LinkState::lost, lost_detail(failures_, paths_, had_daemon), now);
}

void Connection::on_connected(Now now) {
  if (phase_ != Phase::connecting) return;
  phase_ = Phase::greeting;
  phase_since_ = now.boot;
  was_online_ = false;
  conversation_.emplace(client_);
}

void Connection::on_closed(Now now) {
  if (phase_ != Phase::greeting && phase_ != Phase::online) return;
  auto const was_online = phase_ == Phase::online;
  lose(LinkState::lost,
       was_online ? "pim is stopped (pim-daemon exited)" : "pim closed the connection before it answered", now);
}

void Connection::lose(LinkState state, std::string detail, Now now) {
  if (phase_ == Phase::greeting || phase_ == Phase::online) close_ = true;
  if (std::exchange(was_online_, false)) attempt_ = 0;
  auto const delay = back_off[std::min<std::size_t>(attempt_, back_off.size() - 1)];
  ++attempt_;
  phase_ = Phase::waiting;
  phase_since_ = now.boot;
  retry_at_ = now.boot + delay;
  conversation_.reset();
  calls_.clear();
  logs_subscription_.clear();
  routes_due_ = never;
  auto link = snapshot_.link;
  if (link.state != state) link.since = now.boot;
  link.state = state;
  link.detail = std::move(detail);
  link.retry_at = retry_at_;
  link.attempt = attempt_;
  apply(event::LinkChanged{std::move(link)}, now);
}

void Connection::on_bytes(std::string_view bytes, Now now) {
  if (!conversation_) return;
  conversation_->feed(bytes);
  // A happening may end the conversation, and with it what waits behind.
  while (conversation_) {
    auto const happening = conversation_->next();
    if (!happening) break;
    std::visit([&](auto const& what) { on(what, now); }, *happening);
  }
}

void Connection::on(link::Welcome const& welcome, Now now) {
  welcome_ = welcome;
  phase_since_ = now.boot;
  subscribe();
}

void Connection::on(link::Refused const& refused, Now now) {
  auto const is_mismatch = refused.error.code == protocol::errors::version_mismatch.code;
  lose(is_mismatch ? LinkState::version_mismatch : LinkState::lost,
       is_mismatch ? refused.error.message : "pim refused this window (" + refused.error.message + ")", now);
}

void Connection::on(link::Fault const& fault, Now now) {
  lose(LinkState::lost, "pim said something that this window does not understand (" + fault.message + ")", now);
}

void Connection::subscribe() {
  status_call_ = conversation_->call<method::StatusSubscribe>();
  conversation_->call<method::PeersSubscribe>();
  conversation_->call<method::GatewaySubscribe>();
  follow_logs();
  routes_due_ = Time{};
}

void Connection::follow_logs() {
  if (!logs_subscription_.empty())
    conversation_->call<method::LogsUnsubscribe>({std::exchange(logs_subscription_, {})});
  protocol::LogsSubscribeParams params;
  params.min_level = static_cast<protocol::Level>(snapshot_.log_level);
  logs_call_ = conversation_->call<method::LogsSubscribe>(params);
}

template <class Topic>
void Connection::on(link::Began<Topic> const& began, Now now) {
  if constexpr (std::is_same_v<Topic, topic::LogsTopic>) logs_subscription_ = began.subscription_id;
  apply(whole(began.snapshot), now);
  if constexpr (std::is_same_v<Topic, topic::StatusTopic>) go_online(now);
}

template <class Topic>
void Connection::on(link::Happened<Topic> const& happened, Now now) {
  apply(Event{happened.event}, now);
  if (moves_routes(happened.event)) routes_due_ = std::min(routes_due_, now.boot);
}

template <class Topic>
void Connection::on(link::CaughtUp<Topic> const& caught_up, Now now) {
  apply(whole(caught_up.snapshot), now);
  routes_due_ = std::min(routes_due_, now.boot);
}

void Connection::go_online(Now now) {
  phase_ = Phase::online;
  phase_since_ = now.boot;
  was_online_ = true;
  Link link;
  link.state = LinkState::online;
  link.since = now.boot;
  link.socket = paths_[path_];
  link.daemon = welcome_.hello.daemon;
  link.features = welcome_.hello.features;
  apply(event::LinkChanged{std::move(link)}, now);
  refresh_routes(now);
}

void Connection::on(link::Answer const& answer, Now now) {
  auto const* error = std::get_if<protocol::RpcError>(&answer.outcome);
  if (error != nullptr && answer.call == status_call_)
    return lose(LinkState::lost, "pim is not ready (" + error->message + ")", now);
  auto const found = calls_.find(answer.call);
  if (found == calls_.end()) return;
  auto const call = std::move(found->second.call);
  calls_.erase(found);
  if (error == nullptr) return on_result(call, answer.outcome, now);
  apply(event::CallFailed{call, error->message}, now);
  // The checks say which of them stands in the way.
  if (std::holds_alternative<protocol::GatewayEnableParams>(call)) send(protocol::GatewayPreflightParams{}, now);
}

void Connection::on_result(Call const& call, link::Outcome const& outcome, Now now) {
  if (auto const* table = std::get_if<protocol::RouteTable>(&outcome)) apply(event::RoutesAre{*table}, now);
  if (auto const* way = std::get_if<protocol::RouteExplanation>(&outcome)) apply(event::WayIs{*way}, now);
  if (auto const* preflight = std::get_if<protocol::GatewayPreflight>(&outcome))
    apply(event::PreflightIs{*preflight}, now);
  if (auto const* records = std::get_if<std::vector<protocol::HandshakeRecord>>(&outcome))
    if (auto const* asked = std::get_if<protocol::HandshakesListParams>(&call))
      apply(event::LedgerIs{{asked->node_id.value_or(""), *records}}, now);
  apply(event::CallDone{call}, now);
}

void Connection::send(Call const& call, Now now) {
  auto const id = std::visit(
      [&]<class Params>(Params const& params) { return conversation_->call<MethodOf<Params>>(params); }, call);
  calls_.emplace(id, PendingCall{call, now.boot});
}

void Connection::refresh_routes(Now now) {
  auto const is_asked = std::any_of(calls_.begin(), calls_.end(), [](auto const& entry) {
    return std::holds_alternative<protocol::RouteTableParams>(entry.second.call);
  });
  if (phase_ != Phase::online || is_asked || now.boot < routes_due_) return;
  if (routes_asked_ != Time{} && now.boot < routes_asked_ + routes_pause) {
    routes_due_ = routes_asked_ + routes_pause;
    return;
  }
  routes_due_ = never;
  routes_asked_ = now.boot;
  send(protocol::RouteTableParams{}, now);
}

void Connection::expire_calls(Now now) {
  for (auto entry = calls_.begin(); entry != calls_.end();) {
    if (now.boot < entry->second.since + call_patience) {
      ++entry;
      continue;
    }
    auto const call = std::move(entry->second.call);
    entry = calls_.erase(entry);
    apply(event::CallFailed{call, "the daemon did not answer within 10 s"}, now);
  }
}

void Connection::on_deadline(Now now) {
  switch (phase_) {
    case Phase::waiting:
      if (now.boot >= retry_at_) begin_attempt(now);
      break;
    case Phase::connecting: break;
    case Phase::greeting:
      if (now.boot >= phase_since_ + greeting_patience)
        lose(LinkState::lost, "pim does not answer (no hello within 5 s)", now);
      break;
    case Phase::online:
      expire_calls(now);
      refresh_routes(now);
      break;
  }
  if (now.boot >= ui::next_deadline(snapshot_)) apply(event::Ticked{}, now);
}

void Connection::on_action(Action const& action, Now now) {
  auto decision = decide(std::move(snapshot_), action, now);
  snapshot_ = std::move(decision.next);
  is_changed_ = true;
  if (decision.retry_now && phase_ == Phase::waiting) begin_attempt(now);
  if (!conversation_ || phase_ != Phase::online) return;
  if (decision.follow_logs) follow_logs();
  for (auto const& call : decision.calls) send(call, now);
}

std::string Connection::take_outgoing() { return conversation_ ? conversation_->take_outgoing() : std::string(); }

Time Connection::next_deadline() const {
  auto deadline = ui::next_deadline(snapshot_);
  switch (phase_) {
    case Phase::waiting: return std::min(deadline, retry_at_);
    case Phase::connecting: return deadline;
    case Phase::greeting: return std::min(deadline, phase_since_ + greeting_patience);
    case Phase::online: break;
  }
  auto is_asked = false;
  for (auto const& [id, pending] : calls_) {
    deadline = std::min(deadline, pending.since + call_patience);
    is_asked |= std::holds_alternative<protocol::RouteTableParams>(pending.call);
  }
  return is_asked ? deadline : std::min(deadline, routes_due_);
}

std::shared_ptr<Snapshot const> Connection::take_snapshot() {
  if (!std::exchange(is_changed_, false)) return nullptr;
  return std::make_shared<Snapshot const>(snapshot_);
}

}  // namespace pim::ui
