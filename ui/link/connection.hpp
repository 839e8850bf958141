// The window's connection to the daemon as a machine without I/O: it says where to connect and what to
// send, folds what arrives into the snapshot, and knows when it wants to be woken. The driver (link_thread)
// does what request() says and reports back.
//
//   waiting ──deadline──> connecting ──connected──> greeting ──welcome, status──> online
//      ^                      │ every path failed      │ refused, silent 5 s      │ closed, fault
//      └──────────────────────┴────────────────────────┴──────────────────────────┘  0.25, 0.5, 1, 2, 4 s
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ui/link/conversation.hpp"
#include "ui/model/reduce.hpp"

namespace pim::ui {

/// Why a socket could not be used.
struct ConnectFailure {
  enum class Kind { absent, denied, other } kind = Kind::other;
  std::string message;
};

class Connection {
 public:
  /// `paths`: sockets to try in order, at least one. `client`: name and version for the daemon's log.
  Connection(std::vector<std::string> paths, std::string client);

  void start(Now now);
  void on_connected(Now now);
  void on_connect_failed(ConnectFailure failure, Now now);
  void on_bytes(std::string_view bytes, Now now);
  void on_closed(Now now);
  void on_deadline(Now now);
  void on_action(Action const& action, Now now);

  /// The socket to connect to now; asked once per attempt.
  [[nodiscard]] std::optional<std::string> take_connect() { return std::exchange(connect_, std::nullopt); }
  /// The connection is to be closed (before a new one is begun).
  [[nodiscard]] bool take_close() { return std::exchange(close_, false); }
  [[nodiscard]] std::string take_outgoing();
  [[nodiscard]] Time next_deadline() const;
  /// The newest state when it changed since the last call, else null.
  [[nodiscard]] std::shared_ptr<Snapshot const> take_snapshot();

 private:
  enum class Phase { waiting, connecting, greeting, online };
  struct PendingCall {
    Call call;
    Time since;
  };

  void apply(Event const& event, Now now);
  void begin_attempt(Now now);
  void lose(LinkState state, std::string detail, Now now);
  void subscribe();
  void follow_logs();
  void send(Call const& call, Now now);
  void refresh_routes(Now now);
  void expire_calls(Now now);

  void on(link::Welcome const& welcome, Now now);
  void on(link::Refused const& refused, Now now);
  void on(link::Fault const& fault, Now now);
  void on(link::Answer const& answer, Now now);
  template <class Topic>
  void on(link::Began<Topic> const& began, Now now);
  template <class Topic>
  void on(link::Happened<Topic> const& happened, Now now);
  template <class Topic>
  void on(link::CaughtUp<Topic> const& caught_up, Now now);
  void on_result(Call const& call, link::Outcome const& outcome, Now now);
  void go_online(Now now);

  std::vector<std::string> paths_;
  std::string client_;
  Snapshot snapshot_;
  bool is_changed_ = true;
  std::optional<std::string> connect_;
  bool close_ = false;

  Phase phase_ = Phase::waiting;
  Time phase_since_{};
  Time retry_at_ = never;
  std::size_t path_ = 0;
  std::vector<ConnectFailure> failures_;
  unsigned attempt_ = 0;
  bool was_online_ = false;  ///< this connection reached online: the next back-off begins anew

  std::optional<link::Conversation> conversation_;
  link::Welcome welcome_;
  std::map<link::CallId, PendingCall> calls_;
  link::CallId status_call_{}, logs_call_{};
  std::string logs_subscription_;
  Time routes_due_ = never;
  Time routes_asked_{};
};

}  // namespace pim::ui
