// A client's side of the conversation with the daemon, without I/O: bytes go in by feed(), typed happenings
// come out by next(), bytes to send come out by take_outgoing(). After a Fault or Refused the conversation
// is over: close the connection and begin a new one, which resynchronises by its snapshots.
#pragma once

#include <boost/mp11/algorithm.hpp>

#include <deque>
#include <map>

#include "protocol/codec.hpp"
#include "protocol/contract.hpp"
#include "protocol/lines.hpp"

namespace pim::link {

namespace mp11 = boost::mp11;

/// Names one call of one conversation.
struct CallId {
  std::uint64_t value = 0;
  auto operator<=>(CallId const&) const = default;
};

template <class Method>
using ResultOf = typename Method::Result;

/// The result of any method, or why there is none.
using Outcome = mp11::mp_rename<
    mp11::mp_push_front<mp11::mp_unique<mp11::mp_transform<ResultOf, protocol::Methods>>, protocol::RpcError>,
    std::variant>;

/// The daemon agreed to talk.
struct Welcome {
  protocol::HelloResult hello;
};

/// The daemon answered hello with an error, most likely another rpc_version.
struct Refused {
  protocol::RpcError error;
};

struct Answer {
  CallId call;
  Outcome outcome;
};

/// A subscription began: all that its topic knows.
template <class Topic>
struct Began {
  CallId call;
  std::string subscription_id;  ///< for unsubscribe
  std::uint64_t seq = 0;
  typename Topic::Snapshot snapshot;
};

template <class Topic>
struct Happened {
  std::uint64_t seq = 0;
  typename Topic::Event event;
};

/// The daemon left out `dropped` events, since this client was slow, and says where things stand.
template <class Topic>
struct CaughtUp {
  std::uint64_t seq = 0;
  std::uint64_t dropped = 0;
  typename Topic::Snapshot snapshot;
};

/// The other end does not keep to the contract.
struct Fault {
  std::string message;
};

using Happening = mp11::mp_rename<
    mp11::mp_append<mp11::mp_list<Fault, Welcome, Refused, Answer>, mp11::mp_transform<Began, protocol::Topics>,
                    mp11::mp_transform<Happened, protocol::Topics>, mp11::mp_transform<CaughtUp, protocol::Topics>>,
    std::variant>;

class Conversation {
 public:
  /// Says hello as `client`, for instance "pim-dashboard 0.1.0". Calls may follow before Welcome comes; the
  /// daemon answers in order.
  explicit Conversation(std::string client);

  /// Asks for `Method`; its Answer (for a subscribe that succeeds, its Began) carries the id returned.
  template <class Method>
  CallId call(typename Method::Params const& params = {}) {
    return send(mp11::mp_find<protocol::Methods, Method>::value, protocol::to_json(params));
  }

  void feed(std::string_view bytes);
  [[nodiscard]] std::optional<Happening> next();

  [[nodiscard]] bool has_outgoing() const { return !outgoing_.empty(); }
  /// Everything that waits to be sent, in order.
  [[nodiscard]] std::string take_outgoing() { return std::exchange(outgoing_, {}); }

  [[nodiscard]] bool is_open() const { return is_open_; }
  [[nodiscard]] bool is_over() const { return is_over_; }
  /// Calls that wait for their answers.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  CallId send(std::size_t method, std::string params);
  void on_line(std::string_view line);
  void on_result(CallId call, std::size_t method, boost::json::value const& result);
  void on_error(CallId call, std::size_t method, protocol::RpcError error);
  template <class Topic>
  void on_event(boost::json::value const& params);
  void give_up(std::string message);

  protocol::LineSplitter splitter_;
  std::string outgoing_;
  std::deque<Happening> happenings_;
  std::map<CallId, std::size_t> waiting_;                                    ///< call -> place of its method
  std::array<std::uint64_t, mp11::mp_size<protocol::Topics>::value> seq_{};  ///< last seen, per topic
  std::uint64_t last_call_ = 0;
  bool is_open_ = false;
  bool is_over_ = false;
};

}  // namespace pim::link
