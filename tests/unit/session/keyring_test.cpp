#include "session/keyring.hpp"

#include <doctest/doctest.h>

#include <set>

#include "session/timing.hpp"

using namespace pim;
using namespace pim::session;

namespace {
ReceiverIndex key(std::uint32_t value) { return {value}; }
wire::BootEpoch life(std::uint64_t value) { return {value}; }
Time at(Duration since_boot) { return Time{since_boot}; }
}  // namespace

TEST_CASE("an initiated key seals at once") {
  Keyring ring;
  CHECK(ring.initiated(key(1), life(1), at(0s)).seal_with == key(1));
  CHECK(ring.is_established());
}

TEST_CASE("a responded key seals only when it was confirmed") {
  Keyring ring;
  CHECK_FALSE(ring.responded(key(1), life(1), at(0s)).seal_with);
  CHECK_FALSE(ring.is_established());
  CHECK(ring.confirmed(key(1), at(1s)).seal_with == key(1));
  CHECK(ring.is_established());
}

TEST_CASE("a second handshake keeps the old key until the new one is confirmed, and after that as well") {
  Keyring ring;
  (void)ring.initiated(key(1), life(1), at(0s));
  CHECK(ring.responded(key(2), life(1), at(100s)).removed.empty());
  CHECK(ring.confirmed(key(2), at(101s)).removed.empty());
  CHECK(ring.expired(at(150s)).removed.empty());
}

TEST_CASE("a key before the previous one opens what is still under way, and is gone then") {
  Keyring ring;
  (void)ring.initiated(key(1), life(1), at(0s));
  (void)ring.initiated(key(2), life(1), at(20s));
  auto const third = ring.initiated(key(3), life(1), at(20s));
  CHECK(third.removed.empty());
  CHECK(third.seal_with == key(3));
  CHECK(ring.next_expiry() == at(30s));
  CHECK(ring.expired(at(30s)).removed == std::vector{key(1)});
  CHECK(ring.expired(at(100s)).removed.empty());
}

TEST_CASE("of several answers under way any may be the one that is taken") {
  for (std::uint32_t taken = 1; taken <= 3; ++taken) {
    Keyring ring;
    for (std::uint32_t one = 1; one <= 3; ++one) CHECK(ring.responded(key(one), life(1), at(one * 1s)).removed.empty());
    auto const change = ring.confirmed(key(taken), at(4s));
    CHECK(change.seal_with == key(taken));
    CHECK(change.removed.size() == taken - 1);
  }
}

TEST_CASE("unconfirmed keys are bounded, and the oldest gives way") {
  Keyring ring;
  std::size_t removed = 0;
  for (std::uint32_t one = 1; one <= 100; ++one) removed += ring.responded(key(one), life(1), at(1s)).removed.size();
  CHECK(removed == 95);
  CHECK_FALSE(ring.confirmed(key(95), at(2s)).seal_with);
  CHECK(ring.confirmed(key(96), at(2s)).seal_with == key(96));
}

TEST_CASE("both sides may initiate at once and end with keys that both hold") {
  // a initiates 1, b initiates 2; each answers the other's.
  Keyring a, b;
  (void)a.responded(key(2), life(1), at(0s));
  (void)b.responded(key(1), life(1), at(0s));
  (void)a.initiated(key(1), life(1), at(1s));
  (void)b.initiated(key(2), life(1), at(1s));
  CHECK(a.confirmed(key(2), at(2s)).removed.empty());
  CHECK(b.confirmed(key(1), at(2s)).removed.empty());
}

TEST_CASE("keys are gone at their age and no sooner") {
  Keyring ring;
  (void)ring.initiated(key(1), life(1), at(10s));
  CHECK(ring.next_expiry() == at(10s) + reject_after);
  CHECK(ring.expired(ring.next_expiry() - 1ns).removed.empty());
  CHECK(ring.expired(ring.next_expiry()).removed.size() == 1);
  CHECK_FALSE(ring.is_established());
  CHECK(ring.next_expiry() == never);
}

TEST_CASE("when keys of another life come into force all of the lives before go, whichever side initiated") {
  for (bool const we_initiate : {true, false}) {
    Keyring ring;
    (void)ring.initiated(key(1), life(1), at(0s));
    (void)ring.initiated(key(2), life(1), at(10s));
    (void)ring.responded(key(3), life(1), at(11s));
    CHECK(ring.responded(key(4), life(2), at(12s)).removed.empty());
    auto const change = we_initiate ? ring.initiated(key(5), life(2), at(13s)) : ring.confirmed(key(4), at(13s));
    CHECK(std::set(change.removed.begin(), change.removed.end()) == std::set{key(1), key(2), key(3)});
    CHECK(change.seal_with == (we_initiate ? key(5) : key(4)));
    CHECK(ring.life() == life(2));
    // The new life may have taken either answer of ours.
    if (we_initiate) CHECK(ring.confirmed(key(4), at(14s)).removed.empty());
  }
}

TEST_CASE("keys of a life to come stay while those of the present one are replaced") {
  Keyring ring;
  (void)ring.initiated(key(1), life(1), at(0s));
  (void)ring.responded(key(2), life(2), at(10s));
  CHECK(ring.initiated(key(3), life(1), at(11s)).removed.empty());
  CHECK(ring.life() == life(1));
  CHECK(ring.confirmed(key(2), at(12s)).seal_with == key(2));
  CHECK(ring.life() == life(2));
}

TEST_CASE("a key is of the life that made it, even if a later one has made another since") {
  Keyring ring;
  (void)ring.responded(key(1), life(1), at(0s));
  (void)ring.responded(key(2), life(2), at(1s));
  (void)ring.confirmed(key(1), at(2s));
  CHECK(ring.life() == life(1));
  CHECK(ring.confirmed(key(2), at(3s)).removed == std::vector{key(1)});
}
