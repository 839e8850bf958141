// The only way a Snapshot changes: reduce() folds in what was heard, decide() what the user asked for.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "protocol/types/logs.hpp"
#include "ui/model/action.hpp"
#include "ui/model/snapshot.hpp"

namespace pim::ui {

namespace event {
struct LinkChanged {
  Link link;
};
/// Whole states: the first word of a subscription, or the answer to a question.
struct StatusIs {
  protocol::Status status;
};
struct PeersAre {
  std::vector<protocol::PeerSummary> peers;
};
struct GatewayIs {
  protocol::GatewayStatus status;
};
struct LogsAre {
  std::vector<protocol::LogEvent> lines;
};
struct RoutesAre {
  protocol::RouteTable table;
};
struct WayIs {
  protocol::RouteExplanation way;
};
struct PreflightIs {
  protocol::GatewayPreflight preflight;
};
struct LedgerIs {
  Ledger ledger;
};
/// A request was answered; what it changed arrives as events of its own.
struct CallDone {
  Call call;
};
struct CallFailed {
  Call call;
  std::string reason;
};
struct Ticked {};
}  // namespace event

using Event = std::variant<event::LinkChanged, event::StatusIs, event::PeersAre, event::GatewayIs, event::LogsAre,
                           event::RoutesAre, event::WayIs, event::PreflightIs, event::LedgerIs, event::CallDone,
                           event::CallFailed, event::Ticked, protocol::StatusEvent, protocol::PeerEvent,
                           protocol::GatewayEvent, protocol::LogEvent>;

[[nodiscard]] Snapshot reduce(Snapshot snapshot, Event const& event, Now now);

struct Decision {
  Snapshot next;
  std::vector<Call> calls;
  bool retry_now = false;
  bool follow_logs = false;  ///< the logs have to be followed anew, from log_level on
};
/// While the daemon is away only RetryNow and DismissToast do anything.
[[nodiscard]] Decision decide(Snapshot snapshot, Action const& action, Now now);

/// When Ticked has to be reduced next, or `never`.
[[nodiscard]] Time next_deadline(Snapshot const& snapshot);

}  // namespace pim::ui
