#include "wire/control.hpp"

#include <doctest/doctest.h>

#include "support/test_entropy.hpp"

using namespace pim;
using namespace wire;

namespace {

Hello full_hello() {
  Hello hello;
  hello.sequence = 0x0102030405060708;
  hello.roles = role_relay | role_gateway;
  hello.v4_alias = {10, 77, 1, 2};
  hello.offer = GatewayOffer{5, 40, family_v4 | family_v6};
  hello.name = "laptop";
  return hello;
}

Buffer later_version(Buffer bytes, std::size_t extra) {
  bytes[1] = hello_version + 1;
  bytes.resize(bytes.size() + extra, 0xee);
  return bytes;
}

Update random_update(test::SeededEntropy& random) {
  UpdateBuilder builder(random.value<std::uint32_t>(), random.value<std::uint32_t>());
  for (auto count = 1 + random.below(70); count > 0; --count) {
    UpdateEntry entry{random.value<NodeId>(), random.value<std::uint16_t>(), random.value<std::uint16_t>(),
                      random.value<std::uint8_t>()};
    if (random.below(4) == 0) entry.metric = retracted;
    if (entry.metric != retracted && random.below(3) == 0) entry.record = random.value<NodeRecord>();
    if (!builder.fits(entry)) break;
    builder.add(entry);
  }
  return std::move(builder).take();
}

Control random_message(test::SeededEntropy& random) {
  switch (random.below(8)) {
    case 0: return HelloAck{random.value<std::uint64_t>()};
    case 1: return Probe{random.value<std::uint64_t>(), random.below(2) == 1};
    case 2: return ProbeReply{random.value<std::uint64_t>()};
    case 3: return Goodbye{static_cast<GoodbyeReason>(random.below(3))};
    case 4: return random_update(random);
    case 5: return UpdateAck{random.value<std::uint32_t>(), random.value<std::uint32_t>()};
    case 6: return SeqnoRequest{random.value<NodeId>(), random.value<std::uint16_t>(), 7};
    default: break;
  }
  Hello hello;
  hello.sequence = random.value<std::uint64_t>();
  hello.roles = random.value<std::uint8_t>();
  random.fill(hello.v4_alias);
  if (random.below(2) == 0) hello.offer = random.value<GatewayOffer>();
  for (auto size = random.below(max_name_size + 1); size > 0; --size)
    hello.name.push_back(static_cast<char>('a' + random.below(26)));
  return hello;
}

}  // namespace

TEST_CASE("a hello is laid out as documented") {
  CHECK(to_hex(to_bytes(full_hello())) ==
        "2001"
        "0102030405060708"
        "03"
        "0a4d0102"
        "01052803"
        "066c6170746f70");
}

TEST_CASE("every control message reads back as it was, and no part of it reads as anything") {
  test::SeededEntropy random(21);
  for (int i = 0; i < 2000; ++i) {
    auto const message = random_message(random);
    auto const bytes = to_bytes(message);
    auto const parsed = parse_control(bytes);
    REQUIRE(parsed);
    REQUIRE(*parsed == message);
    for (std::size_t size = 0; size < bytes.size(); ++size) REQUIRE_FALSE(parse_control(Bytes{bytes}.first(size)));
    auto longer = bytes;
    longer.push_back(0);
    REQUIRE_FALSE(parse_control(longer));
  }
}

TEST_CASE("whatever parses is written again as the same bytes") {
  test::SeededEntropy random(22);
  int parsed_count = 0;
  for (int i = 0; i < 20000; ++i) {
    auto bytes = to_bytes(random_message(random));
    for (auto changes = random.below(3); changes > 0; --changes)
      bytes[random.below(bytes.size())] = random.value<std::uint8_t>();
    auto const parsed = parse_control(bytes);
    if (!parsed) continue;
    auto const* const hello = std::get_if<Hello>(&*parsed);
    bool const is_later = hello && hello->version != hello_version;
    bool const had_unknown_reason = bytes[0] == 0x24 && bytes[1] > 2;
    if (is_later || had_unknown_reason) continue;
    ++parsed_count;
    REQUIRE(to_hex(to_bytes(*parsed)) == to_hex(bytes));
  }
  CHECK(parsed_count > 1000);
}

TEST_CASE("random bytes parse or do not, and nothing else happens") {
  test::SeededEntropy random(23);
  for (int i = 0; i < 50000; ++i) {
    auto bytes = random.bytes(random.below(120));
    if (!bytes.empty() && random.below(4) != 0) bytes[0] = static_cast<std::uint8_t>(0x20 + random.below(9));
    (void)parse_control(bytes);
  }
}

TEST_CASE("fields that a later version appends to a hello are skipped, up to a bound") {
  auto const bytes = to_bytes(full_hello());
  for (std::size_t const extra : {std::size_t{0}, std::size_t{1}, max_hello_size - bytes.size()}) {
    auto const parsed = parse_control(later_version(bytes, extra));
    REQUIRE(parsed);
    auto expected = full_hello();
    expected.version = hello_version + 1;
    CHECK(std::get<Hello>(*parsed) == expected);
  }
  CHECK_FALSE(parse_control(later_version(bytes, max_hello_size - bytes.size() + 1)));
}

TEST_CASE("a hello of version zero, a strange offer or a broken name is refused") {
  auto const bytes = to_bytes(full_hello());
  auto const with = [&](std::size_t at, std::uint8_t value) {
    auto changed = bytes;
    changed[at] = value;
    return parse_control(changed).has_value();
  };
  REQUIRE(with(1, hello_version));
  CHECK_FALSE(with(1, 0));
  CHECK_FALSE(with(15, 2));     // present, neither yes nor no
  CHECK_FALSE(with(15, 0));     // absent, yet with fields
  CHECK_FALSE(with(20, 0xff));  // in the name
  CHECK_FALSE(with(20, '\n'));
  CHECK_FALSE(with(19, 65));
}

TEST_CASE("a goodbye for a reason not known here is still a goodbye") {
  CHECK(std::get<Goodbye>(parse_control(Buffer{0x24, 200}).value()).reason == GoodbyeReason::unspecified);
}

TEST_CASE("names are well-formed UTF-8 that cannot disturb a terminal") {
  for (std::string const name : {"", "a", "living room", "Gerät", "日本", "🛰", "naïve-2"}) CHECK(is_valid_name(name));
  CHECK(is_valid_name(std::string(64, 'x')));
  CHECK_FALSE(is_valid_name(std::string(65, 'x')));
  for (std::string const name : {"\n",
                                 "\x1b[31m",
                                 "\x7f",
                                 "\xc2\x85",  // control characters
                                 "\xe2\x80\xae"
                                 "abc",
                                 "\xe2\x81\xa6",
                                 "\xd8\x9c",      // reordering
                                 "\xe2\x80\xa8",  // a line separator
                                 "\x80",
                                 "\xc3",
                                 "\xc3(",
                                 "\xe2\x82",
                                 "\xf0\x9f\x9b",  // cut or stray
                                 "\xc0\xaf",
                                 "\xe0\x80\xaf",
                                 "\xf0\x80\x80\xaf",  // overlong
                                 "\xed\xa0\x80",
                                 "\xf4\x90\x80\x80",
                                 "\xf8\x88\x80\x80\x80",
                                 "\xff"})
    CHECK_FALSE(is_valid_name(name));
  CHECK_FALSE(is_valid_name(std::string("a\0b", 3)));
}
