#include "rpc/session.hpp"

#include <algorithm>
#include <atomic>

#include "protocol/codec.hpp"
#include "protocol/rpcdoc.hpp"
#include "rpc/queries.hpp"

namespace pim::rpc {

namespace mp11 = boost::mp11;
namespace errors = protocol::errors;
using protocol::make_answer;
using protocol::make_error;
using protocol::Request;
using protocol::RpcError;

namespace {

constexpr std::size_t longest_client_name = 64;  // it goes into the log

template <class Method>
struct Subscribes {
  template <class Topic>
  using fn = std::is_same<typename Topic::Subscribe, Method>;
};
template <class Method>
struct Unsubscribes {
  template <class Topic>
  using fn = std::is_same<typename Topic::Unsubscribe, Method>;
};

template <class Method>
constexpr std::size_t subscribed_topic = mp11::mp_find_if_q<protocol::Topics, Subscribes<Method>>::value;
template <class Method>
constexpr std::size_t unsubscribed_topic = mp11::mp_find_if_q<protocol::Topics, Unsubscribes<Method>>::value;
template <class Method>
constexpr bool is_about_subscriptions =
    subscribed_topic<Method> < topic_count || unsubscribed_topic<Method> < topic_count;

RpcError invalid_params(protocol::DecodeError const& error) {
  protocol::InvalidParamsData data{error.path, error.message};
  return {errors::invalid_params.code, to_string(error), protocol::RawJson{to_json(data)}};
}

}  // namespace

struct Session::Line {
  std::weak_ptr<Session> session;
  bool is_batch = false;
  std::size_t missing = 0;  ///< answers, and one for the reading of the line itself
  std::vector<std::string> answers;
  /// Subscriptions begin when the answer leaves, or their events would overtake a batch that waits.
  std::vector<std::function<void()>> at_the_end;

  void on_part_done() {
    if (--missing > 0) return;
    auto const beginnings = std::exchange(at_the_end, {});  // each holds this line: kept, none would ever be freed
    auto const alive = session.lock();
    if (!alive) return;
    for (auto const& begin : beginnings) begin();
    std::erase(answers, std::string{});
    if (answers.empty()) return;
    alive->outbox_.push_answer(is_batch ? protocol::make_batch(answers) : std::move(answers.front()));
    alive->wake();
  }
};

struct Session::Slot {
  std::shared_ptr<Line> line;
  std::size_t place = 0;
  protocol::RequestId id;
  bool wants_answer = true;

  void put(std::string answer) const {
    if (wants_answer) line->answers[place] = std::move(answer);
  }
  void result(std::string const& result) const {
    put(make_answer(id, result));
    line->on_part_done();
  }
  void error(RpcError const& error) const {
    put(make_answer(id, error));
    line->on_part_done();
  }
};

/// Lives in the Reply that the backend holds; when the last copy goes unanswered, the client learns it.
struct Session::Pending {
  Slot slot;
  std::function<std::optional<std::string>(Outcome const&)> encode;
  Hub::Post post;
  std::atomic<bool> is_answered = false;

  ~Pending() { answer(make_error(errors::internal_error, "the command was dropped"), std::move(encode)); }

