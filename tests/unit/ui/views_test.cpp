#include <doctest/doctest.h>

#include "fixtures.hpp"
#include "stage.hpp"

using namespace pim;
using namespace pim::ui;
using namespace pim::ui::test;

namespace {

Snapshot with_logs(Snapshot snapshot, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    snapshot.logs.add({0, test::now.wall, i % 7 == 0 ? LogLevel::error : LogLevel::info, "mesh", id_of(2),
                       "line " + std::to_string(i)});
  return snapshot;
}

/// The switch asked for while a gateway answers: waits to be confirmed.
Snapshot confirming() { return decide(one_peer(), action::ToggleRoute{}, test::now).next; }

Snapshot sharing() {
  protocol::GatewayStatus gateway;
  gateway.active = true;
  gateway.nat_interface = "eth0";
  gateway.conntrack = protocol::Conntrack{3600, 4096};
  gateway.peers_through_me = 1;
  gateway.peers_through_me_ids = std::vector{id_of(2)};
  return with(one_peer(), event::GatewayIs{gateway});
}

Snapshot checked() {
  protocol::GatewayPreflight preflight;
  preflight.supported = true;
  preflight.checks = {{"nftables", true, "answers", {}}, {"uplink", false, "none", "plug one in"}};
  preflight.suggested_nat_interfaces = {"eth0", "wlan0"};
  return with(one_peer(), event::PreflightIs{preflight});
}

Snapshot offered() {
  auto phone = peer(3, "phone");
  phone.offers_internet = true;
  protocol::RouteTable table;
  table.offers = {gateway(3)};
  return with(with(empty(), event::PeersAre{{phone}}), event::RoutesAre{table});
}

}  // namespace

TEST_CASE("every screen draws every recorded state at every size") {
  std::vector<Snapshot> const states = {Snapshot{},
                                        empty(),
                                        one_peer(),
                                        many_peers(),
                                        routing(),
                                        relayed(),
                                        blocked(),
                                        offered(),
                                        disconnected(),
                                        confirming(),
                                        with_logs(one_peer(), 2000),
                                        sharing(),
                                        checked(),
                                        blocked(protocol::BlockCause::arming_failed)};
  for (auto const size : {ImVec2(1280, 800), ImVec2(720, 480), ImVec2(3840, 2160), ImVec2(320, 240)}) {
    Stage stage(size, size.x > 3000 ? 2.0F : 1.0F);
    for (auto const& entry : screens)
      for (auto const& state : states) {
        stage.place() = {entry.screen, state.peers->empty() ? std::string() : id_of(2), false};
        stage.draw(state, 5);
        CHECK(stage.vertices() > 100);
      }
  }
}

TEST_CASE("a table of 500 peers draws only the rows in sight") {
  Stage stage;
  stage.place().screen = Screen::peers;
  stage.draw(many_peers(20), 3);
  auto const few = stage.vertices();
  stage.draw(many_peers(500), 3);
  CHECK(stage.vertices() < few * 4);
}

TEST_CASE("ctrl and a digit bring each screen to the front") {
  Stage stage;
  auto const snapshot = one_peer();
  for (std::size_t i = 0; i < screens.size(); ++i) {
    stage.press_ctrl(snapshot, static_cast<char>('1' + i));
    CHECK(stage.place().screen == screens[i].screen);
  }
  REQUIRE(stage.click(snapshot, "nav/Dashboard"));
  CHECK(stage.place().screen == Screen::dashboard);
}

TEST_CASE("a click on the switch asks for the toggle, once") {
  Stage stage;
  auto const snapshot = one_peer();
  stage.draw(snapshot, 2);
  REQUIRE(stage.click(snapshot, "route/switch"));
  auto const actions = stage.take_actions();
  REQUIRE(actions.size() == 1);
  CHECK(std::holds_alternative<action::ToggleRoute>(actions.front()));
}

TEST_CASE("the question is answered by its buttons or by escape") {
  Stage stage;
  auto const snapshot = confirming();
  stage.draw(snapshot, 3);
  REQUIRE(stage.click(snapshot, "route/confirm"));
  CHECK(stage.took<action::ConfirmRoute>());
  REQUIRE(stage.click(snapshot, "route/cancel"));
  CHECK(stage.took<action::CancelRoute>());
  stage.press(snapshot, ImGuiKey_Escape);
  CHECK(stage.took<action::CancelRoute>());
}

TEST_CASE("the whole switch works from the keyboard") {
  Stage stage;
  stage.draw(one_peer(), 2);
  stage.press_ctrl(one_peer(), 'R');
  CHECK(stage.took<action::ToggleRoute>());
  auto const snapshot = confirming();
  stage.draw(snapshot, 4);
  stage.press(snapshot, ImGuiKey_Enter);
  CHECK(stage.took<action::ConfirmRoute>());
}

TEST_CASE("tab reaches the switch and enter presses it") {
  Stage stage;
  auto const snapshot = one_peer();
  stage.draw(snapshot, 3);
  auto reached = false;
  for (auto i = 0; i < 20 && !reached; ++i) {
    stage.press(snapshot, ImGuiKey_Tab);
    stage.press(snapshot, ImGuiKey_Enter);
    reached = stage.took<action::ToggleRoute>();
    stage.place() = {};  // the keyboard passed the sidebar, and enter opened what it passed
    stage.draw(snapshot);
  }
  CHECK(reached);
}

