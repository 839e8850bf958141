// What a client sends and what a daemon answers, byte by byte as it comes: the splitter, the strict JSON
// reader, a whole session behind hello, and a client's conversation. Every answer is one line of JSON that
// this project's own reader takes.
#include "protocol/envelope.hpp"
#include "protocol/json.hpp"
#include "protocol/lines.hpp"
#include "rpc/session.hpp"
#include "target.hpp"
#include "ui/link/conversation.hpp"

using namespace pim;

namespace {

/// Refuses every second command and forgets the others.
struct Backend : rpc::Backend {
  int calls = 0;
  void submit(rpc::Command, rpc::Reply reply) override {
    if (++calls % 2 == 0) reply(protocol::make_error(protocol::errors::not_ready, "no"));
  }
  void refresh_counters(rpc::Model&) override {}
};

void check_output(std::string_view output) {
  protocol::LineSplitter splitter(SIZE_MAX);
  while (auto const line = splitter.next(output))
    PIM_ASSERT(std::holds_alternative<boost::json::value>(protocol::parse_json(line->text)));
  PIM_ASSERT(!splitter.is_inside_line());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const input(reinterpret_cast<char const*>(data), size);
  Backend backend;
  rpc::Hub hub(backend, {"d", {}}, [](std::function<void()> run) { run(); });
  hub.apply({protocol::Status{}, protocol::PeerSummary{}, protocol::LogEvent{}});
  auto const session = std::make_shared<rpc::Session>(hub, rpc::Session::Limits{}, nullptr);
  session->on_line(R"({"jsonrpc":"2.0","id":0,"method":"rpc.hello","params":{"client":"f","rpc_version":1}})");
  protocol::LineSplitter splitter(4096);
  auto rest = input;
  while (auto const line = splitter.next(rest)) session->on_line(line->text);
  session->on_line(input);
  hub.apply({protocol::StatusEvent{}, protocol::PeerEvent{}, protocol::GatewayEvent{}, protocol::LogEvent{}});
  hub.on_second({}, std::chrono::milliseconds{1000});
  check_output(session->take_output(SIZE_MAX));

  link::Conversation conversation("f");
  conversation.call<protocol::method::StatusSubscribe>();
  conversation.feed(input);
  while (conversation.next()) {
  }
  return 0;
}