  void answer(Outcome outcome, std::function<std::optional<std::string>(Outcome const&)> encode_it) {
    if (is_answered.exchange(true)) return;
    post([slot = slot, encode_it = std::move(encode_it), outcome = std::move(outcome)] {
      if (auto const session = slot.line->session.lock()) --session->calls_in_flight_;
      if (auto const* error = std::get_if<RpcError>(&outcome)) return slot.error(*error);
      auto const result = encode_it(outcome);
      result ? slot.result(*result) : slot.error(make_error(errors::internal_error, "the answer has another form"));
    });
  }
};

Session::Session(Hub& hub, Limits limits, std::function<void()> on_output)
    : hub_(hub), limits_(limits), on_output_(std::move(on_output)), outbox_(limits.outbox) {
  hub_.enter(*this);
}

Session::~Session() { hub_.leave(*this); }

void Session::on_line(std::string_view text) {
  if (text.find_first_not_of(" \t\r") == std::string_view::npos) return;  // an empty line asks nothing
  auto parsed = protocol::parse_request_line(text);
  auto const line = std::make_shared<Line>();
  line->session = weak_from_this();
  line->is_batch = parsed.is_batch;
  line->missing = parsed.calls.size() + 1;
  line->answers.resize(parsed.calls.size());
  for (std::size_t place = 0; place < parsed.calls.size(); ++place) {
    if (auto const* bad = std::get_if<protocol::BadRequest>(&parsed.calls[place])) {
      Slot{line, place, bad->id, bad->wants_answer}.error(bad->error);
    } else {
      auto const& request = std::get<Request>(parsed.calls[place]);
      on_request(request, {line, place, request.id, request.wants_answer});
    }
  }
  line->on_part_done();
}

void Session::on_too_long_line() {
  say_farewell("a line of more than " + std::to_string(protocol::max_line) + " bytes");
}

void Session::say_farewell(std::string message) {
  outbox_.push_answer(make_answer(protocol::RequestId{}, make_error(errors::invalid_request, std::move(message))));
  wake();
}

std::string Session::take_output(std::size_t size) {
  return outbox_.take(size, [this](TopicIndex topic) {
    return mp11::mp_with_index<topic_count>(
        topic.value, [&](auto place) { return to_json(snapshot<mp11::mp_at<protocol::Topics, decltype(place)>>()); });
  });
}

bool Session::follows_anything() const {
  return std::ranges::any_of(subscriptions_, [](auto const& subscription) { return subscription.has_value(); });
}

bool Session::wants(protocol::LogEvent const& line) const { return passes(line, log_filter_); }

void Session::on_request(Request const& request, Slot slot) {
  if (!has_said_hello_ && request.method != method::Hello::name)
    return slot.error(make_error(errors::invalid_request, "say rpc.hello first"));
  bool known = false;
  mp11::mp_for_each<protocol::Methods>([&]<class Method>(Method) {
    if (known || request.method != Method::name) return;
    known = true;
    run<Method>(request, slot);
  });
  if (!known) slot.error(make_error(errors::method_not_found, "no such method in this build: " + request.method));
}

template <class Method>
void Session::run(Request const& request, Slot slot) {
  typename Method::Params params;
  auto const& given = request.params.is_null() ? boost::json::value(boost::json::object{}) : request.params;
  if (auto const error = protocol::decode(given, params, protocol::UnknownFields::refuse))
    return slot.error(invalid_params(*error));
  if constexpr (Method::kind == protocol::Kind::command) {
    submit(std::move(params), std::move(slot), [](Outcome const& outcome) -> std::optional<std::string> {
      auto const* result = std::get_if<typename Method::Result>(&outcome);
      return result != nullptr ? std::optional(to_json(*result)) : std::nullopt;
    });
  } else if constexpr (Method::kind == protocol::Kind::query) {
    auto const answered = rpc::answer(Method{}, params, hub_.fresh_model());
    if (auto const* error = std::get_if<RpcError>(&answered)) return slot.error(*error);
    slot.result(to_json(std::get<typename Method::Result>(answered)));
  } else if constexpr (is_about_subscriptions<Method>) {
    slot.line->at_the_end.push_back([this, slot, params] {
      auto const answered = answer(Method{}, params);
      auto const* error = std::get_if<RpcError>(&answered);
      slot.put(error ? make_answer(slot.id, *error) : make_answer(slot.id, to_json(std::get<0>(answered))));
    });
    slot.line->on_part_done();
  } else {
    auto const answered = answer(Method{}, params);
    if (auto const* error = std::get_if<RpcError>(&answered)) return slot.error(*error);
    slot.result(to_json(std::get<0>(answered)));
  }
}

void Session::submit(Command command, Slot slot, std::function<std::optional<std::string>(Outcome const&)> encode) {
  if (calls_in_flight_ >= limits_.calls_in_flight)
    return slot.error(make_error(errors::not_ready, "more than " + std::to_string(limits_.calls_in_flight) +
                                                        " requests in flight; wait for answers"));
  ++calls_in_flight_;
  auto const pending = std::make_shared<Pending>(std::move(slot), std::move(encode), hub_.post());
  hub_.backend().submit(std::move(command),
                        [pending](Outcome outcome) { pending->answer(std::move(outcome), pending->encode); });
}

auto Session::answer(method::Hello, protocol::HelloParams const& params) -> SessionAnswer<method::Hello> {
  if (params.rpc_version != protocol::rpc_version)
    return make_error(errors::version_mismatch,
                      "rpc_version " + std::to_string(protocol::rpc_version) + " is spoken here");
  has_said_hello_ = true;
  client_ = params.client.substr(0, longest_client_name);
  // Who says hello is about to ask: what other threads have to look up is ordered now.
  static_cast<void>(hub_.fresh_model());
  return protocol::HelloResult{hub_.identity().daemon, protocol::rpc_version, hub_.identity().features};
}

auto Session::answer(method::Discover, protocol::DiscoverParams const&) -> SessionAnswer<method::Discover> {
  return protocol::RawJson{protocol::openrpc_document()};
}

/// Subscriptions: the topic that the method belongs to.
template <class Method>
auto Session::answer(Method, typename Method::Params const& params) -> SessionAnswer<Method> {
  static_assert(is_about_subscriptions<Method>, "a session method without a handler");
  if constexpr (subscribed_topic<Method> < topic_count)
    return subscribe<mp11::mp_at_c<protocol::Topics, subscribed_topic<Method>>>(params);
  else
    return unsubscribe<mp11::mp_at_c<protocol::Topics, unsubscribed_topic<Method>>>(params);
}

template <class Topic>
auto Session::subscribe(typename Topic::Subscribe::Params const& params) -> SessionAnswer<typename Topic::Subscribe> {
  constexpr auto topic = index_of<Topic>;
  auto& subscription = subscriptions_[topic.value];
  if (subscription) return make_error(errors::already_subscribed, std::string(Topic::name) + " is followed already");
  if constexpr (std::is_same_v<Topic, protocol::topic::LogsTopic>)
    log_filter_ = params;
  else if (!hub_.model().is_ready())
    return make_error(errors::not_ready, "the daemon is still starting");
  subscription = std::string(Topic::name) + "-" + std::to_string(++last_subscription_);
  outbox_.begin(topic, hub_.published(topic));
  return typename Topic::Subscribe::Result{*subscription, hub_.published(topic), snapshot<Topic>()};
}

template <class Topic>
auto Session::unsubscribe(protocol::UnsubscribeParams const& params) -> SessionAnswer<typename Topic::Unsubscribe> {
  auto& subscription = subscriptions_[index_of<Topic>.value];
  if (subscription != params.subscription_id)
    return make_error(errors::not_subscribed, "no such subscription of " + std::string(Topic::name));
  subscription.reset();
  outbox_.end(index_of<Topic>);
  return protocol::Null{};
}

template <class Topic>
typename Topic::Snapshot Session::snapshot() const {
  auto const& model = hub_.fresh_model();
  if constexpr (std::is_same_v<Topic, protocol::topic::StatusTopic>)
    return model.full_status();
  else if constexpr (std::is_same_v<Topic, protocol::topic::PeersTopic>)
    return model.peers();
  else if constexpr (std::is_same_v<Topic, protocol::topic::GatewayTopic>)
    return model.gateway();
  else
    return matching_lines(model, log_filter_, limits_.log_lines);
}

}  // namespace pim::rpc
