// One client of a hub whose backend answers when the test says so.
#pragma once

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "rpc/session.hpp"

namespace pim::rpc::test {

/// Holds every command until the test answers it.
struct FakeBackend : Backend {
  std::vector<std::pair<Command, Reply>> calls;
  int refreshes = 0;
  void submit(Command command, Reply reply) override { calls.emplace_back(std::move(command), std::move(reply)); }
  void refresh_counters(Model& model) override {
    ++refreshes;
    model.status().uptime_s = static_cast<std::uint64_t>(refreshes);
  }
};

struct Desk {
  FakeBackend backend;
  Hub hub{backend, {"pim-daemon test", {"seq"}}, [](std::function<void()> run) { run(); }};
  std::shared_ptr<Session> session;

  explicit Desk(bool with_hello = true, Session::Limits limits = {}) {
    hub.apply({protocol::Status{}});
    session = std::make_shared<Session>(hub, limits, nullptr);
    if (!with_hello) return;
    ask(R"("rpc.hello","params":{"client":"t","rpc_version":1})");
  }

  void send(std::string const& line) { session->on_line(line); }
  std::vector<boost::json::value> read() {
    std::vector<boost::json::value> lines;
    auto const text = session->take_output(SIZE_MAX);
    session->outbox().on_written();
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      lines.push_back(boost::json::parse(text.substr(at, text.find('\n', at) - at)));
    return lines;
  }
  /// `call` is the text behind `"method":`.
  boost::json::value ask(std::string const& call) {
    send(R"({"jsonrpc":"2.0","id":1,"method":)" + call + "}");
    auto lines = read();
    REQUIRE(lines.size() == 1);
    return lines.front();
  }
  std::int64_t code(std::string const& call) {
    auto const answer = ask(call);
    auto const* error = answer.as_object().if_contains("error");
    return error != nullptr ? error->at("code").as_int64() : 0;
  }
};

inline protocol::StatusEvent happened(protocol::StatusEventKind kind) { return {kind, {}, {}}; }

}  // namespace pim::rpc::test
