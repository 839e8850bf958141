#include "wire/handshake.hpp"

#include <doctest/doctest.h>

#include "support/test_entropy.hpp"

using namespace pim;

namespace {

std::string text(Bytes bytes) { return to_hex(bytes); }

/// No shorter and no longer datagram parses as this frame.
template <class Parse>
void check_exact(Buffer const& datagram, Parse parse) {
  REQUIRE(parse(datagram));
  for (std::size_t size = 0; size < datagram.size(); ++size) CHECK_FALSE(parse(Bytes{datagram}.first(size)));
  auto longer = datagram;
  longer.push_back(0);
  CHECK_FALSE(parse(longer));
  auto other = datagram;
  other[0] = static_cast<std::uint8_t>(other[0] ^ 8);
  CHECK_FALSE(parse(other));
}

}  // namespace

TEST_CASE("an initiation is laid out as documented and reads back") {
  auto const noise = test::SeededEntropy(1).bytes(116);
  auto const datagram = wire::make_initiation({ReceiverIndex{0x01020304}, noise});
  CHECK(text(datagram) == "0100000001020304" + text(noise) + std::string(64, '0'));
  auto const frame = wire::parse_initiation(datagram);
  REQUIRE(frame);
  CHECK(frame->sender == ReceiverIndex{0x01020304});
  CHECK(text(frame->noise) == text(noise));
  check_exact(datagram, wire::parse_initiation);
}

TEST_CASE("a response is laid out as documented and reads back") {
  auto const noise = test::SeededEntropy(2).bytes(56);
  auto const datagram = wire::make_response({ReceiverIndex{0x01020304}, ReceiverIndex{0xa1a2a3a4}, noise});
  CHECK(text(datagram) == "0200000001020304a1a2a3a4" + text(noise) + std::string(64, '0'));
  auto const frame = wire::parse_response(datagram);
  REQUIRE(frame);
  CHECK(frame->sender == ReceiverIndex{0x01020304});
  CHECK(frame->receiver == ReceiverIndex{0xa1a2a3a4});
  CHECK(text(frame->noise) == text(noise));
  check_exact(datagram, wire::parse_response);
}

TEST_CASE("a cookie reply is laid out as documented and reads back") {
  auto const salt = test::SeededEntropy(3).bytes(32);
  auto const sealed = test::SeededEntropy(4).bytes(32);
  auto const datagram = wire::make_cookie_reply({ReceiverIndex{0xfffffffe}, salt, sealed});
  CHECK(text(datagram) == "03000000fffffffe" + text(salt) + text(sealed));
  auto const frame = wire::parse_cookie_reply(datagram);
  REQUIRE(frame);
  CHECK(frame->receiver == ReceiverIndex{0xfffffffe});
  CHECK(text(frame->salt) == text(salt));
  CHECK(text(frame->sealed) == text(sealed));
  check_exact(datagram, wire::parse_cookie_reply);
}

TEST_CASE("greetings read back, compare in time first and have no other encodings") {
  wire::Greeting const early{{0x0000000067748580, 123456789}, {0x1112131415161718}};
  CHECK(text(wire::to_bytes(early)) == "0000000067748580075bcd151112131415161718");
  CHECK(wire::parse_greeting(wire::to_bytes(early)) == early);
  CHECK(early.timestamp < wire::Timestamp{0x0000000067748581, 0});
  CHECK(wire::Timestamp{1, 1} < wire::Timestamp{1, 2});
  auto bytes = wire::to_bytes(wire::Greeting{{1, 999'999'999}, {}});
  CHECK(wire::parse_greeting(bytes));
  store_be<std::uint32_t>(bytes.data() + 8, 1'000'000'000);
  CHECK_FALSE(wire::parse_greeting(bytes));
  store_be<std::uint32_t>(bytes.data() + 8, 0x80000000U | 1'000'000'000);
  CHECK_FALSE(wire::parse_greeting(bytes));
  wire::Greeting const relayed{{1, 999'999'999}, {2}, true};
  CHECK(text(wire::to_bytes(relayed)) == "0000000000000001bb9ac9ff0000000000000002");
  CHECK(wire::parse_greeting(wire::to_bytes(relayed)) == relayed);
  CHECK_FALSE(wire::parse_greeting(wire::to_bytes(early))->is_relayed);
  auto const long_one = Buffer(21);
  for (std::size_t size = 0; size <= 21; ++size)
    CHECK(wire::parse_greeting(Bytes{long_one}.first(size)).has_value() == (size == 20));
}

TEST_CASE("a boot epoch is eight bytes and nothing else") {
  wire::BootEpoch const epoch{0x0102030405060708};
  CHECK(text(wire::to_bytes(epoch)) == "0102030405060708");
  CHECK(wire::parse_boot_epoch(wire::to_bytes(epoch)) == epoch);
  CHECK_FALSE(wire::parse_boot_epoch(Buffer(7)));
  CHECK_FALSE(wire::parse_boot_epoch(Buffer(9)));
  CHECK_FALSE(wire::parse_boot_epoch({}));
}
