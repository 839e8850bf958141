// The commands that follow: events, logs, and the raw call.
#include <algorithm>
#include <iostream>
#include <thread>

#include "protocol/envelope.hpp"
#include "protocol/json.hpp"
#include "ui/cli/daemon.hpp"
#include "ui/cli/text.hpp"

namespace pim::cli {

namespace mp11 = boost::mp11;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr auto answer_patience = 60s;
constexpr std::array back_off{250ms, 500ms, 1000ms, 2000ms, 4000ms};

using Reply = std::variant<protocol::Response, protocol::Notification, protocol::DecodeError>;

/// Lines as they come, so that what a newer daemon adds is shown too.
class RawLink {
 public:
  explicit RawLink(link::Dialled dialled) : link_(std::move(dialled)) {}

  bool ask(std::string const& id, std::string_view method, std::string_view params) {
    return link_.send(protocol::make_request({id}, method, params) + "\n");
  }
  std::optional<Reply> read(std::optional<std::chrono::milliseconds> patience) {
    auto const line = link_.read_line(patience);
    return line ? std::optional(protocol::parse_reply_line(*line)) : std::nullopt;
  }
  bool say_hello() {
    return ask("0", "rpc.hello", protocol::to_json(protocol::HelloParams{client_name, protocol::rpc_version}));
  }

 private:
  link::BlockingLink link_;
};

Failed gone() { return {{}, "pim is stopped (pim-daemon exited)"}; }

std::string event_line(std::string_view topic, json::value& params) {
  auto& event = params.as_object();
  std::string seq = "null";
  if (auto const* number = event.if_contains("seq")) seq = protocol::to_text(*number);
  event.erase("seq");
  std::string line = R"({"topic":)";
  protocol::encode_string(topic, line);
  return line + ",\"seq\":" + seq + ",\"event\":" + protocol::to_text(params) + "}";
}

std::string snapshot_line(std::string_view topic, json::value const& subscribed) {
  std::string line = R"({"topic":)";
  protocol::encode_string(topic, line);
  return line + ",\"seq\":" + protocol::to_text(subscribed.at("seq")) +
         ",\"snapshot\":" + protocol::to_text(subscribed.at("snapshot")) + "}";
}

std::vector<std::string> all_topics() {
  std::vector<std::string> names;
  mp11::mp_for_each<protocol::Topics>([&]<class Topic>(Topic) { names.emplace_back(Topic::name); });
  return names;
}

/// Prints until the daemon goes or says no. Ids are the places of the topics, from 1; hello has 0.
Failed follow_events(RawLink& link, std::vector<std::string> const& topics) {
  if (!link.say_hello()) return gone();
  for (std::size_t i = 0; i < topics.size(); ++i)
    if (!link.ask(std::to_string(i + 1), topics[i] + ".subscribe", "{}")) return gone();
  while (auto reply = link.read(std::nullopt)) {
    if (auto* event = std::get_if<protocol::Notification>(&*reply)) {
      auto const topic = std::string_view(event->method).substr(0, event->method.find('.'));
      if (event->params.is_object()) print_line(event_line(topic, event->params));
      continue;
    }
    if (auto const* error = std::get_if<protocol::DecodeError>(&*reply)) return {{}, to_string(*error)};
    auto const& response = std::get<protocol::Response>(*reply);
    if (auto const* error = std::get_if<protocol::RpcError>(&response.outcome)) return {*error, {}};
    if (response.id.text == "0") continue;
    auto const place = static_cast<std::size_t>(std::stoul(response.id.text)) - 1;
    print_line(snapshot_line(topics.at(place), std::get<json::value>(response.outcome)));
  }
  return gone();
}

void print_log(Options const& options, protocol::LogEvent const& line) {
  print_line(options.json ? protocol::to_json(line) : text_of(line));
}

}  // namespace

