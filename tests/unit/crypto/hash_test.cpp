#include "crypto/hash.hpp"

#include <doctest/doctest.h>

#include "vectors/vectors.hpp"

using namespace pim;
using test::hex;

namespace {

Buffer range(unsigned first, unsigned last) {
  Buffer out;
  for (auto i = first; i <= last; ++i) out.push_back(static_cast<std::uint8_t>(i));
  return out;
}

std::string hkdf(Bytes input, Bytes salt, Bytes info, std::size_t size) {
  Buffer out(size);
  REQUIRE(crypto::hkdf_sha256(input, salt, info, out));
  return to_hex(out);
}

std::string hmac(Bytes key, std::string_view text) { return to_hex(crypto::hmac_sha256(key, {as_bytes(text)})); }

}  // namespace

TEST_CASE("sha256 gives the digests of FIPS 180-4, whole or in parts") {
  CHECK(to_hex(crypto::sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  auto const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  CHECK(to_hex(crypto::sha256({as_bytes("abc")})) == abc);
  CHECK(to_hex(crypto::sha256({as_bytes("a"), {}, as_bytes("bc")})) == abc);
}

TEST_CASE("hmac gives the codes of RFC 4231") {
  CHECK(hmac(Buffer(20, 0x0b), "Hi There") == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac(as_bytes("Jefe"), "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(crypto::hmac_sha256(Buffer(20, 0xaa), {Buffer(50, 0xdd)})) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(to_hex(crypto::hmac_sha256(range(1, 25), {Buffer(20, 0xcd), Buffer(30, 0xcd)})) ==
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  CHECK(hmac(Buffer(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("a keyed hmac answers many messages, each as if it were alone") {
  crypto::Hmac hmac_of_key(as_bytes("Jefe"));
  for (int i = 0; i < 3; ++i) {
    CHECK(hmac_of_key.of({as_bytes("what do ya want for nothing?")}) ==
          crypto::hmac_sha256(as_bytes("Jefe"), {as_bytes("what do ya want for nothing?")}));
    CHECK(hmac_of_key.of({}) == crypto::hmac_sha256(as_bytes("Jefe"), {}));
  }
}

TEST_CASE("an empty hmac key is a key") {
  CHECK(hmac({}, "") == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("hkdf gives the outputs of RFC 5869") {
  CHECK(hkdf(Buffer(22, 0x0b), range(0, 12), range(0xf0, 0xf9), 42) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  CHECK(hkdf(range(0, 0x4f), range(0x60, 0xaf), range(0xb0, 0xff), 82) ==
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f0"
        "9b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  CHECK(hkdf(Buffer(22, 0x0b), {}, {}, 42) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST_CASE("hkdf refuses more than 255 blocks and writes nothing then") {
  Buffer out(255 * 32 + 1, 7);
  CHECK_FALSE(crypto::hkdf_sha256(as_bytes("k"), {}, {}, out));
  CHECK(out == Buffer(255 * 32 + 1, 7));
  out.pop_back();
  CHECK(crypto::hkdf_sha256(as_bytes("k"), {}, {}, out));
  CHECK(crypto::hkdf_sha256(as_bytes("k"), {}, {}, {}));
}

TEST_CASE("the hkdf of Noise is that of RFC 5869 with the chaining key as salt and no info") {
  auto const chaining = range(1, 32);
  auto const input = range(100, 131);
  auto const whole = hkdf(input, chaining, {}, 96);
  auto const two = crypto::noise_hkdf2(chaining, input);
  auto const three = crypto::noise_hkdf3(chaining, input);
  CHECK(to_hex(two.first.view()) + to_hex(two.second.view()) == whole.substr(0, 128));
  CHECK(to_hex(three.first.view()) + to_hex(three.second.view()) + to_hex(three.third.view()) == whole);
}

TEST_CASE("a node id is the front of a labelled hash of the public key") {
  PublicKey key;
  std::memcpy(key.bytes.data(), range(0, 31).data(), 32);
  CHECK(to_string(crypto::node_id_of(key)) == "545a4a1bfc7b40b47cdc84c1ab1075b3");
}
