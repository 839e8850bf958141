#include "crypto/secret.hpp"

#include <doctest/doctest.h>

#include <new>
#include <sstream>
#include <type_traits>

using namespace pim;
using crypto::Key;

namespace {

Key key_of(std::uint8_t byte) {
  std::array<std::uint8_t, 32> bytes;
  bytes.fill(byte);
  return Key(bytes);
}

template <class T>
concept Printable = requires(std::ostream& out, T const& value) { out << value; };

bool all_zero(Bytes bytes) {
  for (auto const byte : bytes)
    if (byte != 0) return false;
  return true;
}

}  // namespace

TEST_CASE("a secret is neither copied by accident nor printed") {
  static_assert(!std::is_copy_constructible_v<Key> && !std::is_copy_assignable_v<Key>);
  static_assert(std::is_nothrow_move_constructible_v<Key> && std::is_nothrow_move_assignable_v<Key>);
  static_assert(!Printable<Key>);
  auto const key = key_of(7);
  auto const copy = key.clone();
  CHECK(crypto::equal(key.view(), copy.view()));
}

TEST_CASE("moving a secret leaves zeroes behind") {
  auto first = key_of(7);
  Key second(std::move(first));
  CHECK(all_zero(first.view()));  // NOLINT(bugprone-use-after-move): the promise under test
  Key third;
  third = std::move(second);
  CHECK(all_zero(second.view()));  // NOLINT(bugprone-use-after-move)
  CHECK(crypto::equal(third.view(), key_of(7).view()));
  auto& self = third;
  third = std::move(self);
  CHECK(crypto::equal(third.view(), key_of(7).view()));
}

TEST_CASE("a secret is wiped when it ends") {
  alignas(Key) std::uint8_t place[sizeof(Key)];
  auto* const key = new (place) Key(key_of(7).view());
  CHECK_FALSE(all_zero(place));
  key->~Key();
  CHECK(all_zero(place));
}

TEST_CASE("equal compares length and every byte") {
  for (std::size_t i = 0; i < 33; ++i) {
    std::array<std::uint8_t, 33> a{}, b{};
    CHECK(crypto::equal(a, b));
    b[i] = 1;
    CHECK_FALSE(crypto::equal(a, b));
  }
  std::array<std::uint8_t, 2> const two{};
  CHECK_FALSE(crypto::equal(two, Bytes{two}.first(1)));
  CHECK(crypto::equal({}, {}));
}
