#include <doctest/doctest.h>

#include "pair.hpp"

using namespace pim;

namespace {

/// Every change of one byte to eight other values, one per bit, and to its complement.
template <class Accepts>
std::size_t count_accepted(Buffer const& message, Accepts accepts) {
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < message.size(); ++at)
    for (unsigned const mask : {0x01u, 0x02u, 0x04u, 0x08u, 0x10u, 0x20u, 0x40u, 0x80u, 0xffu}) {
      auto forged = message;
      forged[at] = static_cast<std::uint8_t>(forged[at] ^ mask);
      accepted += accepts(forged);
    }
  return accepted;
}

}  // namespace

TEST_CASE("every changed byte of either handshake message is refused, the genuine one still read after") {
  for (bool const with_secret : {false, true}) {
    test::Pair pair;
    if (with_secret) pair.secret = crypto::Key(crypto::sha256({as_bytes("network")}));
    auto initiator = pair.make_initiator();
    auto responder = pair.make_responder();
    auto const first = pair.write(initiator, "0123456789ab");
    CHECK(count_accepted(first, [&](Bytes forged) { return responder.read_initiation(forged).has_value(); }) == 0);
    REQUIRE(responder.read_initiation(first));
    auto const second = pair.answer(responder, "answer");
    CHECK(count_accepted(second, [&](Bytes forged) { return initiator.read_response(forged).has_value(); }) == 0);
    REQUIRE(initiator.read_response(second));
    CHECK(initiator.split().handshake_hash == responder.split().handshake_hash);
  }
}