TEST_CASE("tab goes through the fields of a form and stays inside it") {
  Stage stage;
  auto const snapshot = empty();
  stage.place() = {Screen::peers, "", true};
  stage.draw(snapshot, 4);
  stage.type(snapshot, "192.0.2.7");
  stage.press(snapshot, ImGuiKey_Tab);
  stage.draw(snapshot, 2);
  stage.type(snapshot, "attic");
  for (auto i = 0; i < 3; ++i) stage.press(snapshot, ImGuiKey_Tab);
  CHECK(stage.place().adds_peer);
  stage.press(snapshot, ImGuiKey_Tab);  // identity, add, cancel, and round to the address
  stage.draw(snapshot, 2);
  stage.press(snapshot, ImGuiKey_Enter);
  auto const calls = stage.take_calls<protocol::PeersAddStaticParams>();
  REQUIRE(calls.size() == 1);
  CHECK(calls.front().address == "192.0.2.7");
  CHECK(calls.front().label == "attic");
}

TEST_CASE("turning off stands above every screen while internet is blocked") {
  auto const snapshot = blocked();
  for (auto const size : {ImVec2(1280, 800), ImVec2(720, 480)}) {
    Stage stage(size);
    for (auto const& entry : screens) {
      stage.place().screen = entry.screen;
      stage.draw(snapshot, 3);
      CHECK(stage.shows("banner/blocking"));
      REQUIRE(stage.click(snapshot, "banner/turn_off"));
      CHECK(stage.took<action::TurnOffRoute>());
    }
  }
}

TEST_CASE("while the daemon is away the switch does nothing and the way back is offered") {
  Stage stage;
  auto const snapshot = disconnected();
  stage.draw(snapshot, 3);
  stage.click(snapshot, "route/switch");
  stage.press_ctrl(snapshot, 'R');
  CHECK(stage.take_actions().empty());
  REQUIRE(stage.click(snapshot, "banner/retry"));
  CHECK(stage.took<action::RetryNow>());
}

TEST_CASE("what was never met can be looked at and allowed, and neither verified nor forgotten") {
  Stage stage;
  auto const snapshot = relayed();
  stage.place() = {Screen::peers, id_of(5), false};
  stage.draw(snapshot, 3);
  CHECK(stage.shows("peer/close"));
  CHECK_FALSE(stage.shows("peer/verify"));
  CHECK_FALSE(stage.shows("peer/forget"));
  CHECK(stage.shows("peer/allow"));
  stage.place().peer = id_of(3);
  stage.draw(snapshot, 3);
  CHECK(stage.shows("peer/verify"));
}

TEST_CASE("a row opens the peer, whose handshakes are asked for once") {
  Stage stage;
  auto const snapshot = one_peer();
  stage.place().screen = Screen::peers;
  stage.draw(snapshot, 3);
  REQUIRE(stage.click(snapshot, "all_peers/row/" + id_of(2)));
  CHECK(stage.place().peer == id_of(2));
  stage.draw(snapshot, 10);
  auto const asked = stage.take_calls<protocol::HandshakesListParams>();
  REQUIRE(asked.size() == 1);
  CHECK(asked.front().node_id == id_of(2));
}

TEST_CASE("verify, allow and forget ask the daemon; forgetting takes two steps") {
  Stage stage;
  auto const snapshot = offered();
  stage.place() = {Screen::peers, id_of(3), false};
  stage.draw(snapshot, 3);
  (void)stage.take_actions();
  REQUIRE(stage.click(snapshot, "peer/verify"));
  CHECK(stage.take_calls<protocol::PeersVerifyParams>().size() == 1);
  REQUIRE(stage.click(snapshot, "peer/allow"));
  CHECK(stage.take_calls<protocol::GatewaysAllowParams>().size() == 1);
  REQUIRE(stage.click(snapshot, "peer/forget"));
  CHECK(stage.take_calls<protocol::PeersForgetParams>().empty());
  REQUIRE(stage.click(snapshot, "peer/forget_sure"));
  CHECK(stage.take_calls<protocol::PeersForgetParams>().size() == 1);
}

TEST_CASE("an identity that changed says stop and cannot be verified") {
  protocol::HandshakeRecord record;
  record.outcome = protocol::HandshakeOutcome::failed;
  record.reason = "untrusted peer ID";
  record.expected = id_of(2);
  record.seen = id_of(7);
  auto const snapshot = with(one_peer(), event::LedgerIs{{id_of(2), {record}}});
  Stage stage;
  stage.place() = {Screen::peers, id_of(2), false};
  stage.draw(snapshot, 3);
  CHECK_FALSE(stage.shows("peer/verify"));
  CHECK(stage.shows("peer/forget"));
}

