// The screen of routing: the mesh, the way to one target, what was not believed.
#include <doctest/doctest.h>

#include "fixtures.hpp"
#include "stage.hpp"

using namespace pim;
using namespace pim::ui;
using namespace pim::ui::test;

TEST_CASE("a node of the picture or of its table opens the peer") {
  Stage stage;
  auto const snapshot = relayed();
  for (auto const* const name : {"map/node/", "node/row/"}) {
    stage.place() = {Screen::routing, "", false};
    stage.draw(snapshot, 3);
    REQUIRE(stage.click(snapshot, name + id_of(5)));
    CHECK(stage.place().screen == Screen::peers);
    CHECK(stage.place().peer == id_of(5));
  }
}

TEST_CASE("the keyboard reaches the nodes of the mesh by their table") {
  auto const snapshot = relayed();
  auto const opened_by = [&](unsigned tabs, unsigned rows) {
    Stage stage;
    stage.place() = {Screen::routing, "", false};
    stage.draw(snapshot, 3);
    for (unsigned i = 0; i < tabs; ++i) stage.press(snapshot, ImGuiKey_Tab);
    for (unsigned i = 0; i < rows; ++i) stage.press(snapshot, ImGuiKey_DownArrow);
    stage.press(snapshot, ImGuiKey_Enter);
    return stage.place().peer;
  };
  unsigned tabs = 1;
  while (tabs < 20 && opened_by(tabs, 0) != id_of(2)) ++tabs;  // the first row
  CHECK(opened_by(tabs, 0) == id_of(2));
  // No route leads to it, so no other table of this screen has it.
  CHECK(opened_by(tabs, 1) == id_of(6));
  CHECK(opened_by(tabs, 2) == id_of(3));
}

TEST_CASE("a way is asked for with enter or by the button, without the blanks around it, and never twice at once") {
  Stage stage;
  auto const snapshot = relayed();
  stage.place().screen = Screen::routing;
  stage.draw(snapshot, 3);
  REQUIRE(stage.click(snapshot, "explain/ask"));
  CHECK(stage.take_calls<protocol::RouteExplainParams>().empty());  // nothing was typed
  REQUIRE(stage.click(snapshot, "explain/target"));
  stage.type(snapshot, " 203.0.113.7 ");
  REQUIRE(stage.click(snapshot, "explain/ask"));
  auto calls = stage.take_calls<protocol::RouteExplainParams>();
  REQUIRE(calls.size() == 1);
  CHECK(calls.front().target == "203.0.113.7");
  REQUIRE(stage.click(snapshot, "explain/target"));
  stage.press(snapshot, ImGuiKey_Enter);
  CHECK(stage.take_calls<protocol::RouteExplainParams>().size() == 1);
  auto const asking = decide(snapshot, Call{calls.front()}, test::now).next;
  REQUIRE(stage.click(asking, "explain/ask"));
  CHECK(stage.take_calls<protocol::RouteExplainParams>().empty());
}

TEST_CASE("the answer stands in the box, and so does what is wrong with the question") {
  Stage stage;
  stage.place().screen = Screen::routing;
  stage.draw(relayed(), 3);
  CHECK_FALSE(stage.shows("explain/answer"));
  auto const answered = with(relayed(), event::WayIs{explained()});
  stage.draw(answered, 3);
  CHECK(stage.shows("explain/answer"));
  auto const refused = with(answered, event::CallFailed{protocol::RouteExplainParams{"example.org"}, "not an address"});
  stage.draw(refused, 3);
  CHECK_FALSE(stage.shows("explain/answer"));
  CHECK(stage.shows("explain/problem"));
  CHECK_FALSE(stage.shows("toast"));
}

TEST_CASE("claims that were not believed have a panel, and no room is taken while there are none") {
  Stage stage(ImVec2(1280, 1600));
  stage.place().screen = Screen::routing;
  stage.draw(one_peer(), 3);
  CHECK_FALSE(stage.shows("routing/claims"));
  auto late = one_peer();
  late.status->refused_claims = {{"outdated", 41}};
  stage.draw(late, 3);
  CHECK_FALSE(stage.shows("routing/claims"));
  stage.draw(relayed(), 3);
  CHECK(stage.shows("routing/claims"));
}
