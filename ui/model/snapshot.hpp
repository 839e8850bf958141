// Everything the window shows, as one immutable value: what the daemon said, when it said it, how the
// connection stands and what this window has under way. Large parts are shared between snapshots.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "protocol/types/gateway.hpp"
#include "protocol/types/handshakes.hpp"
#include "protocol/types/peers.hpp"
#include "protocol/types/routes.hpp"
#include "protocol/types/status.hpp"
#include "ui/model/call.hpp"
#include "ui/model/log_book.hpp"
#include "ui/model/route_switch.hpp"

namespace pim::ui {

enum class LinkState {
  connecting,        ///< the first attempt is under way
  online,            ///< everything shown is current
  lost,              ///< no daemon answers; what is shown is old
  version_mismatch,  ///< a daemon of another contract version answers
};

struct Link {
  LinkState state = LinkState::connecting;
  Time since{};          ///< when this state began
  Time retry_at{};       ///< the next attempt, while lost
  unsigned attempt = 0;  ///< failed attempts in a row
  std::string detail;    ///< one line: what happened
  std::string socket;    ///< where the daemon is, or was looked for
  std::string daemon;    ///< name and version as it gave them
  std::vector<std::string> features;
  bool operator==(Link const&) const = default;
};

struct Peer {
  protocol::PeerSummary summary;
  Time at{};                  ///< when the daemon said so: ages count from here
  std::uint64_t changes = 0;  ///< events about it so far
};
using PeerList = std::vector<Peer>;

/// Rates of the last minutes, oldest first, bits per second.
struct Traffic {
  static constexpr std::size_t max_samples = 300;
  std::vector<double> in, out;
  std::uint64_t in_total = 0, out_total = 0;  ///< payload bytes since the daemon started
  Time at{};                                  ///< of the newest sample
};

struct Ledger {
  std::string node_id;
  std::vector<protocol::HandshakeRecord> records;  ///< newest first
};

/// What was asked last of route.explain.
struct Explained {
  std::string target;
  std::optional<protocol::RouteExplanation> way;
  std::string problem;  ///< why there is no way to tell of
};

enum class Tone { good, bad, neutral };
struct Toast {
  std::uint64_t id = 0;
  Tone tone = Tone::neutral;
  std::string text;
  Time until{};
};

struct Snapshot {
  Link link;
  std::optional<protocol::Status> status;  ///< its `peers` are left empty: see `peers`
  Time status_at{};                        ///< when uptime_s was true
  Time heard_at{};                         ///< when the daemon last said anything
  std::shared_ptr<PeerList const> peers = std::make_shared<PeerList const>();
  std::shared_ptr<protocol::RouteTable const> routes = std::make_shared<protocol::RouteTable const>();
  Time routes_at{};                            ///< when `routes` was true
  std::shared_ptr<Explained const> explained;  ///< null until a way was asked for
  Time explained_at{};
  std::optional<protocol::GatewayStatus> gateway;
  std::shared_ptr<protocol::GatewayPreflight const> preflight;  ///< null until it ran
  Time preflight_at{};
  std::shared_ptr<Ledger const> ledger;  ///< null until one was asked for
  Traffic traffic;                       ///< of this node
  Traffic shared_traffic;                ///< of others through this gateway
  LogBook logs;
  LogLevel log_level = LogLevel::info;  ///< the least that the daemon sends
  RouteSwitch route;
  std::vector<Toast> toasts;
  std::uint64_t next_toast = 1;
  std::vector<std::string> under_way;  ///< keys of requests without an answer

  [[nodiscard]] bool is_live() const { return link.state == LinkState::online && status.has_value(); }
  [[nodiscard]] bool is_under_way(Call const& call) const;
};

/// The peer with this whole node_id, or null.
[[nodiscard]] Peer const* find_peer(Snapshot const& snapshot, std::string_view node_id);
/// `home-server (a1b2…c3d4)`, or the shortened id alone when the peer has no label.
[[nodiscard]] std::string name_of(Snapshot const& snapshot, std::string_view node_id);
/// The label, or the short id, or the address of a peer that has not answered yet.
[[nodiscard]] std::string title_of(protocol::PeerSummary const& peer);
/// Seconds since the daemon's `seconds` was true at `at`.
[[nodiscard]] std::chrono::seconds aged(std::uint64_t seconds, Time at, Time now);

}  // namespace pim::ui
