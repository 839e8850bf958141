#include "protocol/codec.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>

#include "protocol/contract.hpp"

using namespace pim::protocol;

namespace {

template <class T>
std::string why(std::string_view text, UnknownFields unknown = UnknownFields::refuse) {
  T value{};
  auto const error = decode_text(text, value, unknown);
  return error ? to_string(*error) : "ok";
}

Status sample_status() {
  Status status;
  status.node = "kitchen \"blue\"\n";
  status.interface = {"pim0", false, 1344, "no permission", "setcap cap_net_admin+ep"};
  status.role = {Role::client, Role::relay};
  status.transport.udp = PortTransport{9100};
  status.peers.resize(2);
  status.peers[1].label = "attic";
  status.peers[1].latency_ms = 12.25;
  status.peers[1].trust = TrustLevel::verified;
  status.started_at = Timestamp{std::chrono::milliseconds{1'700'000'000'123}};
  status.kill_switch = {true, BlockCause::gateway_lost, status.started_at, "ab", std::nullopt, std::nullopt};
  status.drops = {{"no_route", 7}};
  return status;
}

}  // namespace

TEST_CASE("what_was_encoded_decodes_to_the_same_value") {
  auto const status = sample_status();
  Status back;
  CHECK_FALSE(decode_text(to_json(status), back, UnknownFields::refuse));
  CHECK(back == status);
}

TEST_CASE("an_unset_optional_is_absent_and_an_unset_nullable_is_null") {
  auto const text = to_json(GatewayStatus{});
  CHECK(text == R"({"active":false,"nat_interface":null})");
  CHECK(to_json(PeerSummary{}).find(R"("static":false)") != std::string::npos);
}

TEST_CASE("an_error_points_at_the_place") {
  auto text = to_json(sample_status());
  auto const at = text.rfind(R"("route_hops":1)");
  text.replace(at, 14, R"("route_hops":4294967296)");
  CHECK(why<Status>(text) == "/peers/1/route_hops: number out of range");
  CHECK(why<PeersAddStaticParams>(R"({"address":"h","mechanism":"up\u0000x"})") ==
        "/mechanism: not one of tcp udp bluetooth wifi_direct");
  CHECK(why<PeersAddStaticParams>(R"({"mechanism":"udp"})") == "/address: missing");
  CHECK(why<RouteSetSplitDefaultParams>(R"({"on":"off"})") == "/on: not true or false");
  CHECK(why<RouteSetSplitDefaultParams>("{}") == "/on: missing");
  CHECK(why<HelloParams>(R"({"client":"x","rpc_version":1.0})") == "/rpc_version: not an integer");
  CHECK(why<HelloParams>(R"({"client":"x","rpc_version":-1})") == "/rpc_version: number out of range");
}

TEST_CASE("the_daemon_refuses_an_unknown_field_and_a_client_passes_over_it") {
  auto const text = R"({"on":true,"a/b~c":1})";
  CHECK(why<RouteSetSplitDefaultParams>(text) == "/a~1b~0c: unknown field");
  CHECK(why<RouteSetSplitDefaultParams>(text, UnknownFields::ignore) == "ok");
}

TEST_CASE("a_failed_decode_leaves_the_value_as_it_was") {
  RouteSetSplitDefaultParams params{true};
  CHECK(decode_text(R"({"on":1})", params, UnknownFields::refuse));
  CHECK(params.on);
}

TEST_CASE("null_for_an_optional_parameter_means_absent") {
  PeersListParams params;
  CHECK_FALSE(decode_text(R"({"limit":null})", params, UnknownFields::refuse));
  CHECK_FALSE(params.limit);
}

TEST_CASE("integers_beyond_two_to_the_53_leave_as_strings_and_come_back_whole") {
  PeerSummary peer;
  peer.rx_bytes = (std::uint64_t{1} << 53) + 1;
  peer.tx_bytes = std::uint64_t{1} << 53;
  auto const text = to_json(peer);
  CHECK(text.find(R"("rx_bytes":"9007199254740993")") != std::string::npos);
  CHECK(text.find(R"("tx_bytes":9007199254740992)") != std::string::npos);
  PeerSummary back;
  CHECK_FALSE(decode_text(text, back, UnknownFields::ignore));
  CHECK(back == peer);
  CHECK(why<PeerSummary>(text) == "/rx_bytes: not an integer");
  Conntrack most{std::numeric_limits<std::uint64_t>::max(), 0};
  CHECK(to_json(most) == R"({"used":"18446744073709551615","max":0})");
}

TEST_CASE("an_instant_travels_as_iso_8601_with_milliseconds") {
  Timestamp const at{std::chrono::milliseconds{1'709'210'096'007}};
  CHECK(to_json(LogEvent{at, Level::info, "x", {}, "m", {}}).find("2024-02-29T12:34:56.007Z") != std::string::npos);
  for (auto const* wrong : {"2023-02-29T12:34:56.007Z", "2024-02-29T24:00:00.000Z", "2024-02-29 12:34:56.007Z",
                            "2024-02-29T12:34:56.007+", "2024-02-29T12:34:56Z", "x"}) {
    auto const text = R"({"ts":")" + std::string(wrong) + R"(","level":"info","source":"x","message":"m"})";
    CHECK(why<LogEvent>(text).starts_with("/ts: not an instant"));
  }
}

TEST_CASE("the_detail_of_an_event_finds_its_own_form") {
  for (auto const& event :
       {StatusEvent{StatusEventKind::gateway_selected, {}, GatewayDetail{"ab"}},
        StatusEvent{StatusEventKind::kill_switch, {}, KillSwitch{}}, StatusEvent{StatusEventKind::sample, {}, Sample{}},
        StatusEvent{StatusEventKind::interface_up, {}, InterfaceDetail{"pim0", {}}},
        StatusEvent{StatusEventKind::role_changed, {}, RoleDetail{{Role::relay}}},
        StatusEvent{StatusEventKind::route_on, {}, {}}}) {
    StatusEvent back;
    CHECK_FALSE(decode_text(to_json(event), back, UnknownFields::ignore));
    CHECK(back == event);
  }
}

TEST_CASE("bytes_that_are_not_utf8_never_leave") {
  std::string text;
  encode_string("a\xC3\x28\xED\xA0\x80 \xF0\x9F\x90\x9D \x01\x7F\xC0\xAF\xF5", text);
  CHECK(text ==
        "\"a\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xF0\x9F\x90\x9D "
        "\\u0001\\u007f\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST_CASE("any_bytes_in_a_string_encode_to_a_document_that_parses") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    PairDetail detail;
    detail.address.emplace();
    for (auto left = random() % 20; left > 0; --left) *detail.address += static_cast<char>(random());
    PairDetail back;
    REQUIRE_FALSE(decode_text(to_json(detail), back, UnknownFields::refuse));
  }
}

TEST_CASE("a_key_that_stands_twice_is_refused_at_any_depth") {
  CHECK(why<HelloParams>(R"({"client":"x","rpc_version":1,"client":"x"})") == "a key stands twice in one object");
  CHECK(why<RawJson>(R"([{"a":{"b":1,"\u0062":2}}])") == "a key stands twice in one object");
  CHECK(why<RawJson>(R"([{"a":1},{"a":1}])") == "ok");
}

TEST_CASE("nesting_ends_at_32_levels") {
  CHECK(why<RawJson>(std::string(32, '[') + std::string(32, ']')) == "ok");
  CHECK(why<RawJson>(std::string(33, '[') + std::string(33, ']')) == "nested deeper than 32 levels");
  CHECK(why<RawJson>(std::string(1'000'000, '[')) == "nested deeper than 32 levels");
}
