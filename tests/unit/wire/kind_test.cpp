#include "wire/kind.hpp"

#include <doctest/doctest.h>

#include "support/test_entropy.hpp"

using namespace pim;
using wire::Kind;

namespace {

Buffer datagram(unsigned kind, std::size_t size) {
  Buffer out(size);
  if (!out.empty()) out[0] = static_cast<std::uint8_t>(kind);
  return out;
}

}  // namespace

TEST_CASE("peek knows each kind by its exact length, and data from its smallest length up") {
  for (unsigned kind = 0; kind < 256; ++kind)
    for (std::size_t size = 0; size < 300; ++size) {
      std::optional<Kind> expected;
      if (kind == 1 && size == 156) expected = Kind::initiation;
      if (kind == 2 && size == 100) expected = Kind::response;
      if (kind == 3 && size == 72) expected = Kind::cookie_reply;
      if (kind == 4 && size >= 32) expected = Kind::data;
      if (kind == 5 && size == 68) expected = Kind::key_query;
      if (kind == 6 && size == 68) expected = Kind::key_reply;
      REQUIRE(wire::peek(datagram(kind, size)) == expected);
    }
}

TEST_CASE("the three bytes behind the kind are zero, except in data") {
  for (auto const& [kind, size] : {std::pair{1u, 156u}, {2u, 100u}, {3u, 72u}, {5u, 68u}, {6u, 68u}})
    for (std::size_t at = 1; at < 4; ++at) {
      auto bytes = datagram(kind, size);
      REQUIRE(wire::peek(bytes));
      bytes[at] = 0x80;
      CHECK_FALSE(wire::peek(bytes));
    }
  auto data = datagram(4, 40);
  data[1] = data[2] = data[3] = 0xff;
  CHECK(wire::peek(data) == Kind::data);
}

TEST_CASE("no reply is longer than its cause") {
  CHECK(wire::key_reply_size <= wire::key_query_size);
  CHECK(wire::response_size <= wire::initiation_size);
  CHECK(wire::cookie_reply_size <= wire::response_size);
}
