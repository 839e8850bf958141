#include "protocol/envelope.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace pim::protocol;

namespace {

/// "code id" of a line that is one bad request, else "".
std::string refusal(std::string_view line) {
  auto const parsed = parse_request_line(line);
  auto const* bad = parsed.calls.size() == 1 ? std::get_if<BadRequest>(&parsed.calls.front()) : nullptr;
  return bad != nullptr ? std::to_string(bad->error.code) + " " + bad->id.text : "";
}

}  // namespace

TEST_CASE("a_request_keeps_its_id_exactly") {
  for (auto const* id : {"1", "-7", "\"a\\\"b\"", "null", "18446744073709551615"}) {
    auto const parsed = parse_request_line(R"({"jsonrpc":"2.0","method":"m","id":)" + std::string(id) + "}");
    REQUIRE(std::holds_alternative<Request>(parsed.calls.at(0)));
    CHECK(std::get<Request>(parsed.calls[0]).id.text == id);
    CHECK(std::get<Request>(parsed.calls[0]).wants_answer);
  }
}

TEST_CASE("a_request_without_id_is_a_notification") {
  auto const parsed = parse_request_line(R"({"jsonrpc":"2.0","method":"m"})");
  CHECK_FALSE(std::get<Request>(parsed.calls.at(0)).wants_answer);
}

TEST_CASE("what_is_not_a_request_is_refused_with_its_code") {
  CHECK(refusal("{") == "-32700 null");
  CHECK(refusal("") == "-32700 null");
  CHECK(refusal("{} {}") == "-32700 null");
  CHECK(refusal("{\"jsonrpc\":\"2.0\",\"method\":\"\xFF\"}") == "-32700 null");
  CHECK(refusal("[]") == "-32600 null");
  CHECK(refusal("1") == "-32600 null");
  CHECK(refusal(R"({"jsonrpc":"1.0","method":"m","id":4})") == "-32600 4");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":1,"id":4})") == "-32600 4");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"m","id":4.5})") == "-32600 null");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"m","id":1.0})") == "-32600 null");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"m","id":1e400})") != "");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"m","id":[1]})") == "-32600 null");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"m","id":1,"id":2})") == "-32600 null");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"m","id":1,"meta":2})") == "-32600 1");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"m","id":1,"params":[1]})") == "-32602 1");
  CHECK(refusal(R"({"jsonrpc":"2.0","method":"m","id":1,"params":"x"})") == "-32600 1");
}

TEST_CASE("a_batch_holds_at_most_64_requests") {
  auto const batch = [](std::size_t size) {
    std::vector<std::string> calls(size, R"({"jsonrpc":"2.0","method":"m","id":1})");
    return make_batch(calls);
  };
  CHECK(parse_request_line(batch(64)).calls.size() == 64);
  CHECK(parse_request_line(batch(64)).is_batch);
  CHECK(refusal(batch(65)) == "-32600 null");
  CHECK_FALSE(parse_request_line(batch(65)).is_batch);
}

TEST_CASE("a_client_tells_answers_errors_and_notifications_apart") {
  auto const answer = parse_reply_line(make_answer({"3"}, "{\"on\":true}"));
  REQUIRE(std::holds_alternative<Response>(answer));
  CHECK(std::get<Response>(answer).id.text == "3");
  auto const error = parse_reply_line(make_answer({"\"x\""}, make_error(errors::peer_not_found, "nobody")));
  CHECK(std::get<RpcError>(std::get<Response>(error).outcome) == RpcError{-32010, "nobody", {}});
  auto const event = parse_reply_line(make_event_opening("status.event", R"({"kind":"route_on"})") + "9}}");
  REQUIRE(std::holds_alternative<Notification>(event));
  CHECK(std::get<Notification>(event).params.at("seq").as_int64() == 9);
  CHECK(std::holds_alternative<DecodeError>(parse_reply_line("{}")));
  CHECK(std::holds_alternative<DecodeError>(parse_reply_line("[1]")));
}

TEST_CASE("damaged_lines_never_do_harm") {
  std::mt19937 random(11);
  std::string const seed = R"([{"jsonrpc":"2.0","id":1,"method":"peers.list","params":{"limit":3,"after":"\u00e9"}}])";
  for (int round = 0; round < 20000; ++round) {
    auto line = seed;
    for (auto left = 1 + random() % 4; left > 0; --left) {
      auto const at = random() % line.size();
      switch (random() % 3) {
        case 0: line[at] = static_cast<char>(random()); break;
        case 1: line.erase(at, 1 + random() % 5); break;
        default: line.insert(at, line.substr(random() % line.size(), random() % 20)); break;
      }
      if (line.empty()) line = "x";
    }
    auto const parsed = parse_request_line(line);
    REQUIRE(parsed.calls.size() >= 1);
    REQUIRE(parsed.calls.size() <= max_batch);
    (void)parse_reply_line(line);
  }
}
