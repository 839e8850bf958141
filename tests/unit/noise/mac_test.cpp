#include "noise/mac.hpp"

#include <doctest/doctest.h>

#include "support/test_entropy.hpp"

using namespace pim;
using noise::MacKey;

namespace {

PublicKey key_number(std::uint64_t seed) {
  PublicKey key;
  test::SeededEntropy(seed).fill(key.bytes);
  return key;
}

bool all_zero(Bytes bytes) {
  for (auto const byte : bytes)
    if (byte != 0) return false;
  return true;
}

}  // namespace

TEST_CASE("mac1 verifies with the receiver's key and the network's secret alone") {
  auto datagram = test::SeededEntropy(1).bytes(148);
  MacKey(key_number(1), as_bytes("secret")).stamp(datagram);
  CHECK(MacKey(key_number(1), as_bytes("secret")).verify(datagram));
  CHECK_FALSE(MacKey(key_number(2), as_bytes("secret")).verify(datagram));
  CHECK_FALSE(MacKey(key_number(1), as_bytes("other")).verify(datagram));
  CHECK_FALSE(MacKey(key_number(1), {}).verify(datagram));
}

TEST_CASE("mac1 is the labelled hmac over all before it") {
  auto const secret = as_bytes("secret");
  auto const key = key_number(1);
  auto datagram = test::SeededEntropy(2).bytes(92);
  auto const mac1 = MacKey(key, secret).stamp(datagram);
  auto const expected = crypto::hmac_sha256(crypto::sha256({as_bytes("pim mac1 v1"), key.bytes, secret}),
                                            {Bytes{datagram}.first(92 - 32)});
  CHECK(to_hex(mac1) == to_hex(Bytes{expected}.first(16)));
  CHECK(to_hex(mac1) == to_hex(Bytes{datagram}.subspan(92 - 32, 16)));
}

TEST_CASE("mac1 covers every byte before it and none behind") {
  MacKey mac(key_number(1), {});
  auto datagram = test::SeededEntropy(3).bytes(92);
  mac.stamp(datagram);
  for (std::size_t at = 0; at < datagram.size(); ++at) {
    auto forged = datagram;
    forged[at] ^= 1;
    CHECK(mac.verify(forged) == (at >= datagram.size() - 16));
  }
  for (std::size_t size = 0; size < datagram.size(); ++size) CHECK_FALSE(mac.verify(Bytes{datagram}.first(size)));
}

TEST_CASE("mac2 is zero without a cookie and covers mac1 with one") {
  MacKey mac(key_number(1), {});
  auto datagram = test::SeededEntropy(4).bytes(148);
  mac.stamp(datagram);
  CHECK(all_zero(Bytes{datagram}.last(16)));
  noise::Cookie const cookie{1, 2, 3};
  mac.stamp(datagram, &cookie);
  auto const mac2 = noise::mac2_of(cookie, datagram);
  CHECK(to_hex(mac2) == to_hex(Bytes{datagram}.last(16)));
  datagram[148 - 32] ^= 1;
  CHECK(noise::mac2_of(cookie, datagram) != mac2);
}
