#include "ui/link/conversation.hpp"

#include <doctest/doctest.h>

#include "protocol/envelope.hpp"

using namespace pim::link;
using namespace pim::protocol;

namespace {

std::string answer(CallId call, std::string const& result) {
  return make_answer(RequestId{std::to_string(call.value)}, result) + "\n";
}

std::string event(std::string_view method, std::string const& body, int seq) {
  return make_event_opening(method, body) + std::to_string(seq) + "}}\n";
}

struct Talk {
  Conversation conversation{"test"};
  Talk() {
    (void)conversation.take_outgoing();
    conversation.feed(answer({1}, R"({"daemon":"d","rpc_version":1,"features":["seq"]})"));
  }
  template <class T>
  T expect() {
    auto happening = conversation.next();
    REQUIRE(happening.has_value());
    REQUIRE(std::holds_alternative<T>(*happening));
    return std::get<T>(*std::move(happening));
  }
};

}  // namespace

TEST_CASE("a_conversation_opens_with_hello") {
  Conversation conversation("cli 1");
  CHECK(conversation.take_outgoing() ==
        R"({"jsonrpc":"2.0","id":1,"method":"rpc.hello","params":{"client":"cli 1","rpc_version":1}})"
        "\n");
  CHECK_FALSE(conversation.is_open());
  Talk talk;
  CHECK(talk.expect<Welcome>().hello.features == std::vector<std::string>{"seq"});
  CHECK(talk.conversation.is_open());
}

TEST_CASE("a_refused_hello_ends_the_conversation") {
  Conversation conversation("x");
  conversation.feed(make_answer(RequestId{"1"}, make_error(errors::version_mismatch, "2 is spoken here")) + "\n");
  CHECK(std::get<Refused>(*conversation.next()).error.code == -32001);
  CHECK(conversation.is_over());
}

TEST_CASE("answers_find_their_calls_in_any_order_and_in_any_pieces") {
  Talk talk;
  talk.expect<Welcome>();
  auto const forget = talk.conversation.call<method::PeersForget>({"0011223344", {}});
  auto const table = talk.conversation.call<method::GetRouteTable>();
  auto const bytes = answer(table, to_json(RouteTable{})) + answer(forget, to_json(PeersForgetResult{true, 0, false}));
  for (char const c : bytes) talk.conversation.feed({&c, 1});
  auto first = talk.expect<Answer>();
  CHECK(first.call == table);
  CHECK(std::holds_alternative<RouteTable>(first.outcome));
  auto second = talk.expect<Answer>();
  CHECK(second.call == forget);
  CHECK(std::get<PeersForgetResult>(second.outcome).forgot_identity);
  CHECK(talk.conversation.waiting() == 0);
}

TEST_CASE("a_subscription_begins_with_its_snapshot_and_goes_on_by_seq") {
  Talk talk;
  talk.expect<Welcome>();
  auto const call = talk.conversation.call<method::StatusSubscribe>();
  talk.conversation.feed(answer(call, to_json(StatusSubscribed{"s", 41, {}})));
  CHECK(talk.expect<Began<topic::StatusTopic>>().seq == 41);
  auto const on = to_json(StatusEvent{StatusEventKind::route_on, {}, {}});
  talk.conversation.feed(event("status.event", on, 42));
  CHECK(talk.expect<Happened<topic::StatusTopic>>().event.kind == StatusEventKind::route_on);
  talk.conversation.feed(
      event("status.event", R"({"kind":"lagged","dropped":7,"snapshot":)" + to_json(Status{}) + "}", 43));
  CHECK(talk.expect<CaughtUp<topic::StatusTopic>>().dropped == 7);
  talk.conversation.feed(event("status.event", on, 45));
  CHECK(talk.expect<Fault>().message == "status.event 45 after 43");
}

TEST_CASE("a_kind_that_this_client_does_not_know_is_passed_over") {
  Talk talk;
  talk.expect<Welcome>();
  auto const call = talk.conversation.call<method::GatewaySubscribe>();
  talk.conversation.feed(answer(call, to_json(GatewaySubscribed{"g", 0, {}})));
  talk.expect<Began<topic::GatewayTopic>>();
  talk.conversation.feed(event("gateway.event", R"({"kind":"melted","at":"2024-01-01T00:00:00.000Z"})", 1));
  CHECK_FALSE(talk.conversation.next());
  talk.conversation.feed(event("gateway.event", to_json(GatewayEvent{GatewayEventKind::disabled, {}, {}}), 2));
  CHECK(talk.expect<Happened<topic::GatewayTopic>>().seq == 2);
}

TEST_CASE("nonsense_ends_the_conversation_once") {
  Talk talk;
  talk.expect<Welcome>();
  talk.conversation.feed("hello\n{}\n");
  talk.expect<Fault>();
  CHECK_FALSE(talk.conversation.next());
  CHECK(talk.conversation.is_over());
}
