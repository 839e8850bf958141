// Commands and the disk: nothing is answered as done that it refused.
#include <doctest/doctest.h>

#include "support/virtual_network.hpp"

using namespace pim;
using namespace pim::test;
using namespace std::chrono_literals;

namespace {

/// a, which has b as an entry and is connected to it.
struct Pair {
  VirtualNetwork net;
  Node& a = net.add("a", "192.0.2.1", dialling({"192.0.2.2"}));
  Node& b = net.add("b", "192.0.2.2");

  Pair() {
    b.start();
    a.start();
    net.run(1s);
  }
  /// For the disk.
  bool is_refused(control::Command command) {
    auto const answer = a.answer(a.command(std::move(command)));
    REQUIRE(answer);
    auto const* const refused = std::get_if<control::Refused>(&*answer);
    return refused && refused->message.find("No space left") != std::string::npos;
  }
};

}  // namespace

TEST_CASE("a peer that cannot be stored is refused and gone, and those before stay") {
  VirtualNetwork net;
  auto& a = net.add("a", "192.0.2.1");
  a.start();
  auto const kept = a.answer(a.command(control::AddPeer{"192.0.2.2", "kept"}));
  REQUIRE(kept);
  CHECK(std::holds_alternative<control::PeerAdded>(*kept));
  a.disk_error = "No space left on device";
  auto const refused = a.answer(a.command(control::AddPeer{"192.0.2.3", "refused"}));
  REQUIRE(refused);
  REQUIRE(std::holds_alternative<control::Refused>(*refused));
  CHECK(std::get<control::Refused>(*refused).message.find("No space left") != std::string::npos);
  a.disk_error.clear();
  // The address is free again, so the refused entry is gone.
  auto const again = a.answer(a.command(control::AddPeer{"192.0.2.3", "again"}));
  CHECK(std::holds_alternative<control::PeerAdded>(*again));
  CHECK(a.saved.added_peers.size() == 2);
}

TEST_CASE("what cannot be stored is never answered as done") {
  Pair pair;
  pair.a.disk_error = "No space left on device";
  control::NodeName const name{to_string(pair.b.id())};
  CHECK(pair.is_refused(control::VerifyPeer{name}));
  CHECK(pair.is_refused(control::VerifyPeer{name}));  // it is done, and as little stored
  CHECK(pair.is_refused(control::AllowGateway{name, false}));
  CHECK(pair.is_refused(control::ForgetPeer{name}));
  pair.a.disk_error.clear();
  pair.net.run(1s);
  CHECK(std::holds_alternative<control::Done>(*pair.a.answer(pair.a.command(control::VerifyPeer{name}))));
  CHECK(pair.a.trusted.records.front().level == trust::Level::verified);
  // Nothing to change, nothing to wait for.
  CHECK(std::holds_alternative<control::Done>(*pair.a.answer(pair.a.command(control::VerifyPeer{name}))));
  // What the disk refused is written once there is room, without another command.
  pair.a.disk_error = "No space left on device";
  CHECK(pair.is_refused(control::AllowGateway{name, true}));
  pair.a.disk_error.clear();
  pair.net.run(31s);
  CHECK(pair.a.trusted.records.front().gateway_allowed);
}

TEST_CASE("a command does not fail for a store that its wish is not kept in") {
  Pair pair;
  pair.a.trust_error = "No space left on device";
  CHECK(pair.is_refused(control::VerifyPeer{{to_string(pair.b.id())}}));
  CHECK_FALSE(pair.is_refused(control::AddPeer{"192.0.2.3", "added"}));
  CHECK_FALSE(pair.is_refused(control::SetSplitDefault{true}));
  CHECK_FALSE(pair.is_refused(control::SetSplitDefault{false}));
  CHECK(pair.is_refused(control::AllowGateway{{to_string(pair.b.id())}, true}));
  CHECK(pair.a.saved.added_peers.size() == 1);
}
