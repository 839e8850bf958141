#include "wire/routing.hpp"

#include <doctest/doctest.h>

#include "support/test_entropy.hpp"
#include "wire/control.hpp"

using namespace pim;
using namespace wire;

namespace {

UpdateEntry entry_with_record() {
  UpdateEntry entry{parse_node_id("000102030405060708090a0b0c0d0e0f").value(), 0x1234, 0x0080, 3, NodeRecord{}};
  entry.record->key.bytes.fill(0x55);
  entry.record->v4_alias = {10, 77, 1, 2};
  return entry;
}

UpdateEntry retraction() { return {parse_node_id("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").value(), 0x1235, retracted, 0}; }

Buffer bytes_of(std::vector<UpdateEntry> const& entries) {
  UpdateBuilder builder(0x01020304, 0x05060708);
  for (auto const& entry : entries) builder.add(entry);
  return to_bytes(std::move(builder).take());
}

bool parses_with(Buffer bytes, std::size_t at, std::uint8_t value) {
  bytes[at] = value;
  return parse_control(bytes).has_value();
}

std::size_t packed(UpdateEntry const& entry) {
  UpdateBuilder builder(1, 0);
  while (builder.fits(entry)) builder.add(entry);
  auto const update = std::move(builder).take();
  CHECK(to_bytes(update).size() <= max_update_size);
  CHECK(to_bytes(update).size() + entry.size() > max_update_size);
  return update.entries.size();
}

}  // namespace

TEST_CASE("an update is laid out as documented") {
  CHECK(to_hex(bytes_of({entry_with_record(), retraction()})) ==
        "25"
        "01020304"
        "05060708"
        "02"
        "01"
        "000102030405060708090a0b0c0d0e0f"
        "1234"
        "0080"
        "03"
        "5555555555555555555555555555555555555555555555555555555555555555"
        "0a4d0102"
        "00"
        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
        "1235"
        "ffff"
        "00");
}

TEST_CASE("an acknowledgement and a request are laid out as documented") {
  CHECK(to_hex(to_bytes(UpdateAck{0x01020304, 0x05060708})) == "260102030405060708");
  CHECK(to_hex(to_bytes(SeqnoRequest{retraction().node, 0x1234, 9})) == "27f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff12340900");
  CHECK(to_hex(to_bytes(SeqnoRequest{retraction().node, 0x1234, 9, true})) ==
        "27f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff12340901");
}

TEST_CASE("an update without entries, with unknown flags or with a record of nothing is refused") {
  auto const bytes = bytes_of({entry_with_record(), retraction()});
  REQUIRE(parses_with(bytes, 1, 9));
  CHECK_FALSE(parses_with(bytes, 9, 0));
  CHECK_FALSE(parses_with(bytes, 9, 1));
  CHECK_FALSE(parses_with(bytes, 9, 3));
  CHECK_FALSE(parses_with(bytes, 10, 0x03));
  CHECK_FALSE(parses_with(bytes, 10, 0x81));
  auto with_retracted_record = bytes;
  with_retracted_record[10 + 19] = with_retracted_record[10 + 20] = 0xff;
  CHECK_FALSE(parse_control(with_retracted_record));
  CHECK_FALSE(parse_control(Buffer{0x25, 0, 0, 0, 1, 0, 0, 0, 0, 0}));
}

TEST_CASE("a request that nobody may read, or with unknown flags, is refused") {
  auto const bytes = to_bytes(SeqnoRequest{retraction().node, 1, 1});
  REQUIRE(parse_control(bytes));
  CHECK_FALSE(parses_with(bytes, bytes.size() - 2, 0));
  CHECK(parses_with(bytes, bytes.size() - 1, 1));
  CHECK_FALSE(parses_with(bytes, bytes.size() - 1, 2));
  CHECK_FALSE(parses_with(bytes, bytes.size() - 1, 0x81));
}

TEST_CASE("an update is packed until no entry fits, and a longer one is refused") {
  CHECK(packed(retraction()) == 57);
  CHECK(packed(entry_with_record()) == 21);

  Update update{1, 0, std::vector<UpdateEntry>(58, retraction())};
  REQUIRE(to_bytes(update).size() > max_update_size);
  CHECK_FALSE(parse_control(to_bytes(update)));
}