int events(Options const& options) {
  auto const known = all_topics();
  auto const topics = options.topics.empty() ? known : options.topics;
  for (auto const& topic : topics) {
    if (std::ranges::find(known, topic) != known.end()) continue;
    std::cerr << "pim: there is no topic " << topic << "; topics are status, peers, gateway, logs\n";
    return code(Exit::usage);
  }
  for (std::size_t attempt = 0;;) {
    auto dialled = link::dial(link::socket_places(options.socket));
    int result = code(Exit::no_daemon);
    if (auto const* absent = std::get_if<link::NoDaemon>(&dialled)) {
      if (attempt == 0) result = complain(*absent, options);
    } else {
      RawLink link(std::get<link::Dialled>(std::move(dialled)));
      result = complain(follow_events(link, topics), options);
      attempt = 0;
    }
    if (!options.follow || result == code(Exit::refused)) return result;
    std::this_thread::sleep_for(back_off[std::min(attempt++, back_off.size() - 1)]);
  }
}

int logs(Options const& options) {
  protocol::LogsSubscribeParams params;
  if (!options.level.empty()) {
    params.min_level = protocol::parse_enum<protocol::Level>(options.level);
    if (!params.min_level) {
      std::cerr << "pim: --level is one of trace, debug, info, warn, error\n";
      return code(Exit::usage);
    }
  }
  if (!options.sources.empty()) params.sources = options.sources;
  auto dialled = link::dial(link::socket_places(options.socket));
  if (auto const* absent = std::get_if<link::NoDaemon>(&dialled)) return complain(*absent, options);
  link::BlockingLink link(std::get<link::Dialled>(std::move(dialled)));
  link::Conversation conversation(client_name);
  conversation.call<protocol::method::LogsSubscribe>(params);
  using Topic = protocol::topic::LogsTopic;
  while (link.send(conversation.take_outgoing())) {
    while (auto happening = conversation.next()) {
      if (auto const* refused = std::get_if<link::Refused>(&*happening))
        return complain(Failed{refused->error, {}}, options);
      if (auto const* fault = std::get_if<link::Fault>(&*happening))
        return complain(Failed{{}, fault->message}, options);
      if (auto const* answer = std::get_if<link::Answer>(&*happening))
        return complain(Failed{std::get<protocol::RpcError>(answer->outcome), {}}, options);
      if (auto const* happened = std::get_if<link::Happened<Topic>>(&*happening)) print_log(options, happened->event);
      if (auto const* began = std::get_if<link::Began<Topic>>(&*happening)) {
        for (auto const& line : began->snapshot.lines) print_log(options, line);
        if (options.once) return code(Exit::ok);
      }
      if (auto const* caught_up = std::get_if<link::CaughtUp<Topic>>(&*happening)) {
        std::cerr << "pim: " << caught_up->dropped << " lines came too fast; these are the latest\n";
        for (auto const& line : caught_up->snapshot.lines) print_log(options, line);
      }
    }
    auto const line = link.read_line(std::nullopt);
    if (!line) break;
    conversation.feed(*line + "\n");
  }
  return complain(gone(), options);
}

int rpc(Options const& options) {
  auto const params = options.params.empty() ? "null" : options.params;
  auto const parsed = protocol::parse_json(params);
  if (auto const* error = std::get_if<protocol::JsonError>(&parsed)) {
    std::cerr << "pim: the parameters are " << error->message << "\n";
    return code(Exit::usage);
  }
  auto dialled = link::dial(link::socket_places(options.socket));
  if (auto const* absent = std::get_if<link::NoDaemon>(&dialled)) return complain(*absent, options);
  RawLink link(std::get<link::Dialled>(std::move(dialled)));
  if (!link.say_hello() || !link.ask("1", options.target, protocol::to_text(std::get<json::value>(parsed))))
    return complain(gone(), options);
  while (auto const reply = link.read(answer_patience)) {
    auto const* response = std::get_if<protocol::Response>(&*reply);
    if (response == nullptr) continue;
    if (auto const* error = std::get_if<protocol::RpcError>(&response->outcome)) {
      std::cerr << protocol::to_json(*error) << "\n";
      return code(Exit::refused);
    }
    if (response->id.text != "1") continue;
    print_line(protocol::to_text(std::get<json::value>(response->outcome)));
    return code(Exit::ok);
  }
  return complain(gone(), options);
}

}  // namespace pim::cli