TEST_CASE("an offer is allowed only by way of its fingerprint") {
  Stage stage;
  auto const snapshot = decide(offered(), action::ToggleRoute{}, test::now).next;
  REQUIRE(snapshot.route.phase == RoutePhase::preflight);
  stage.draw(snapshot, 3);
  REQUIRE(stage.click(snapshot, "route/offer/" + id_of(3).substr(0, 8)));
  CHECK(stage.place().screen == Screen::peers);
  CHECK(stage.place().peer == id_of(3));
  CHECK(stage.took<action::CancelRoute>());
}

TEST_CASE("a peer is added from the form, with the keyboard alone") {
  Stage stage;
  auto const snapshot = empty();
  stage.place().screen = Screen::peers;
  stage.draw(snapshot, 2);
  stage.press_ctrl(snapshot, 'N');
  REQUIRE(stage.place().adds_peer);
  stage.draw(snapshot, 4);
  stage.type(snapshot, "192.0.2.7");
  stage.press(snapshot, ImGuiKey_Enter);
  auto const calls = stage.take_calls<protocol::PeersAddStaticParams>();
  REQUIRE(calls.size() == 1);
  CHECK(calls.front().address == "192.0.2.7");
  CHECK_FALSE(calls.front().label.has_value());
  CHECK_FALSE(stage.place().adds_peer);
}

TEST_CASE("a fingerprint that is none is refused in words") {
  CHECK(identity_problem("").empty());
  CHECK(identity_problem("3c6e f362 0000 0000 0000 0000 0000 0000").empty());
  CHECK_FALSE(identity_problem("3c6e").empty());
}

TEST_CASE("the gateway's checks run once when its screen opens") {
  Stage stage;
  auto const snapshot = one_peer();
  stage.place().screen = Screen::gateway;
  stage.draw(snapshot, 10);
  CHECK(stage.take_calls<protocol::GatewayPreflightParams>().size() == 1);
}

TEST_CASE("sharing starts on the chosen uplink and stopping names who loses internet first") {
  Stage stage;
  auto const off = checked();
  stage.place().screen = Screen::gateway;
  stage.draw(off, 3);
  REQUIRE(stage.click(off, "gateway/uplink/wlan0"));
  REQUIRE(stage.click(off, "gateway/enable"));
  auto const calls = stage.take_calls<protocol::GatewayEnableParams>();
  REQUIRE(calls.size() == 1);
  CHECK(calls.front().nat_interface == "wlan0");
  auto const on = sharing();
  stage.draw(on, 3);
  REQUIRE(stage.click(on, "gateway/disable"));
  CHECK(stage.take_calls<protocol::GatewayDisableParams>().empty());
  REQUIRE(stage.click(on, "gateway/disable_sure"));
  CHECK(stage.take_calls<protocol::GatewayDisableParams>().size() == 1);
}

TEST_CASE("finer log lines are asked of the daemon, coarser ones are not") {
  Stage stage;
  auto const snapshot = with_logs(one_peer(), 50);
  stage.place().screen = Screen::logs;
  stage.draw(snapshot, 3);
  REQUIRE(stage.click(snapshot, "logs/level/error"));
  CHECK_FALSE(stage.took<action::FollowLogs>());
  CHECK_FALSE(stage.shows("log/row/1"));
  CHECK(stage.shows("log/row/7"));
  REQUIRE(stage.click(snapshot, "logs/level/debug"));
  CHECK(stage.took<action::FollowLogs>());
}

TEST_CASE("a paused log stands still while lines arrive") {
  Stage stage;
  auto snapshot = with_logs(one_peer(), 5);
  stage.place().screen = Screen::logs;
  stage.draw(snapshot, 3);
  stage.press_ctrl(snapshot, 'P');
  snapshot = with_logs(std::move(snapshot), 3);
  stage.draw(snapshot, 3);
  CHECK_FALSE(stage.shows("log/row/6"));
  stage.press_ctrl(snapshot, 'P');
  stage.draw(snapshot, 3);
  CHECK(stage.shows("log/row/6"));
}

TEST_CASE("a toast leaves with a click") {
  Stage stage;
  auto const snapshot = with(one_peer(), event::CallFailed{protocol::PeersVerifyParams{id_of(2)}, "no"});
  stage.draw(snapshot, 3);
  REQUIRE(stage.click(snapshot, "toast"));
  CHECK(stage.took<action::DismissToast>());
}

TEST_CASE("every colour that carries text can be read") {
  using namespace colour;
  for (auto ground : {background, card}) {
    for (auto tone : {text, secondary, metadata, green, bright, amber, red}) CHECK(contrast(tone, ground) >= 4.5);
  }
  for (auto tone : {text, secondary, green, bright, amber, red}) CHECK(contrast(tone, panel) >= 4.5);
  for (auto ground : {red, green, amber}) CHECK(contrast(ink, ground) >= 4.5);
}

TEST_CASE("without any font the window still has letters and says what is missing") {
  CHECK_FALSE(find_fonts({"/nonexistent"}).shortcoming.empty());
  ImGui::CreateContext();
  auto const fonts = load_fonts(find_fonts({"/nonexistent"}), 1);
  CHECK(fonts.body != nullptr);
  CHECK(ImGui::GetIO().Fonts->Build());
  ImGui::DestroyContext();
}
