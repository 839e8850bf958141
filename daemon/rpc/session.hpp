// One client's conversation without I/O: lines in by on_line(), lines out through outbox(). Holds the hello
// gate, the subscriptions and the calls in flight.
#pragma once

#include "protocol/envelope.hpp"
#include "rpc/hub.hpp"

namespace pim::rpc {

class Session : public std::enable_shared_from_this<Session> {
 public:
  struct Limits {
    std::size_t calls_in_flight = 32;
    std::size_t log_lines = 200;  ///< in the snapshot of logs.subscribe
    Outbox::Limits outbox{};
  };

  /// `on_output` is called when the outbox may have something new; it must not call back into the session.
  Session(Hub& hub, Limits limits, std::function<void()> on_output);
  ~Session();
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;

  /// A line without its newline.
  void on_line(std::string_view line);
  void on_too_long_line();
  /// Tells the client why it is about to be cut.
  void say_farewell(std::string message);

  [[nodiscard]] bool has_said_hello() const { return has_said_hello_; }
  [[nodiscard]] std::string const& client() const { return client_; }
  [[nodiscard]] std::size_t calls_in_flight() const { return calls_in_flight_; }

  [[nodiscard]] Outbox& outbox() { return outbox_; }
  /// The next bytes to write; see Outbox::take.
  [[nodiscard]] std::string take_output(std::size_t size);

  [[nodiscard]] bool follows(TopicIndex topic) const { return subscriptions_[topic.value].has_value(); }
  [[nodiscard]] bool follows_anything() const;
  [[nodiscard]] bool wants(protocol::LogEvent const& line) const;
  void wake() {
    if (!outbox_.is_empty() && on_output_) on_output_();
  }

 private:
  struct Line;     ///< the answers to one line, which leave together when it was a batch
  struct Pending;  ///< one command that the backend carries out
  struct Slot;     ///< where one call's answer goes

  void on_request(protocol::Request const& request, Slot slot);
  template <class Method>
  void run(protocol::Request const& request, Slot slot);
  void submit(Command command, Slot slot, std::function<std::optional<std::string>(Outcome const&)> encode);

  template <class Method>
  using SessionAnswer = std::variant<typename Method::Result, protocol::RpcError>;
  SessionAnswer<protocol::method::Hello> answer(protocol::method::Hello, protocol::HelloParams const& params);
  SessionAnswer<protocol::method::Discover> answer(protocol::method::Discover, protocol::DiscoverParams const&);
  template <class Method>
  SessionAnswer<Method> answer(Method, typename Method::Params const& params);
  template <class Topic>
  SessionAnswer<typename Topic::Subscribe> subscribe(typename Topic::Subscribe::Params const& params);
  template <class Topic>
  SessionAnswer<typename Topic::Unsubscribe> unsubscribe(protocol::UnsubscribeParams const& params);
  template <class Topic>
  [[nodiscard]] typename Topic::Snapshot snapshot() const;

  Hub& hub_;
  Limits limits_;
  std::function<void()> on_output_;
  Outbox outbox_;
  std::array<std::optional<std::string>, topic_count> subscriptions_{};  ///< their ids
  protocol::LogsSubscribeParams log_filter_;
  std::string client_;
  std::size_t calls_in_flight_ = 0;
  std::uint64_t last_subscription_ = 0;
  bool has_said_hello_ = false;
};

}  // namespace pim::rpc
