#include "ui/link/conversation.hpp"

#include <charconv>

#include "protocol/envelope.hpp"

namespace pim::link {
namespace {

using protocol::UnknownFields;

/// Snapshots of large meshes are long, but a daemon that sends more than this in one line is not one of ours.
constexpr std::size_t longest_reply = std::size_t{256} << 20;

constexpr std::size_t hello_method = mp11::mp_find<protocol::Methods, protocol::method::Hello>::value;

template <class Method>
struct SubscribesTo {
  template <class Topic>
  using fn = std::is_same<typename Topic::Subscribe, Method>;
};

template <class Method>
inline constexpr std::size_t topic_of = mp11::mp_find_if_q<protocol::Topics, SubscribesTo<Method>>::value;

std::optional<std::uint64_t> seq_of(boost::json::value const& params) {
  auto const* object = params.if_object();
  auto const* seq = object != nullptr ? object->if_contains("seq") : nullptr;
  std::uint64_t value = 0;
  if (seq == nullptr || protocol::decode(*seq, value, UnknownFields::ignore)) return std::nullopt;
  return value;
}

bool is_lagged(boost::json::value const& params) {
  auto const* kind = params.as_object().if_contains("kind");
  return kind != nullptr && kind->is_string() && kind->get_string() == "lagged";
}

template <class T>
std::optional<protocol::DecodeError> decode_member(boost::json::value const& from, std::string_view name, T& to) {
  auto const* member = from.as_object().if_contains(name);
  if (member == nullptr) return protocol::DecodeError{"/" + std::string(name), "missing"};
  return protocol::decode(*member, to, UnknownFields::ignore);
}

}  // namespace

Conversation::Conversation(std::string client) : splitter_(longest_reply) {
  call<protocol::method::Hello>({std::move(client), protocol::rpc_version});
}

CallId Conversation::send(std::size_t method, std::string params) {
  CallId const call{++last_call_};
  auto const name = mp11::mp_with_index<mp11::mp_size<protocol::Methods>::value>(
      method, [](auto place) { return mp11::mp_at<protocol::Methods, decltype(place)>::name; });
  outgoing_ += protocol::make_request({std::to_string(call.value)}, name, params);
  outgoing_ += '\n';
  waiting_.emplace(call, method);
  return call;
}

void Conversation::feed(std::string_view bytes) {
  using Kind = protocol::LineSplitter::Piece::Kind;
  while (auto const piece = splitter_.next(bytes))
    piece->kind == Kind::line ? on_line(piece->text) : give_up("a line without end");
}

std::optional<Happening> Conversation::next() {
  if (happenings_.empty()) return std::nullopt;
  auto happening = std::move(happenings_.front());
  happenings_.pop_front();
  return happening;
}

void Conversation::on_line(std::string_view line) {
  if (is_over_) return;
  auto message = protocol::parse_reply_line(line);
  if (auto const* error = std::get_if<protocol::DecodeError>(&message)) return give_up(to_string(*error));
  if (auto const* notification = std::get_if<protocol::Notification>(&message)) {
    mp11::mp_for_each<protocol::Topics>([&]<class Topic>(Topic) {
      if (notification->method == Topic::event_method) on_event<Topic>(notification->params);
    });
    return;  // a newer daemon may have topics that this client never asked for
  }
  auto& response = std::get<protocol::Response>(message);
  CallId call;
  auto const& id = response.id.text;
  std::from_chars(id.data(), id.data() + id.size(), call.value);
  auto const waiting = waiting_.find(call);
  if (waiting == waiting_.end()) {
    auto const* error = std::get_if<protocol::RpcError>(&response.outcome);
    return give_up(error != nullptr ? error->message : "an answer to nothing");
  }
  auto const method = waiting->second;
  waiting_.erase(waiting);
  if (auto* error = std::get_if<protocol::RpcError>(&response.outcome))
    on_error(call, method, std::move(*error));
  else
    on_result(call, method, std::get<boost::json::value>(response.outcome));
}

void Conversation::on_result(CallId call, std::size_t method, boost::json::value const& result) {
  mp11::mp_with_index<mp11::mp_size<protocol::Methods>::value>(method, [&](auto place) {
    using Method = mp11::mp_at<protocol::Methods, decltype(place)>;
    typename Method::Result value;
    if (auto const error = protocol::decode(result, value, UnknownFields::ignore))
      return give_up(std::string(Method::name) + " answered " + to_string(*error));
    if constexpr (std::is_same_v<Method, protocol::method::Hello>) {
      is_open_ = true;
      happenings_.push_back(Welcome{std::move(value)});
    } else if constexpr (topic_of<Method> < mp11::mp_size<protocol::Topics>::value) {
      using Topic = mp11::mp_at_c<protocol::Topics, topic_of<Method>>;
      seq_[topic_of<Method>] = value.seq;
      happenings_.push_back(Began<Topic>{call, std::move(value.subscription_id), value.seq, std::move(value.snapshot)});
    } else {
      happenings_.push_back(Answer{call, Outcome{std::move(value)}});
    }
  });
}

void Conversation::on_error(CallId call, std::size_t method, protocol::RpcError error) {
  if (method != hello_method) return happenings_.push_back(Answer{call, Outcome{std::move(error)}});
  is_over_ = true;
  happenings_.push_back(Refused{std::move(error)});
}

template <class Topic>
void Conversation::on_event(boost::json::value const& params) {
  auto const seq = seq_of(params);
  auto& last = seq_[mp11::mp_find<protocol::Topics, Topic>::value];
  auto const name = std::string(Topic::event_method);
  if (!seq) return give_up(name + " without seq");
  if (*seq != last + 1) return give_up(name + " " + std::to_string(*seq) + " after " + std::to_string(last));
  last = *seq;
  if (is_lagged(params)) {
    CaughtUp<Topic> caught_up{*seq, 0, {}};
    auto error = decode_member(params, "dropped", caught_up.dropped);
    if (!error) error = decode_member(params, "snapshot", caught_up.snapshot);
    return error ? give_up(name + ": " + to_string(*error)) : happenings_.push_back(std::move(caught_up));
  }
  Happened<Topic> happened{*seq, {}};
  auto const error = protocol::decode(params, happened.event, UnknownFields::ignore);
  if (!error) return happenings_.push_back(std::move(happened));
  if (error->path != "/kind") give_up(name + ": " + to_string(*error));  // else a kind that a newer daemon added
}

void Conversation::give_up(std::string message) {
  if (std::exchange(is_over_, true)) return;
  happenings_.push_back(Fault{std::move(message)});
}

}  // namespace pim::link
