#include "base/bytes.hpp"

#include <doctest/doctest.h>

#include "base/drop.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

using namespace pim;

TEST_CASE("a reader past the end answers zero and stays failed") {
  std::array<std::uint8_t, 3> const bytes{1, 2, 3};
  Reader reader(bytes);
  CHECK(reader.u16() == 0x0102);
  CHECK(reader.u16() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);
  CHECK_FALSE(reader.done());
}

TEST_CASE("a writer's integers come back from a reader") {
  Buffer buffer;
  Writer(buffer).u8(7).u16(0xfffe).u32(1u << 31).u64(0x0123456789abcdef).bytes(as_bytes("end"));
  Reader reader(buffer);
  CHECK(reader.u8() == 7);
  CHECK(reader.u16() == 0xfffe);
  CHECK(reader.u32() == 1u << 31);
  CHECK(reader.u64() == 0x0123456789abcdef);
  CHECK_FALSE(reader.done());
  CHECK(reader.take(3).size() == 3);
  CHECK(reader.done());
}

TEST_CASE("hex parses whole pairs of digits and nothing else") {
  CHECK(to_hex(*parse_hex("00Ff10")) == "00ff10");
  CHECK_FALSE(parse_hex("0"));
  CHECK_FALSE(parse_hex("0g"));
}

TEST_CASE("a node id is shown in groups and parses back from them") {
  auto const id = parse_node_id("00112233445566778899aabbccddeeff");
  REQUIRE(id);
  CHECK(grouped(*id) == "0011 2233 4455 6677 8899 aabb ccdd eeff");
  CHECK(parse_node_id(grouped(*id)) == id);
  CHECK(short_id(*id) == "00112233");
  CHECK_FALSE(parse_node_id("0011"));
}

TEST_CASE("a result holds its value or its reason") {
  Result<int> const good = 4;
  Result<int> const bad = fail("no");
  CHECK(good.value() == 4);
  CHECK_FALSE(bad.ok());
  CHECK(bad.error().message == "no");
}

TEST_CASE("every drop reason has a name and a sentence") {
  for (std::size_t i = 0; i < drop_count; ++i) {
    CHECK_FALSE(drop_names[i].empty());
    CHECK(drop_help[i].size() > drop_names[i].size());
  }
  CHECK(to_string(Drop::congestion) == "congestion");
}
