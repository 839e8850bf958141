#include "session/keyring.hpp"

#include <doctest/doctest.h>

#include "session/timing.hpp"

using namespace pim;
using namespace pim::session;

namespace {
ReceiverIndex key(std::uint32_t value) { return {value}; }
Time at(Duration since_boot) { return Time{since_boot}; }
}  // namespace

TEST_CASE("an initiated key seals at once") {
  Keyring ring;
  CHECK(ring.initiated(key(1), at(0s)).seal_with == key(1));
  CHECK(ring.is_established());
}

TEST_CASE("a responded key seals only when it was confirmed") {
  Keyring ring;
  CHECK_FALSE(ring.responded(key(1), at(0s)).seal_with);
  CHECK_FALSE(ring.is_established());
  CHECK(ring.confirmed(key(1), at(1s)).seal_with == key(1));
  CHECK(ring.is_established());
}

TEST_CASE("a second handshake keeps the old key until the new one is confirmed, and one key longer") {
  Keyring ring;
  (void)ring.initiated(key(1), at(0s));
  CHECK(ring.responded(key(2), at(100s)).removed.empty());
  CHECK(ring.confirmed(key(2), at(101s)).removed.empty());
  auto const third = ring.initiated(key(3), at(102s));
  REQUIRE(third.removed.size() == 1);
  CHECK(third.removed[0] == key(1));
  CHECK(third.seal_with == key(3));
}

TEST_CASE("an unconfirmed key gives way to the next handshake") {
  Keyring ring;
  (void)ring.responded(key(1), at(0s));
  auto const change = ring.responded(key(2), at(1s));
  REQUIRE(change.removed.size() == 1);
  CHECK(change.removed[0] == key(1));
  CHECK_FALSE(ring.confirmed(key(1), at(2s)).seal_with);
}

TEST_CASE("both sides may initiate at once and end with keys that both hold") {
  // a initiates 1, b initiates 2; each answers the other's.
  Keyring a, b;
  (void)a.responded(key(2), at(0s));
  (void)b.responded(key(1), at(0s));
  (void)a.initiated(key(1), at(1s));
  (void)b.initiated(key(2), at(1s));
  CHECK(a.confirmed(key(2), at(2s)).removed.empty());
  CHECK(b.confirmed(key(1), at(2s)).removed.empty());
}

TEST_CASE("keys are gone at their age and no sooner") {
  Keyring ring;
  (void)ring.initiated(key(1), at(10s));
  CHECK(ring.next_expiry() == at(10s) + reject_after);
  CHECK(ring.expired(ring.next_expiry() - 1ns).removed.empty());
  CHECK(ring.expired(ring.next_expiry()).removed.size() == 1);
  CHECK_FALSE(ring.is_established());
  CHECK(ring.next_expiry() == never);
}
