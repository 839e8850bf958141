#include "rpc/model.hpp"

#include <doctest/doctest.h>

#include "rpc/queries.hpp"

using namespace pim::rpc;
using namespace pim::protocol;

TEST_CASE("a_peer_known_by_address_becomes_the_one_that_answered") {
  Model model;
  PeerSummary peer;
  peer.config_entry_id = "entry-1";
  model.apply(peer);
  peer.node_id = "ab";
  model.apply(peer);
  CHECK(model.peers().size() == 1);
  model.apply(PeerRemoved{"ab", "entry-1"});
  CHECK(model.peers().empty());
}

TEST_CASE("the_ledger_and_the_log_are_bounded") {
  Model model;
  for (int i = 0; i < 3000; ++i) model.apply(HandshakeRecord{});
  CHECK(model.handshakes().size() == Model::max_handshakes);
  for (int i = 0; i < 3000; ++i) model.apply(LogEvent{{}, Level::info, "x", {}, std::string(1000, 'x'), {}});
  CHECK(model.log().size() * 1000 <= Model::max_log_bytes);
  CHECK(model.log().size() > 100);
}

TEST_CASE("a_short_id_names_one_peer_or_says_which_ones_it_could_be") {
  std::vector<std::string> const ids{"0011223344556677", "0011223399999999", "aabbccddeeff0011", ""};
  CHECK(std::get<std::string>(resolve_id("AABBCCDD", ids)) == "aabbccddeeff0011");
  auto const error = [&](std::string const& prefix) { return std::get<RpcError>(resolve_id(prefix, ids)); };
  CHECK(error("00112233").code == -32013);
  CHECK(error("00112233").data->text == R"({"matches":["0011223344556677","0011223399999999"]})");
  CHECK(error("aabb").code == -32013);
  CHECK(error("ffffffff").code == -32010);
}
